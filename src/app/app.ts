// createApp: HTTP in front of GraphQL. Opens no port and reads no environment.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Config } from "../config/read-config.ts";
import { createHostCheck } from "../edge/allowed-hosts.ts";
import { createEdge } from "../edge/edge.ts";
import { createHealth } from "../edge/health.ts";
import { createMetricsPage } from "../edge/metrics.ts";
import { codedError } from "../errors/codes.ts";
import { createMaskError } from "../errors/mask.ts";
import { createGraphiQLPage } from "../graphiql/page.ts";
import { refuse, refuseUpgrade } from "../http/answer.ts";
import { createDepartures } from "../http/departures.ts";
import { requestIdOf } from "../http/request-id.ts";
import { watchWriteStall } from "../http/write-stall.ts";
import { CallerGone } from "../openai/cancellable.ts";
import { createReadParams } from "../request/params.ts";
import { createMetrics, type ShareMetrics } from "../telemetry/metrics.ts";
import type { Observer } from "../telemetry/operation-record.ts";
import { createBeginOperation } from "../telemetry/operations.ts";
import { createTellRefused } from "../telemetry/refused-requests.ts";
import { createHttpTransport } from "../transports/http.ts";
import { createWebSocketEndpoint } from "../transports/websocket/endpoint.ts";
import { createHandshake } from "../transports/websocket/handshake.ts";
import { createWaitingRoom } from "../transports/websocket/waiting-room.ts";
import { createGraphQL } from "../transports/yoga.ts";
import type { App } from "./app-interface.ts";
import { createGuard } from "./guard.ts";

const ENDPOINT = "/graphql";

/**
 * Builds the app. `report` hears of faults of this server, never of clients' mistakes or the upstream's failures.
 * Each of the `observers` reads the record of every operation that has ended. `shareMetrics` makes the metrics' page one of
 * several processes.
 * The upstream is called by operations alone. Throws ConfigError for files and keys of the configuration that are no good.
 */
export function createApp(
  config: Config,
  report: (fault: unknown) => void,
  observers: readonly Observer[] = [],
  shareMetrics?: ShareMetrics,
): App {
  const messages = { hideSuggestions: config.NODE_ENV === "production" };
  const maskError = createMaskError(report, messages);
  const { authenticator, contextOf, resolveDocument, isUpstreamDead, poolStats, close } = createGuard(config, report);
  const departures = createDepartures();
  const metrics = config.METRICS ? createMetrics(poolStats, shareMetrics) : undefined;
  const answerMetrics = metrics && createMetricsPage(metrics);
  const allObservers = metrics ? [...observers, metrics.observer] : observers;
  const beginOperation = createBeginOperation(allObservers);
  const tellRefused = createTellRefused(allObservers);
  /** Requests that ask for the server's health, or are refused as operations: no refusal of theirs is told as such. */
  const toldElsewhere = new WeakSet<IncomingMessage>();
  const readParams = createReadParams(
    {
      maxBodyBytes: config.MAX_BODY_BYTES,
      maxUploadBytes: config.MAX_UPLOAD_BYTES,
      maxFiles: config.MAX_FILES,
      uploadStallMs: config.UPLOAD_STALL_MS,
    },
    resolveDocument,
  );
  const yoga = createGraphQL(config, { endpoint: ENDPOINT, readParams, maskError, messages });
  const answer = createHttpTransport(yoga, {
    readParams,
    maskError,
    pingMs: config.STREAM_PING_MS,
  });
  let stopping = false;
  let draining = false;
  const isStopping = () => stopping;
  const isDraining = () => draining;

  const checkHost = createHostCheck({
    allowedHosts: config.ALLOWED_HOSTS,
    listensOn: config.HOST,
    isOpen: authenticator.isOpen,
  });
  const answerHealth = createHealth({ isStopping, isUpstreamDead });
  const edge = createEdge({
    endpoint: ENDPOINT,
    origins: config.CORS_ORIGINS,
    maxBodyBytes: config.MAX_BODY_BYTES,
    checkHost,
    answerMetrics: config.METRICS_PORT === undefined ? answerMetrics : undefined,
    answerHealth(req, res) {
      if (!answerHealth(req, res)) return false;
      toldElsewhere.add(req);
      return true;
    },
    graphiqlPage: config.GRAPHIQL ? createGraphiQLPage({ endpoint: ENDPOINT }) : undefined,
    isStopping,
    isDraining,
    report,
    onRefuse(req, error) {
      toldElsewhere.add(req);
      const operation = beginOperation(req, "http");
      operation?.readResult({ errors: [error] });
      operation?.end(false);
    },
  });
  const waitingRoom = createWaitingRoom();
  const webSockets = createWebSocketEndpoint(yoga, {
    authenticator,
    contextOf,
    departures,
    beginOperation,
    maskError,
    resolveDocument,
    waitingRoom,
    maxBodyBytes: config.MAX_BODY_BYTES,
    report,
  });
  const handshake = createHandshake({
    endpoint: ENDPOINT,
    origins: config.CORS_ORIGINS,
    authenticator,
    waitingRoom,
    isDraining,
  });

  async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const signal = departures.signalOf(req.socket);
    const operation = beginOperation(req, "http");
    if (operation) {
      const leave = () => signal.reason instanceof CallerGone && operation.end(true);
      // A pipelined request whose turn has not come never hears of the close.
      if (!res.socket) signal.addEventListener("abort", leave);
      res.once("close", () => {
        signal.removeEventListener("abort", leave);
        operation.end(!res.writableFinished);
      });
    }
    try {
      const context = contextOf(await authenticator.identify(authenticator.readToken(req)));
      if (operation) operation.caller = context;
      await answer({ req, res, signal, operation, ...context });
    } catch (error) {
      const masked = maskError(error);
      operation?.readResult({ errors: [masked] });
      // What has begun cannot be taken back: that it breaks off tells that it is not whole.
      if (res.headersSent) res.destroy();
      else refuse(req, res, masked);
    }
  }

  return {
    handle(req, res) {
      watchWriteStall(req.socket, config.STREAM_WRITE_STALL_MS);
      res.setHeader("x-request-id", requestIdOf(req));
      let isServed = false;
      edge(req, res, () => {
        isServed = true;
        void serve(req, res);
      });
      if (isServed) return;
      res.once("finish", () => {
        if (!isServed && res.statusCode >= 400 && !toldElsewhere.has(req)) tellRefused(req, String(res.statusCode));
      });
    },
    answerMetrics,
    handleUpgrade(req, socket, head) {
      // Node no longer listens to a socket that it hands over; unheard, a client's reset would end the process.
      socket.on("error", () => {});
      watchWriteStall(socket, config.STREAM_WRITE_STALL_MS);
      if (checkHost(req)) {
        tellRefused(req, "handshake");
        return refuseUpgrade(req, socket, "400 Bad Request");
      }
      let isAccepted = false;
      const accept = (token: string | undefined) => {
        isAccepted = true;
        webSockets.handleUpgrade(req, socket, head, token);
      };
      void handshake(req, socket, accept).then(() => isAccepted || tellRefused(req, "handshake"));
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
