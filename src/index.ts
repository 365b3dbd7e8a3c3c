// The package's entry for embedding the server in another Node server. The command line is in main.ts.
//
//   const app = createApp(readConfig(process.env), console.error);
//   const server = http.createServer(app.handle);
//   server.on("upgrade", app.handleUpgrade); // WebSocket
//
// It serves /graphql. The caller owns the port, TLS, timeouts and signals. To stop, call `app.drain()` and
// `server.close()`, wait for what is in flight or end it with `app.endAll()`, then `await app.close()`.
import { createApp as create } from "./app/app.ts";
import type { App } from "./app/app-interface.ts";
import type { Config } from "./config/read-config.ts";

export type { App } from "./app/app-interface.ts";
export { type Config, ConfigError, readConfig } from "./config/read-config.ts";

/**
 * Builds the app; opens no port. `report` is called with faults of this server, never with clients' mistakes or upstream
 * failures. Throws ConfigError for files and keys in the configuration that cannot be used.
 */
export function createApp(config: Config, report: (fault: unknown) => void): App {
  return create(config, report);
}
