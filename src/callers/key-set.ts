// Fetches a key set (JWKS). What a provider in trouble sends is not one: a page, a redirect, too much, nothing at all.
// https://www.rfc-editor.org/rfc/rfc7517#section-5

/** Longest time that a fetch may take, in milliseconds. */
const TIMEOUT_MS = 2_000;
/** Largest key set, in bytes. Large providers have some 20 keys of 2 KB. */
const MAX_BYTES = 512 * 1024;
/** Most keys: a token that names none is tried with each. */
const MAX_KEYS = 100;

/** A key set whose keys are unchecked. */
export interface KeySet {
  keys: readonly Record<string, unknown>[];
}

/** Yields the key set at `url`. Throws an Error that says what is wrong and quotes nothing. Follows no redirect. */
export async function fetchKeySet(url: URL): Promise<KeySet> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const headers = { accept: "application/json, application/jwk-set+json", "user-agent": "openai-graphql-server" };
    const response = await fetch(url, { signal, headers, redirect: "manual" });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`the answer is ${response.status}, not 200 OK`);
    }
    return parseKeySet(await readText(response));
  } catch (error) {
    throw signal.aborted ? new Error(`it timed out after ${TIMEOUT_MS} ms`, { cause: error }) : error;
  }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    // Leaving the loop cancels the body.
    if (length > MAX_BYTES) throw new Error(`the key set is larger than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseKeySet(text: string): KeySet {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new Error("the answer cannot be read as JSON");
  }
  const { keys } = (value ?? {}) as { keys?: unknown };
  const isKeySet = Array.isArray(keys) && keys.every((key) => typeof key === "object" && key && !Array.isArray(key));
  if (!isKeySet) throw new Error("the key set is malformed");
  if (keys.length > MAX_KEYS) throw new Error(`the key set holds more than ${MAX_KEYS} keys`);
  return { keys };
}
