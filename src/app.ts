// createApp: HTTP in front of Yoga. Opens no port and reads no environment.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { createYoga } from "graphql-yoga";
import type { Config } from "./config.ts";
import { createOpenAIClient } from "./openai/client.ts";
import type { ImageVariationsRoute } from "./openai/images.ts";
import { useAcceptable } from "./plugins/acceptable.ts";
import { createDepartures } from "./plugins/departure.ts";
import { useEarlyAnswer } from "./plugins/early-answer.ts";
import { useErrorStatus } from "./plugins/error-status.ts";
import { createMaskError, requestError } from "./plugins/errors.ts";
import { useEventStream } from "./plugins/event-stream.ts";
import { useGraphiQLPage } from "./plugins/graphiql.ts";
import { useNoIntrospection } from "./plugins/introspection.ts";
import { type NodeContext, useRequestParams } from "./plugins/request-params.ts";
import { useStreamErrors } from "./plugins/stream-errors.ts";
import { createWebSocketEndpoint } from "./plugins/websocket.ts";
import type { ServerContext } from "./schema/builder.ts";
import { codedError } from "./schema/errors.ts";
import { schema } from "./schema/index.ts";

const ENDPOINT = "/graphql";

/** For a request whose Host or path is no URL: Yoga would answer it with a stack trace. */
const BAD_TARGET = JSON.stringify({
  errors: [codedError("BAD_REQUEST", "The request's Host header and path must make a URL.")],
});

/** The server without its port. */
export interface App {
  /** Answers one request; for `http.createServer`. Never throws or rejects. */
  handle(req: IncomingMessage, res: ServerResponse): void;
  /** Takes a WebSocket connection over; for the server's `upgrade` event. */
  handleUpgrade(req: IncomingMessage, socket: Socket, head: Buffer): void;
  /** From now on refuses new work with SHUTTING_DOWN (503); what is under way goes on. */
  drain(): void;
  /** Closes the WebSocket connections that have nothing under way. */
  closeIdle(): void;
  /** Ends what is still under way with SHUTTING_DOWN, and its upstream calls. */
  endAll(): void;
  /** Closes all that is left: WebSocket connections, and those to the upstream. */
  close(): Promise<void>;
}

/**
 * Builds the app. `report` hears of faults of this server, never of clients' mistakes or the upstream's failures.
 * Nothing is connected to until the first operation.
 */
export function createApp(config: Config, report: (fault: unknown) => void): App {
  const openai = createOpenAIClient({
    baseUrl: config.OPENAI_BASE_URL,
    apiKey: config.OPENAI_API_KEY,
    organization: config.OPENAI_ORG_ID,
    project: config.OPENAI_PROJECT_ID,
    headersTimeoutMs: config.UPSTREAM_HEADERS_TIMEOUT_MS,
    idleTimeoutMs: config.UPSTREAM_IDLE_TIMEOUT_MS,
    totalTimeoutMs: config.UPSTREAM_TOTAL_TIMEOUT_MS,
    maxRetries: config.MAX_RETRIES,
    maxUpstreamBytes: config.MAX_UPSTREAM_BYTES,
  });
  const imageVariations: ImageVariationsRoute =
    config.IMAGE_VARIATIONS_VIA === "edits"
      ? { via: "edits", model: config.IMAGE_VARIATIONS_MODEL, prompt: config.IMAGE_VARIATIONS_PROMPT }
      : { via: "variations" };
  const departures = createDepartures();
  const maskError = createMaskError(report);
  let draining = false;

  const yoga = createYoga<NodeContext, ServerContext>({
    schema,
    graphqlEndpoint: ENDPOINT,
    context: { openai, imageVariations, maxUploadBytes: config.MAX_UPLOAD_BYTES },
    maskedErrors: { maskError },
    // What is worth a log line is reported by maskError; Yoga's logger would log clients' mistakes as errors.
    logging: false,
    cors: false,
    graphiql: false,
    landingPage: false,
    multipart: false,
    // Bodies are read, and limited, by useRequestParams.
    maxRequestBodySize: false,
    plugins: [
      {
        onRequestParse() {
          if (draining) throw requestError("SHUTTING_DOWN", 503, "The server is stopping.", { connection: "close" });
        },
      },
      ...(config.GRAPHIQL ? [useGraphiQLPage({ endpoint: ENDPOINT })] : []),
      ...(config.INTROSPECTION ? [] : [useNoIntrospection()]),
      useRequestParams({
        maxBodyBytes: config.MAX_BODY_BYTES,
        maxUploadBytes: config.MAX_UPLOAD_BYTES,
        maxFiles: config.MAX_FILES,
        uploadStallMs: config.UPLOAD_STALL_MS,
      }),
      useAcceptable(),
      useErrorStatus(),
      useStreamErrors(maskError),
      useEventStream(config.STREAM_WRITE_STALL_MS),
      useEarlyAnswer(),
    ],
  });

  const webSockets = createWebSocketEndpoint(yoga, {
    departures,
    maskError,
    maxBodyBytes: config.MAX_BODY_BYTES,
    stallMs: config.STREAM_WRITE_STALL_MS,
  });

  return {
    handle(req, res) {
      if (!URL.canParse(req.url ?? "", `http://${req.headers.host}`)) {
        res.writeHead(400, { "content-type": "application/json", connection: "close" }).end(BAD_TARGET);
        return;
      }
      const { signal, release } = departures.watch(req.socket);
      // Not "close", which comes before the connection's own and would have the departure forgotten.
      res.once("finish", release);
      void yoga(req, res, { req, res, signal });
    },
    handleUpgrade(req, socket, head) {
      const refusal = draining ? "503 Service Unavailable" : "404 Not Found";
      if (!draining && req.url?.split("?")[0] === ENDPOINT) webSockets.handleUpgrade(req, socket, head);
      // Destroyed, because a client that keeps its half of the connection open would hold a stop up.
      else socket.end(`HTTP/1.1 ${refusal}\r\nconnection: close\r\n\r\n`, () => socket.destroy());
    },
    drain() {
      draining = true;
      webSockets.drain();
    },
    closeIdle: () => webSockets.closeIdle(),
    endAll: () => departures.endAll(codedError("SHUTTING_DOWN", "The server is stopping.")),
    async close() {
      await webSockets.close();
      await openai.close();
    },
  };
}
