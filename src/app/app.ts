// createApp: HTTP in front of GraphQL. Opens no port and reads no environment.
import type { IncomingMessage } from "node:http";
import type { Config } from "../config/read-config.ts";
import { createHostCheck } from "../edge/allowed-hosts.ts";
import { answerClientError } from "../edge/client-error.ts";
import { createEdge } from "../edge/edge.ts";
import { createHealth } from "../edge/health.ts";
import { createMetricsPage } from "../edge/metrics.ts";
import { createOriginTest } from "../edge/origins.ts";
import { createRefusedOrigins } from "../edge/refused-origins.ts";
import { createSandboxPictures } from "../edge/sandbox-pictures.ts";
import { codedError } from "../errors/codes.ts";
import { createMaskError } from "../errors/mask.ts";
import type { Engine } from "../execution/engine.ts";
import { createGraphiQLPage } from "../graphiql/page.ts";
import { createDepartures } from "../http/departures.ts";
import { createFetch } from "../http/fetch/handler.ts";
import { enterLine } from "../http/line.ts";
import { requestIdOf } from "../http/request-id.ts";
import { watchWriteStall } from "../http/stall.ts";
import { schema as ownSchema } from "../schema/index.ts";
import { createSubgraph } from "../schema/subgraph.ts";
import { createMetrics, type ShareMetrics } from "../telemetry/metrics.ts";
import type { Observer } from "../telemetry/operation-record.ts";
import { createBeginOperation } from "../telemetry/operations.ts";
import { createTellRefused, createTellUnread, createWarn } from "../telemetry/refused-requests.ts";
import { createWebSocketEndpoint } from "../transports/websocket/endpoint.ts";
import { createHandshake } from "../transports/websocket/handshake.ts";
import type { Frame, FrameOptions } from "../transports/yoga.ts";
import type { App } from "./app-interface.ts";
import { createGuard } from "./guard.ts";
import { openMedia } from "./media.ts";
import { createOperations } from "./operations.ts";
import { createServe } from "./serve.ts";
import { createUpgrades } from "./upgrades.ts";

const ENDPOINT = "/graphql";

export interface AppOptions {
  /** Each reads the record of every operation that has ended. */
  observers?: readonly Observer[];
  /** Makes the metrics' page one of several processes. */
  shareMetrics?: ShareMetrics | undefined;
  /** How many lines the log has dropped. */
  droppedLogLines?: (() => number) | undefined;
  /** Builds Yoga with an embedder's plugins, whose hooks run for every operation. Undefined: there are none. */
  buildFrame?: ((engine: Engine, options: FrameOptions) => Frame) | undefined;
}

/**
 * Builds the app. `report` is called with faults of this server, never with clients' mistakes or the upstream's failures.
 * The upstream is called by operations alone. Throws ConfigError for files and keys of the configuration that are not valid.
 */
export function createApp(
  config: Config,
  report: (fault: unknown) => void,
  { observers = [], shareMetrics: share, droppedLogLines, buildFrame }: AppOptions = {},
): App {
  const messages = { hideSuggestions: config.NODE_ENV === "production" };
  const maskError = createMaskError(report, messages);
  const schema = config.FEDERATION ? createSubgraph(ownSchema, config.MAX_REPRESENTATIONS) : ownSchema;
  const warn = createWarn(observers);
  // The command sets this address when it has started the sandbox. An embedder has none.
  const isOnSandbox = config.SANDBOX && config.OPENAI_BASE_URL.hostname === "127.0.0.1";
  const pictures = isOnSandbox
    ? createSandboxPictures({ origin: config.OPENAI_BASE_URL.origin, path: ENDPOINT })
    : undefined;
  const { media, ...keptMedia } = openMedia(config, pictures, report);
  const guard = createGuard(config, schema, { report, warn, showPicture: pictures?.show, media });
  const { authenticator, contextOf, openHeld, untilStart, resolveDocument, isUpstreamDead, poolStats } = guard;
  const departures = createDepartures();
  const perCaller = config.METRICS_PER_CALLER;
  const metrics = config.METRICS
    ? createMetrics(poolStats, { share, droppedLogLines, isUpstreamDead, perCaller })
    : undefined;
  const answerMetrics = metrics && createMetricsPage(metrics);
  const allObservers = metrics ? [...observers, metrics.observer] : observers;
  const beginOperation = createBeginOperation(allObservers);
  const tellRefused = createTellRefused(allObservers);
  const tellUnread = createTellUnread(allObservers);
  /** Requests that ask for the server's health, or are refused as operations: they are not reported as refused requests. */
  const toldElsewhere = new WeakSet<IncomingMessage>();
  const operations = createOperations(config, {
    endpoint: ENDPOINT,
    schema,
    resolveDocument,
    maskError,
    messages,
    report,
    buildFrame,
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
  const answerHealth = createHealth({
    isStopping,
    isUpstreamDead: () => config.READY_NEEDS_UPSTREAM && isUpstreamDead(),
  });
  const pages = {
    isListed: createOriginTest(config.CORS_ORIGINS, config.NODE_ENV !== "production"),
    onRefuseOrigin: createRefusedOrigins(warn),
  };
  const edge = createEdge({
    ...pages,
    endpoint: ENDPOINT,
    origins: config.CORS_ORIGINS,
    credentials: config.CORS_CREDENTIALS,
    maxBodyBytes: config.MAX_BODY_BYTES,
    checkHost,
    answerMetrics: config.METRICS_PORT === undefined ? answerMetrics : undefined,
    answerHealth(req, res) {
      if (!answerHealth(req, res)) return false;
      toldElsewhere.add(req);
      return true;
    },
    answerPicture: pictures?.answer,
    answerMedia: keptMedia.answer,
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
  /** What every operation passes, over HTTP and WebSocket alike. */
  const passed = { authenticator, contextOf, openHeld, untilStart, departures, beginOperation, maskError };
  const webSockets = createWebSocketEndpoint({
    ...passed,
    schema: operations.engine.schema,
    prepareOperation: operations.prepareOperation,
    resolveDocument,
    maxBodyBytes: config.MAX_BODY_BYTES,
    maxResponseBytes: config.MAX_RESPONSE_BYTES,
    report,
  });
  const handshake = createHandshake({
    ...pages,
    endpoint: ENDPOINT,
    authenticator,
    isDraining,
  });
  const serve = createServe({ ...passed, answer: operations.answer });

  const app: App = {
    handle(req, res) {
      if (!enterLine(req, res, () => tellRefused(req, "pipelined"))) return;
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
    fetch: createFetch((req, res) => app.handle(req, res)),
    answerMetrics,
    handleUpgrade: createUpgrades({
      checkHost,
      handshake,
      webSockets,
      tellRefused: (req) => tellRefused(req, "handshake"),
      writeStallMs: config.STREAM_WRITE_STALL_MS,
    }),
    handleClientError: (error, socket) => answerClientError(error, socket, tellUnread),
    reload: guard.reload,
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
      await operations.close();
      await guard.close();
      await keptMedia.close();
    },
  };
  return app;
}
