// The package's entry for embedding: the server as a part of someone's own Node server. The command is main.ts.
//
//   const app = createApp(readConfig(process.env), { report: console.error });
//   const server = http.createServer(app.handle);
//   server.on("upgrade", app.handleUpgrade); // WebSocket
//   server.on("clientError", app.handleClientError); // what cannot be read as a request
//
// or, in hosts with Request and Response, as `app.fetch`.
// It serves /graphql; the caller owns the port, TLS, timeouts and signals. To stop: `app.drain()`, `server.close()`, wait
// for what is under way or end it by `app.endAll()`, then `await app.close()`.
import { type AppOptions, createApp as create } from "./app/app.ts";
import type { App } from "./app/app-interface.ts";
import type { Config } from "./config/read-config.ts";
import { createFrame } from "./transports/yoga.ts";

export type { App } from "./app/app-interface.ts";
export { type Config, ConfigError, readConfig } from "./config/read-config.ts";

/** What an embedder may add. */
export interface EmbeddingOptions {
  /** Called with faults of this server, never with clients' mistakes or the upstream's failures. Unset: console.error. */
  report?: (fault: unknown) => void;
  /** GraphQL Yoga's or Envelop's plugins. Their hooks run for every operation, over every transport. */
  plugins?: readonly object[];
}

/**
 * Builds the app; opens no port. A function in place of the options is `report`. Throws ConfigError for files and keys of the
 * configuration that cannot be used.
 */
export function createApp(config: Config, options: EmbeddingOptions | ((fault: unknown) => void) = {}): App {
  const { report = console.error, plugins = [] } = typeof options === "function" ? { report: options } : options;
  const withPlugins: AppOptions["buildFrame"] = (engine, frame) => createFrame(engine, frame, plugins);
  return create(config, report, { buildFrame: plugins.length > 0 ? withPlugins : undefined });
}
