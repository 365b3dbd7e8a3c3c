"use client";

/** What the page is if the models cannot be listed. */
export default function ErrorPage() {
  return (
    <main>
      <h1>The GraphQL server does not answer</h1>
      <p>
        Start it with <code>npm start</code> in the root of the repository, or set <code>GRAPHQL_URL</code>.
      </p>
      <button type="button" onClick={() => location.reload()}>
        Try again
      </button>
    </main>
  );
}
