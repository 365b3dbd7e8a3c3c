// Checks answers, field by field. To parse each one would cost more than the servers' own work. So an answer that was
// parsed and compared becomes a template: a later answer is right if its bytes are the same except for the nonce.
import { isDeepStrictEqual } from "node:util";
import { Template } from "../template.mjs";

/** If a server sends a body in more shapes than this, every answer of a further shape is parsed. */
const MAX_TEMPLATES = 16;

/**
 * Builds a check of answers: `read` parses a body into a value, `expect` yields the value that the nonces ask for.
 * The check throws an Error that shows what is wrong.
 */
export function createCheck(read, expect) {
  const templates = new Map();
  return function check({ status, body }, nonces) {
    if (status === 200 && templates.get(body.length)?.fill(nonces).equals(body)) return;
    const found = status === 200 ? readSafely(read, body) : undefined;
    if (!isDeepStrictEqual(found, expect(...nonces))) {
      throw new Error(`A wrong answer, status ${status}: ${body.toString("utf8", 0, 2_000)}`);
    }
    if (templates.size < MAX_TEMPLATES) templates.set(body.length, new Template(body, nonces));
  };
}

function readSafely(read, body) {
  try {
    return read(body.toString());
  } catch {
    return undefined;
  }
}

/** The values of an event stream, and the rest of it without comments. */
export function readEvents(text) {
  return text
    .split("\n\n")
    .map((block) =>
      block
        .split("\n")
        .filter((line) => line.startsWith("data:") && line.length > "data:".length)
        .map((line) => line.slice("data:".length).trim())
        .join("\n"),
    )
    .filter((data) => data !== "")
    .map((data) => (data === "[DONE]" ? data : JSON.parse(data)));
}

/** The value of one event. */
export function readEvent(text) {
  return readEvents(text)[0];
}
