"use client";

export default function ErrorPage({ reset }: { error: Error; reset: () => void }) {
  return (
    <main>
      <h1>The GraphQL server does not answer</h1>
      <p>Start it with `npm start` in the root of the repository, or set `GRAPHQL_URL`.</p>
      <button type="button" onClick={reset}>
        Try again
      </button>
    </main>
  );
}
