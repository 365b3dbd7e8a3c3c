// The client keys that the operator has given out, and who is behind each. Keeps digests, never a key itself.
import { timingSafeEqual } from "node:crypto";
import type { Caller } from "./caller.ts";
import type { ClientKey } from "./caller-schema.ts";

/** Finds callers by their keys. */
export interface ClientKeys {
  /** The caller behind the key of this SHA-256 digest; undefined where it is nobody's. */
  find(digest: Buffer): Caller | undefined;
}

/** What a key is compared with that nobody has, so that a miss takes the way of a hit. */
const NOBODY = { digest: Buffer.alloc(32), caller: undefined };

/** Throws an Error that names the places in the list, and no key, where two entries have the same key. */
export function createClientKeys(entries: readonly ClientKey[]): ClientKeys {
  const known = new Map<string, { digest: Buffer; caller: Caller; place: number }>();
  entries.forEach(({ id, keySha256, limits }, place) => {
    const twin = known.get(keySha256);
    if (twin) throw new Error(`The client keys [${twin.place}] and [${place}] are the same.`);
    known.set(keySha256, {
      digest: Buffer.from(keySha256, "hex"),
      caller: Object.freeze({ id, key: `key:${id}`, limits }),
      place,
    });
  });
  return {
    find(digest) {
      // How long the Map takes depends on a digest alone, and nobody can choose a key by its digest.
      const { digest: expected, caller } = known.get(digest.toString("hex")) ?? NOBODY;
      return timingSafeEqual(digest, expected) ? caller : undefined;
    },
  };
}
