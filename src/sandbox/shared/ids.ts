// Owns ids that look like OpenAI's: a prefix and random letters and digits.
import { randomBytes } from "node:crypto";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** A fresh id such as `chatcmpl-…`; never repeats in practice. */
export function createId(prefix: string, length = 29): string {
  return prefix + Array.from(randomBytes(length), (byte) => letters[byte % letters.length]).join("");
}

/** Now as OpenAI writes time: whole seconds since 1970. */
export function unixSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
