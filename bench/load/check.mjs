// Whether an answer is right, field by field. Parsing each would cost more than the servers' own work: an answer that
// was parsed and compared becomes a template, and the next ones may be the same bytes but for their nonce.
import { isDeepStrictEqual } from "node:util";
import { Template } from "../template.mjs";

/** Servers that send a body in more shapes than this have each further one parsed. */
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

/** The values of an event stream, and the rest of what is not a comment. */
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
