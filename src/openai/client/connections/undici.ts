// What is used of undici, from the files that hold it. The whole package brings fetch, WebSocket, caches and mocks, which would be
// half of the command's bundle; and Bun has a package of its own in that one's place, without pools. The version is pinned: a file
// that has moved ends the build.
import type * as undici from "undici";
// @ts-expect-error The file has no types; the package has.
import connect from "undici/lib/api/api-connect.js";
// @ts-expect-error The same.
import ownErrors from "undici/lib/core/errors.js";
// @ts-expect-error The same.
import OwnDispatcher from "undici/lib/dispatcher/dispatcher.js";
// @ts-expect-error The same.
import OwnEnvHttpProxyAgent from "undici/lib/dispatcher/env-http-proxy-agent.js";
// @ts-expect-error The same.
import OwnPool from "undici/lib/dispatcher/pool.js";

// As undici's own index does it with all of its API. Tunnels are opened by this part.
Object.assign(OwnDispatcher.prototype, { connect });

export type { Dispatcher } from "undici";
export type Pool = undici.Pool;
export type PoolOptions = undici.Pool.Options;
export type EnvHttpProxyAgent = undici.EnvHttpProxyAgent;

/** Connections to one origin. */
export const Pool: typeof undici.Pool = OwnPool;

/** Connections by way of proxies. */
export const EnvHttpProxyAgent: typeof undici.EnvHttpProxyAgent = OwnEnvHttpProxyAgent;

/** The classes of the errors that pools throw. */
export const errors: typeof undici.errors = ownErrors;
