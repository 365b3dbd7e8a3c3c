// The package's entry for embedding: the server as a part of someone's own Node server. The command is main.ts.
//
//   const app = createApp(readConfig(process.env), console.error);
//   const server = http.createServer(app.handle);
//   server.on("upgrade", app.handleUpgrade); // WebSocket
//
// It serves /graphql; the caller owns the port, TLS, timeouts and signals. To stop: `app.drain()`, `server.close()`, wait
// for what is under way or end it by `app.endAll()`, then `await app.close()`.
import { createApp as create } from "./app/app.ts";
import type { App } from "./app/app-interface.ts";
import type { Config } from "./config/read-config.ts";

export type { App } from "./app/app-interface.ts";
export { type Config, ConfigError, readConfig } from "./config/read-config.ts";

/**
 * Builds the app; opens no port. `report` hears of faults of this server, never of clients' mistakes or the upstream's
 * failures. Throws ConfigError for files and keys of the configuration that are no good.
 */
export function createApp(config: Config, report: (fault: unknown) => void): App {
  return create(config, report);
}
