// Calls the GraphQL server with what every browser has: fetch for one answer, fetch or EventSource for a stream.

const endpoint = /** @type {HTMLMetaElement} */ (document.querySelector("meta[name=graphql-server]")).content;

/**
 * @template Data
 * @typedef {{ data?: Data | null, errors?: { message: string, extensions?: { code?: string, retryAfterMs?: number } }[] }} Result
 */

/** The first entry of `errors`. Its code says what to do: see the table of codes in the server's docs. */
export class GraphQLError extends Error {
  /** @param {string} message @param {string} [code] @param {number} [retryAfterMs] */
  constructor(message, code, retryAfterMs) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * The data of a query or mutation.
 *
 * @template Data
 * @param {string} query
 * @param {object} [variables]
 * @returns {Promise<Data>}
 */
export async function request(query, variables) {
  const response = await fetch(endpoint, post({ query, variables }));
  return readData(await response.json());
}

/**
 * The data of a mutation with one file, sent as the GraphQL multipart request spec describes: the variable is null, and
 * `map` says that the part "0" belongs there.
 *
 * @template Data
 * @param {string} query
 * @param {object} variables
 * @param {string} path such as `variables.input.image`
 * @param {File} file
 * @returns {Promise<Data>}
 */
export async function upload(query, variables, path, file) {
  const body = new FormData();
  body.append("operations", JSON.stringify({ query, variables }));
  body.append("map", JSON.stringify({ 0: [path] }));
  body.append("0", file);
  // The header makes the browser ask the server before it sends a form to another origin.
  const response = await fetch(endpoint, { method: "POST", headers: { "graphql-preflight": "1" }, body });
  return readData(await response.json());
}

/**
 * Where a picture of an answer is. An upstream's URL is whole; what the server keeps itself has a path on that server.
 *
 * @param {string | null} url
 */
export function addressOf(url) {
  return url ? new URL(url, endpoint).href : "";
}

/**
 * Sends a subscription in the body of a POST and calls `onData` for each event. Resolves when the answer is complete. Rejects
 * if the stream ends with an error, breaks off, or is left through the signal, which ends the upstream call.
 *
 * @template Data
 * @param {string} query
 * @param {object} variables
 * @param {AbortSignal} signal
 * @param {(data: Data) => void} onData
 */
export async function streamByFetch(query, variables, signal, onData) {
  const response = await fetch(endpoint, { ...post({ query, variables }, "text/event-stream"), signal });
  if (!response.headers.get("content-type")?.startsWith("text/event-stream") || !response.body) {
    readData(await response.json());
    throw new Error("The server does not stream.");
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new GraphQLError("The connection broke before the answer was complete.");
    const events = (rest + value).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) {
      if (/^event: complete$/m.test(event)) return;
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (data) onData(readData(JSON.parse(data)));
    }
  }
}

/**
 * The same with the browser's EventSource. It sends a GET, so the prompt is in the URL, which has room for a few thousand
 * characters and is written to access logs. It cannot send a key, and a refused request has no message.
 *
 * @template Data
 * @param {string} query
 * @param {object} variables
 * @param {AbortSignal} signal
 * @param {(data: Data) => void} onData
 * @returns {Promise<void>}
 */
export async function streamByEventSource(query, variables, signal, onData) {
  const events = new EventSource(`${endpoint}?${new URLSearchParams({ query, variables: JSON.stringify(variables) })}`);
  try {
    await new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      events.addEventListener("next", ({ data }) => {
        try {
          onData(readData(JSON.parse(data)));
        } catch (error) {
          reject(error);
        }
      });
      events.addEventListener("complete", resolve);
      events.addEventListener("error", () =>
        reject(new GraphQLError("The server refused the request, or the connection broke.")),
      );
    });
  } finally {
    // Without this the browser connects again. A repeated subscription is a new call, and paid for again.
    events.close();
  }
}

/** @param {object} body */
function post(body, accept = "application/graphql-response+json, application/json") {
  return { method: "POST", headers: { "content-type": "application/json", accept }, body: JSON.stringify(body) };
}

/**
 * @template Data
 * @param {Result<Data>} result
 */
function readData({ data, errors }) {
  const error = errors?.[0];
  if (error) throw new GraphQLError(error.message, error.extensions?.code, error.extensions?.retryAfterMs);
  if (!data) throw new GraphQLError("The server's answer has no data.");
  return data;
}
