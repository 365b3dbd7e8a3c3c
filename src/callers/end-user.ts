// The end users whom callers name in their requests, as the log shows them: by a hash. Knows no request.
import { createHmac } from "node:crypto";

/** Digits of a hash in hex: 64 bits tell all users of a deployment apart. */
const HASH_LENGTH = 16;

/** Yields the hash of an end user's id. */
export type HashEndUser = (id: string) => string;

/**
 * Hashes by HMAC-SHA-256. Without a salt, or for who knows it, an id that can be guessed, such as a short number, can be found
 * by hashing all guesses.
 */
export function createHashEndUser(salt = ""): HashEndUser {
  return (id) => createHmac("sha256", salt).update(id).digest("hex").slice(0, HASH_LENGTH);
}
