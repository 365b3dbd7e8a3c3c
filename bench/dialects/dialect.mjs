// What all dialects share. A dialect defines the requests to one kind of server and the right answers. It has an entry for
// each kind of request: its path, headers and body (or multipart `fields` and the name of the `file`), a function that
// reads the answer, and one that yields the value expected for a nonce.

/** The key of the bench's caller; only this server asks for it. */
export const CLIENT_KEY = "sk-bench-0123456789abcdef";

export const ACCEPT_JSON = { accept: "application/json" };
export const ACCEPT_EVENTS = { accept: "text/event-stream" };
/** The caps of a chat's answer, and of a stream that stays open for a minute. */
export const MAX_TOKENS = 512;
export const MAX_OPEN_TOKENS = 4_096;

/** A request with a JSON body. */
export function postJson(path, headers, body) {
  return { path, headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** A chat's request, in the upstream's spelling. */
export function createChatInput(model, prompt, maxTokens = MAX_TOKENS) {
  return { model, messages: [{ role: "user", content: prompt }], max_completion_tokens: maxTokens };
}

/** A GraphQL multipart request with one file, in `$input.image`. */
export function createUploadEntry(query) {
  return {
    path: "/graphql",
    // Apollo and this server require it for requests that a browser sends without a preflight.
    headers: { ...ACCEPT_JSON, "apollo-require-preflight": "1" },
    fields: {
      operations: JSON.stringify({ query, variables: { input: { image: null, model: "dall-e-2" } } }),
      map: '{"0":["variables.input.image"]}',
    },
    file: "0",
  };
}
