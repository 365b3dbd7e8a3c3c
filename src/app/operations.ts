// Builds what runs operations: the engine, what reads requests for it and answers them, and what runs mutations once.
import type { GraphQLError, GraphQLSchema } from "graphql";
import type { Config } from "../config/read-config.ts";
import { createEngine, type Engine } from "../execution/engine.ts";
import { createReadParams } from "../request/params.ts";
import type { ResolveDocument } from "../request/trusted-documents.ts";
import { createUploadCheck } from "../request/upload-rights.ts";
import { type AnswerRequest, createHttpTransport } from "../transports/http.ts";
import { createPrepareOperation, type PrepareOperation } from "../transports/websocket/operation.ts";
import type { Frame, FrameOptions } from "../transports/yoga.ts";
import { answerByYoga } from "../transports/yoga-on-demand.ts";
import { documentLimitsOf } from "./document-limits.ts";
import { openReplays } from "./replays.ts";

/** Operations over both transports. */
export interface Operations {
  readonly engine: Engine;
  /** Answers one over HTTP. */
  readonly answer: AnswerRequest;
  /** Prepares one that came over WebSocket. */
  readonly prepareOperation: PrepareOperation;
  /** Ends mutations whose clients have gone, and the connection to where answers are kept. */
  close(): Promise<void>;
}

export interface OperationsOptions {
  endpoint: string;
  schema: GraphQLSchema;
  resolveDocument: ResolveDocument;
  maskError(error: unknown): GraphQLError;
  messages: { hideSuggestions: boolean };
  report(fault: unknown): void;
  /** See AppOptions. */
  buildFrame: ((engine: Engine, options: FrameOptions) => Frame) | undefined;
}

/** Begins to connect to Redis, if there is one. */
export function createOperations(config: Config, options: OperationsOptions): Operations {
  const { endpoint, schema, resolveDocument, maskError, messages, report, buildFrame } = options;
  const maxResponseBytes = config.MAX_RESPONSE_BYTES;
  const readParams = createReadParams({
    limits: {
      maxBodyBytes: config.MAX_BODY_BYTES,
      maxUploadBytes: config.MAX_UPLOAD_BYTES,
      maxFiles: config.MAX_FILES,
      uploadStallMs: config.UPLOAD_STALL_MS,
    },
    checkUpload: createUploadCheck(schema),
    resolveDocument,
  });
  const once = openReplays(config, report);
  const engine = createEngine({
    schema,
    limits: documentLimitsOf(config),
    messages,
    introspection: config.INTROSPECTION,
    maxPaidFields: config.MAX_PAID_FIELDS,
    maxResponseBytes,
    maskError,
    replays: once?.replays,
  });
  const answers = { endpoint, readParams, maskError, maxResponseBytes };
  const frame = buildFrame?.(engine, answers);
  const http = { pingMs: config.STREAM_PING_MS, ...answers };
  return {
    engine,
    // Without plugins their hooks cost nothing.
    answer: frame?.answer ?? createHttpTransport(engine, http, answerByYoga(engine, answers)),
    prepareOperation: frame?.prepareOperation ?? createPrepareOperation(engine),
    close: async () => once?.close(),
  };
}
