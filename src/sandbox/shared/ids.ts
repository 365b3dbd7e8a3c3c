// Owns what makes one answer of the sandbox differ from another: random ids, the time, and a hash of the request.
import { randomBytes } from "node:crypto";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** A new random id such as `chatcmpl-…`; two are never the same in practice. */
export function createId(prefix: string, length = 29): string {
  return prefix + Array.from(randomBytes(length), (byte) => letters[byte % letters.length]).join("");
}

/** The time in OpenAI's unit: whole seconds since 1970. */
export function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/**
 * A 32-bit FNV-1a hash of text, in place of a random number: the same request gets the same answer.
 * https://datatracker.ietf.org/doc/html/draft-eastlake-fnv
 */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let position = 0; position < text.length; position += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(position), 0x01000193);
  }
  return hash >>> 0;
}
