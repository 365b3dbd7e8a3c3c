// GraphQL Yoga around the engine: the frame for an embedder's own plugins, and for answers as multipart/mixed. Yoga runs the
// plugins' hooks and negotiates the content; the engine is its parse, validate, execute and subscribe.
// https://the-guild.dev/graphql/yoga-server/docs/features/envelop-plugins
import type { IncomingMessage } from "node:http";
import { sendNodeResponse } from "@whatwg-node/server";
import { createYoga, type Plugin } from "graphql-yoga";
import type { createMaskError } from "../errors/mask.ts";
import type { Engine, Results } from "../execution/engine.ts";
import { untilTurn } from "../http/line.ts";
import type { ReadParams } from "../request/params.ts";
import type { AnswerRequest } from "./http.ts";
import type { PrepareOperation } from "./websocket/operation.ts";
import { type FrameContext, useRequests, useResponses } from "./yoga-hooks.ts";

export interface FrameOptions {
  /** The one path that is served. */
  endpoint: string;
  readParams: ReadParams;
  maskError: ReturnType<typeof createMaskError>;
  /** Largest answer, and largest event of a stream. */
  maxResponseBytes: number;
}

/** Yoga, as transports use it. */
export interface Frame {
  /** Answers one request over HTTP, by all hooks of the plugins. */
  answer: AnswerRequest;
  /** Prepares an operation that came over WebSocket; it is run by all hooks of the plugins, too. */
  prepareOperation: PrepareOperation;
}

/**
 * Builds Yoga; opens no port, and calls nothing before the first operation. `plugins` are an embedder's, as Yoga takes them;
 * their hooks run in this order, around the engine.
 */
export function createFrame(
  engine: Engine,
  { endpoint, readParams, maskError, maxResponseBytes }: FrameOptions,
  plugins: readonly object[] = [],
): Frame {
  const yoga = createYoga<FrameContext>({
    schema: engine.schema,
    graphqlEndpoint: endpoint,
    maskedErrors: { maskError },
    // What is worth a log line is reported by maskError; Yoga's logger would log clients' mistakes as errors.
    logging: false,
    // Answered before Yoga: see createEdge.
    cors: false,
    graphiql: false,
    landingPage: false,
    // Read and limited by readParams.
    multipart: false,
    maxRequestBodySize: false,
    // The engine keeps documents: Yoga's cache keeps prompts, and refused documents of any size.
    parserAndValidationCache: false,
    plugins: [
      useEngine(engine),
      useRequests(readParams, engine.describe),
      ...plugins,
      useResponses(maskError, maxResponseBytes),
    ],
  });

  return {
    async answer(context) {
      const { req, res } = context;
      // Not yoga(req, res): it answers with the stack of what a plugin throws outside of GraphQL's hooks.
      const response = await yoga.handleNodeRequestAndResponse(req, res, context);
      await untilTurn(res);
      context.rates?.writeTo(res);
      await sendNodeResponse(response, res, req, true);
    },
    prepareOperation(params, context) {
      const prepared = engine.prepare(params, context.operation);
      if (!("operation" in prepared)) return prepared;
      const run = async (signal: AbortSignal): Promise<Results> => {
        let taken: Results | undefined;
        const take = (results: Results) => {
          taken = results;
        };
        const message = { params, take };
        try {
          await yoga.fetch(asRequest(context.req, endpoint), { ...context, signal, message });
          if (!taken) throw new Error("A plugin has answered in place of Yoga.");
        } catch (error) {
          const result = { errors: [maskError(error)] };
          // Results that are there already have been paid for, and a stream of them is to be ended.
          if (!taken) context.operation?.readResult(result);
          taken ??= result;
        }
        return taken;
      };
      return { document: prepared.document, run };
    },
  };
}

/** A WebSocket's operation as the request that Yoga's hooks look at: a POST with the headers of the handshake. */
function asRequest({ headers }: IncomingMessage, endpoint: string): Request {
  const given = Object.entries(headers).filter(([name]) => !NOT_OF_OPERATIONS.has(name));
  const init = { method: "POST", headers: { ...Object.fromEntries(given), accept: "*/*" } as Record<string, string> };
  return new Request(`http://${headers.host ?? "localhost"}${endpoint}`, init);
}

/** Headers of the handshake that concern only itself. */
const NOT_OF_OPERATIONS = new Set(["accept", "connection", "upgrade", "content-length", "transfer-encoding"]);

/** Has Yoga parse, validate and execute by the engine. Rules that plugins add are checked by it as well. */
function useEngine({ parse, validate, execute }: Engine): Plugin {
  return {
    onParse: ({ setParseFn }) => setParseFn((source) => parse(typeof source === "string" ? source : source.body)),
    onValidate: ({ setValidationFn }) => setValidationFn((_, document, rules) => [...validate(document, rules)]),
    onExecute: ({ setExecuteFn }) => setExecuteFn(execute),
    onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(execute),
  };
}
