// What is used of undici, from the files that hold it. The whole package brings fetch, WebSocket, caches and mocks, which would be
// half of the command's bundle; and Bun has a package of its own in that one's place, without pools.
import type * as undici from "undici";
// @ts-expect-error The file has no types; the package has.
import ownErrors from "undici/lib/core/errors.js";
// @ts-expect-error The same.
import OwnPool from "undici/lib/dispatcher/pool.js";

export type { Dispatcher } from "undici";
export type Pool = undici.Pool;

/** Connections to one origin. */
export const Pool: typeof undici.Pool = OwnPool;

/** The classes of the errors that pools throw. */
export const errors: typeof undici.errors = ownErrors;
