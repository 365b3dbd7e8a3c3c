// Reaches the GraphQL server. Only code that runs on the server imports this: the key never gets to a browser.
import "server-only";

const url = process.env.GRAPHQL_URL ?? "http://localhost:4000/graphql";
const key = process.env.GRAPHQL_KEY;

interface Call {
  body: string;
  accept: string;
  signal?: AbortSignal;
}

/** Sends one operation. The signal ends it, and the upstream call with it. */
export function callGraphQL({ body, accept, signal }: Call): Promise<Response> {
  const headers: HeadersInit = { "content-type": "application/json", accept };
  if (key) headers.authorization = `Bearer ${key}`;
  return fetch(url, { method: "POST", headers, body, signal: signal ?? null, cache: "no-store" });
}

/** Fetches a picture or a sound, or the part of it that `range` names. It needs no key. */
export function fetchMedium(name: string, range: string | null, signal: AbortSignal): Promise<Response> {
  const headers: HeadersInit = { "accept-encoding": "identity", ...(range && { range }) };
  return fetch(new URL(`/media/${encodeURIComponent(name)}`, url), { headers, signal, cache: "no-store" });
}
