// The key under which a client asks for a mutation to be run once, in a header or in the operation's extensions.
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
import { requestError } from "../errors/codes.ts";

const HEADER = "Idempotency-Key";
const EXTENSION = "extensions.idempotencyKey";
const MAX_LENGTH = 255;

/**
 * The operation's idempotency key; undefined if it has none. Throws BAD_REQUEST (400) for one that is no text of 1 to 255
 * characters, and for two different ones.
 */
export function readIdempotencyKey(
  extensions: Readonly<Record<string, unknown>> | null | undefined,
  header?: string | string[],
): string | undefined {
  const byHeader = header === undefined ? undefined : check(HEADER, header);
  const given = extensions?.idempotencyKey;
  const byExtension = given === undefined || given === null ? undefined : check(EXTENSION, given);
  if (byHeader !== undefined && byExtension !== undefined && byHeader !== byExtension)
    throw requestError("BAD_REQUEST", 400, `${HEADER} and ${EXTENSION} are not the same key; send one.`);
  return byHeader ?? byExtension;
}

function check(name: string, key: unknown): string {
  if (typeof key !== "string") throw requestError("BAD_REQUEST", 400, `${name} must be a text.`);
  if (key.length >= 1 && key.length <= MAX_LENGTH) return key;
  throw requestError("BAD_REQUEST", 400, `${name} must have 1 to ${MAX_LENGTH} characters; it has ${key.length}.`);
}
