// createApp: HTTP in front of GraphQL. Opens no port and reads no environment.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { App } from "./app-interface.ts";
import type { Config } from "./config.ts";
import { createGuard } from "./guard.ts";
import { CallerGone } from "./openai/cancellable.ts";
import { createDepartures } from "./plugins/departure.ts";
import { createEdge } from "./plugins/edge.ts";
import { createMaskError } from "./plugins/errors.ts";
import { createGraphiQLPage } from "./plugins/graphiql.ts";
import { createHealth } from "./plugins/health.ts";
import { refuse } from "./plugins/refusal.ts";
import { createWebSocketEndpoint } from "./plugins/websocket.ts";
import { createHandshake } from "./plugins/websocket-handshake.ts";
import { codedError } from "./schema/errors.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { createMetricsPage } from "./telemetry/metrics-page.ts";
import type { Observer } from "./telemetry/operation-record.ts";
import { createBeginOperation } from "./telemetry/operations.ts";
import { requestIdOf } from "./telemetry/request-id.ts";
import { createGraphQL } from "./yoga.ts";

const ENDPOINT = "/graphql";

/**
 * Builds the app. `report` hears of faults of this server, never of clients' mistakes or the upstream's failures.
 * Each of the `observers` reads the record of every operation that has ended.
 * The upstream is called by operations alone. Throws ConfigError for files and keys of the configuration that are no good.
 */
export function createApp(config: Config, report: (fault: unknown) => void, observers: readonly Observer[] = []): App {
  const messages = { hideSuggestions: config.NODE_ENV === "production" };
  const maskError = createMaskError(report, messages);
  const { authenticator, contextOf, resolveDocument, isUpstreamDead, poolStats, close } = createGuard(config, report);
  const departures = createDepartures();
  const metrics = config.METRICS ? createMetrics(poolStats) : undefined;
  const answerMetrics = metrics && createMetricsPage(metrics);
  const beginOperation = createBeginOperation(metrics ? [...observers, metrics.observer] : observers);
  const yoga = createGraphQL(config, { endpoint: ENDPOINT, resolveDocument, maskError, messages });
  let stopping = false;
  let draining = false;
  const isStopping = () => stopping;
  const isDraining = () => draining;

  const edge = createEdge({
    endpoint: ENDPOINT,
    origins: config.CORS_ORIGINS,
    maxBodyBytes: config.MAX_BODY_BYTES,
    answerHealth: createHealth({ isStopping, isUpstreamDead }),
    graphiqlPage: config.GRAPHIQL ? createGraphiQLPage({ endpoint: ENDPOINT }) : undefined,
    isStopping,
    isDraining,
    report,
    onRefuse(req, error) {
      const operation = beginOperation(req, "http");
      operation?.readResult({ errors: [error] });
      operation?.end(false);
    },
  });
  const webSockets = createWebSocketEndpoint(yoga, {
    authenticator,
    contextOf,
    departures,
    beginOperation,
    maskError,
    resolveDocument,
    maxBodyBytes: config.MAX_BODY_BYTES,
    stallMs: config.STREAM_WRITE_STALL_MS,
  });
  const handshake = createHandshake({ endpoint: ENDPOINT, origins: config.CORS_ORIGINS, authenticator, isDraining });

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { signal, release } = departures.watch(req.socket);
    // Not "close", which comes before the connection's own and would have the departure forgotten.
    res.once("finish", release);
    const operation = beginOperation(req, "http");
    if (operation) {
      const end = () => operation.end(!res.writableFinished);
      res.once("close", end);
      // A pipelined request whose turn has not come never hears of the close.
      signal.addEventListener("abort", () => signal.reason instanceof CallerGone && end());
    }
    try {
      const context = contextOf(await authenticator.identify(authenticator.readToken(req)));
      if (operation) operation.caller = context;
      await yoga(req, res, { req, res, signal, operation, ...context });
    } catch (error) {
      const masked = maskError(error);
      operation?.readResult({ errors: [masked] });
      refuse(req, res, masked);
    }
  }

  return {
    handle(req, res) {
      res.setHeader("x-request-id", requestIdOf(req));
      if (config.METRICS_PORT === undefined && answerMetrics?.(req, res)) return;
      edge(req, res, () => void serve(req, res));
    },
    answerMetrics,
    handleUpgrade(req, socket, head) {
      // Node no longer listens to a socket that it hands over; unheard, a client's reset would end the process.
      socket.on("error", () => {});
      void handshake(req, socket, (token) => webSockets.handleUpgrade(req, socket, head, token));
    },
    reload: authenticator.reload,
    announceStop() {
      stopping = true;
    },
    drain() {
      stopping = true;
      draining = true;
      webSockets.drain();
    },
    closeIdle: () => webSockets.closeIdle(),
    endAll: () => departures.endAll(codedError("SHUTTING_DOWN", "The server is stopping.")),
    async close() {
      await webSockets.close();
      await close();
    },
  };
}
