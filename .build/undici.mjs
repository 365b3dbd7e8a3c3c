// What the command uses of undici, in place of all of it: fetch, WebSocket, caches and mocks would be half of the bundle. The
// version is pinned; a name that is missing here, or a file that has moved, ends the build.
import errors from "../node_modules/undici/lib/core/errors.js";
import EnvHttpProxyAgent from "../node_modules/undici/lib/dispatcher/env-http-proxy-agent.js";
import Pool from "../node_modules/undici/lib/dispatcher/pool.js";

export { EnvHttpProxyAgent, errors, Pool };
