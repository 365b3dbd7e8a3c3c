// Runs the HTTP server: its port, its timeouts, and a stop that loses no answer. Knows no GraphQL.
import { createServer, IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { App } from "../app/app-interface.ts";
import type { Config } from "../config/read-config.ts";
import { startMetricsServer } from "../edge/metrics.ts";

/** How long operations that ended with SHUTTING_DOWN may take to send that error, in milliseconds. */
const FAREWELL_MS = 1_000;
/** Longest time that a timer can wait, in milliseconds; a longer one fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/**
 * How many connections may wait to be accepted; Linux allows up to net.core.somaxconn. Of those beyond it the first packet is
 * lost, and clients send it again only after one second, then three.
 */
const BACKLOG = 4096;

/** A listening server. */
export interface RunningServer {
  /** The GraphQL endpoint. */
  url: string;
  /** The URL of the metrics, if they have a port of their own. */
  metricsUrl: string | undefined;
  /**
   * Reports that it is not ready and serves for `DRAIN_DELAY_MS` more. Then it stops listening, waits up to `DRAIN_MS`
   * for what is in flight, ends the rest with SHUTTING_DOWN, and closes everything.
   */
  stop(): Promise<void>;
}

/**
 * A request that counts as an upgrade only if it asks for WebSocket. Otherwise Node would pass every upgrade to the
 * listener, including the h2c that HTTP/2 clients of Java and curl offer with an ordinary request.
 */
class WebSocketUpgrade extends IncomingMessage {
  #asksForUpgrade = false;
  get upgrade(): boolean {
    return this.#asksForUpgrade && (this.method === "CONNECT" || /^websocket$/i.test(this.headers.upgrade ?? ""));
  }
  set upgrade(asks: boolean | null) {
    // IncomingMessage's constructor sets it before the private field exists.
    if (#asksForUpgrade in this) this.#asksForUpgrade = asks === true;
  }
}

/** Listens on `HOST` and `PORT`. Rejects with the system's error (EADDRINUSE, EACCES …) if it cannot. */
export async function startServer(app: App, config: Config): Promise<RunningServer> {
  const server = createServer(
    {
      headersTimeout: config.HEADERS_TIMEOUT_MS,
      requestTimeout: config.REQUEST_TIMEOUT_MS,
      keepAliveTimeout: config.KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
      noDelay: true,
      // Probes send none; everything else is refused without one, with a body that says so.
      requireHostHeader: false,
      IncomingMessage: WebSocketUpgrade,
    },
    app.handle,
  );
  // Without these listeners, Node would ask a client for its body before the head is checked.
  server.on("checkContinue", app.handle);
  server.on("checkExpectation", app.handle);
  const connections = new Set<Socket>();
  server.on("connection", (socket) => {
    connections.add(socket);
    socket.once("close", () => connections.delete(socket));
  });
  server.on("upgrade", app.handleUpgrade);
  server.on("clientError", app.handleClientError);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port: config.PORT, host: config.HOST, backlog: BACKLOG }, resolve);
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
      // Not closeAllConnections, which leaves upgraded connections open.
      const cutOff = setTimeout(
        () => {
          for (const socket of connections) socket.destroy();
        },
        Math.min(config.DRAIN_MS + FAREWELL_MS, MAX_TIMER_MS),
      );
      // Connections that are kept alive after an answer, or that browsers open before they need them, would delay the
      // stop until they time out.
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
  const { HOST: host, METRICS_PORT: port, STREAM_WRITE_STALL_MS: writeStallMs } = config;
  return startMetricsServer(answerMetrics, { host, port, writeStallMs });
}

function originOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return `http://${address.includes(":") ? `[${address}]` : address}:${port}`;
}
