// createApp: HTTP in front of Yoga. Opens no port and reads no environment.
import type { IncomingMessage, ServerResponse } from "node:http";
import { createYoga } from "graphql-yoga";
import type { Config } from "./config.ts";
import { createOpenAIClient } from "./openai/client.ts";
import type { ImageVariationsRoute } from "./openai/images.ts";
import { watchDeparture } from "./plugins/departure.ts";
import { useEarlyAnswer } from "./plugins/early-answer.ts";
import { useErrorStatus } from "./plugins/error-status.ts";
import { createMaskError, requestError } from "./plugins/errors.ts";
import { useGraphiQLPage } from "./plugins/graphiql.ts";
import { useNoIntrospection } from "./plugins/introspection.ts";
import { type NodeContext, useRequestParams } from "./plugins/request-params.ts";
import type { Context } from "./schema/builder.ts";
import { schema } from "./schema/index.ts";

const ENDPOINT = "/graphql";

/** The server without its port. */
export interface App {
  /** Answers one request; for `http.createServer`. Never throws or rejects. */
  handle(req: IncomingMessage, res: ServerResponse): void;
  /** From now on refuses requests with SHUTTING_DOWN (503); those under way go on. */
  drain(): void;
  /** Closes the connections to the upstream, those still in use too. */
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
  let draining = false;

  const yoga = createYoga<NodeContext, Context>({
    schema,
    graphqlEndpoint: ENDPOINT,
    context: ({ req, res }) => ({
      openai,
      imageVariations,
      maxUploadBytes: config.MAX_UPLOAD_BYTES,
      signal: watchDeparture(req, res),
    }),
    maskedErrors: { maskError: createMaskError(report) },
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
      useErrorStatus(),
      useEarlyAnswer(),
    ],
  });

  return {
    handle: (req, res) => void yoga(req, res),
    drain() {
      draining = true;
    },
    close: () => openai.close(),
  };
}
