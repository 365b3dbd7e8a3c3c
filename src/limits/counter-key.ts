// What a caller is called where it is counted.
import { createHash } from "node:crypto";
import type { Caller } from "../callers/caller.ts";

/** 43 letters of base64url: whatever an id looks like, it is neither long nor odd, and cannot be read, in a store. */
export function keyOf(caller: Caller): string {
  let key = keys.get(caller);
  if (key === undefined) {
    key = createHash("sha256").update(caller.key).digest("base64url");
    keys.set(caller, key);
  }
  return key;
}

/** Most callers last. */
const keys = new WeakMap<Caller, string>();
