// What the command uses of undici, in place of all of it: fetch, WebSocket, caches and mocks would be half of the bundle. The
// version is pinned; a name that is missing here, or a file that has moved, ends the build.
import connect from "../node_modules/undici/lib/api/api-connect.js";
import errors from "../node_modules/undici/lib/core/errors.js";
import Dispatcher from "../node_modules/undici/lib/dispatcher/dispatcher.js";
import EnvHttpProxyAgent from "../node_modules/undici/lib/dispatcher/env-http-proxy-agent.js";
import Pool from "../node_modules/undici/lib/dispatcher/pool.js";

// As undici's own index does it with all of its API. Tunnels are opened by this part.
Object.assign(Dispatcher.prototype, { connect });

export { EnvHttpProxyAgent, errors, Pool };
