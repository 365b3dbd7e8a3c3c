// What all dialects have in common. A dialect says how a kind of server is asked and what it has to answer: an entry for
// each kind of request yields its path, headers and body (or multipart `fields` and the name of the `file`), how its
// answer is read, and the value that it then must be for a nonce.

/** What the bench's callers prove themselves with; only this server asks for it. */
export const CLIENT_KEY = "sk-bench-0123456789abcdef";

export const ACCEPT_JSON = { accept: "application/json" };
export const ACCEPT_EVENTS = { accept: "text/event-stream" };
export const MAX_TOKENS = 64;

/** A request of JSON. */
export function postJson(path, headers, body) {
  return { path, headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** A chat's request, in the upstream's spelling. */
export function createChatInput(model, prompt) {
  return { model, messages: [{ role: "user", content: prompt }], max_completion_tokens: MAX_TOKENS };
}

/** A GraphQL multipart request with one file, which is `$input.image`. */
export function createUploadEntry(query) {
  return {
    path: "/graphql",
    // Apollo and this server ask for it where a browser would not ask first.
    headers: { ...ACCEPT_JSON, "apollo-require-preflight": "1" },
    fields: {
      operations: JSON.stringify({ query, variables: { input: { image: null, model: "dall-e-2" } } }),
      map: '{"0":["variables.input.image"]}',
    },
    file: "0",
  };
}
