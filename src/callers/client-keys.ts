// The client keys that the operator has given out, and the caller behind each. Keeps digests, never a key itself.
import { timingSafeEqual } from "node:crypto";
import type { Caller } from "./caller.ts";
import type { ClientKey } from "./caller-schema.ts";

/** Finds callers by their keys. */
export interface ClientKeys {
  /** The caller behind the key of this SHA-256 digest; undefined if there is none. */
  find(digest: Buffer): Caller | undefined;
}

/** An unknown key is compared with this, so that a miss takes as long as a hit. */
const NOBODY = { digest: Buffer.alloc(32), caller: undefined };

/** Throws an Error that names the places in the list, and no key, if two entries have the same key. */
export function createClientKeys(entries: readonly ClientKey[]): ClientKeys {
  const known = new Map<string, { digest: Buffer; caller: Caller; place: number }>();
  for (const [index, { id, keySha256, limits, team, expiresAt, teamsBefore }] of entries.entries()) {
    const place = index + teamsBefore;
    const twin = known.get(keySha256);
    if (twin) throw new Error(`The client keys [${twin.place}] and [${place}] are the same.`);
    known.set(keySha256, {
      digest: Buffer.from(keySha256, "hex"),
      caller: Object.freeze({ id, key: `key:${id}`, limits, team, expiresAt }),
      place,
    });
  }
  return {
    find(digest) {
      // The time of the Map's lookup depends only on the digest, and nobody can choose a key by its digest.
      const { digest: expected, caller } = known.get(digest.toString("hex")) ?? NOBODY;
      return timingSafeEqual(digest, expected) ? caller : undefined;
    },
  };
}
