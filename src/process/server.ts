// The HTTP server: a port, its timeouts, and a stop that loses no answer. Knows no GraphQL.
import { createServer, IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { App } from "../app/app-interface.ts";
import type { Config } from "../config/read-config.ts";
import { startMetricsServer } from "../edge/metrics.ts";

/** How long what was ended with SHUTTING_DOWN may take to say so, in milliseconds. */
const FAREWELL_MS = 1_000;
/** Longest time that a timer counts, in milliseconds; with a longer one it fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/**
 * How long a connection without a request is kept, in milliseconds. Longer than load balancers keep theirs (AWS's ALB and
 * nginx: 60 seconds): one that is closed here first may just be carrying the next request, which then fails with 502.
 */
const KEEP_ALIVE_MS = 65_000;

/** A listening server. */
export interface RunningServer {
  /** The GraphQL endpoint. */
  url: string;
  /** Where the metrics are, if they have a port of their own. */
  metricsUrl: string | undefined;
  /** Serves on for `DRAIN_DELAY_MS`, no longer ready; then stops listening, lets what is in flight end within `DRAIN_MS`, ends the rest with SHUTTING_DOWN, closes everything. */
  stop(): Promise<void>;
}

/**
 * A request that is an upgrade to WebSocket alone. With a listener to upgrades, Node would hand every other over as well,
 * as the h2c that Java's and curl's HTTP/2 clients offer beside an ordinary request.
 */
class WebSocketUpgrade extends IncomingMessage {
  #asksForUpgrade = false;
  get upgrade(): boolean {
    return this.#asksForUpgrade && (this.method === "CONNECT" || /^websocket$/i.test(this.headers.upgrade ?? ""));
  }
  set upgrade(asks: boolean | null) {
    // IncomingMessage's constructor sets it before the field is there.
    if (#asksForUpgrade in this) this.#asksForUpgrade = asks === true;
  }
}

/** Listens on `HOST` and `PORT`. Rejects with the system's error (EADDRINUSE, EACCES …) where it cannot. */
export async function startServer(app: App, config: Config): Promise<RunningServer> {
  const server = createServer(
    {
      headersTimeout: config.HEADERS_TIMEOUT_MS,
      requestTimeout: config.REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
      noDelay: true,
      IncomingMessage: WebSocketUpgrade,
    },
    app.handle,
  );
  // Unheard, Node would tell a client to send its body before anyone has looked at the head.
  server.on("checkContinue", app.handle);
  server.on("checkExpectation", app.handle);
  const connections = new Set<Socket>();
  server.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  server.on("upgrade", app.handleUpgrade);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.PORT, config.HOST, resolve);
  });
  const metricsServer = await openMetrics(app, config).catch((error: unknown) => {
    server.close();
    throw error;
  });
  return {
    url: `${originOf(server)}/graphql`,
    metricsUrl: metricsServer && `${originOf(metricsServer)}/metrics`,
    async stop() {
      app.announceStop();
      if (config.DRAIN_DELAY_MS > 0) await sleep(config.DRAIN_DELAY_MS);
      app.drain();
      const end = setTimeout(app.endAll, config.DRAIN_MS);
      // Not closeAllConnections, which leaves out those that were upgraded.
      const cutOff = setTimeout(
        () => {
          for (const socket of connections) socket.destroy();
        },
        Math.min(config.DRAIN_MS + FAREWELL_MS, MAX_TIMER_MS),
      );
      // A connection kept alive after its last answer, or opened ahead of its first request as browsers do, would hold
      // the stop up until its timeout.
      const sweep = setInterval(() => {
        server.closeIdleConnections();
        for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
        app.closeIdle();
      }, 20);
      await new Promise((resolve) => server.close(resolve));
      clearTimeout(end);
      clearTimeout(cutOff);
      clearInterval(sweep);
      metricsServer?.close();
      metricsServer?.closeAllConnections();
      await app.close();
    },
  };
}

async function openMetrics({ answerMetrics }: App, config: Config): Promise<Server | undefined> {
  if (!answerMetrics || config.METRICS_PORT === undefined) return undefined;
  return startMetricsServer(answerMetrics, config.HOST, config.METRICS_PORT);
}

function originOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
}
