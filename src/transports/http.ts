// GraphQL over HTTP between node:http and the engine: a request's parameters in, JSON or an event stream out.
// https://graphql.github.io/graphql-over-http/draft/
import type { IncomingMessage } from "node:http";
import type { ExecutionResult, GraphQLError, OperationTypeNode } from "graphql";
import { type FetchAPI, processRegularResult } from "graphql-yoga";
import { requestError } from "../errors/codes.ts";
import type { createMaskError } from "../errors/mask.ts";
import { withStatus } from "../errors/status.ts";
import type { Engine, Results } from "../execution/engine.ts";
import { ResultStream } from "../execution/result-stream.ts";
import { type JsonType, readAcceptance } from "../http/acceptance.ts";
import { type Answer, discardRest, refuse, sendAnswer } from "../http/answer.ts";
import type { NodeContext, ReadParams } from "../request/params.ts";
import { EVENT_STREAM, type ResultBatches, writeEvents } from "./sse.ts";

export interface HttpTransportOptions {
  readParams: ReadParams;
  maskError: ReturnType<typeof createMaskError>;
  /** Time between comments in an event stream, in milliseconds. */
  pingMs: number;
}

/** Answers one request, and resolves when there is no more to send or nobody to send it to. */
export type AnswerRequest = (context: NodeContext) => Promise<void>;

/** Answers by the engine alone, what is accepted as JSON or as an event stream; `others` answers the rest. */
export function createHttpTransport(
  engine: Engine,
  { readParams, maskError, pingMs }: HttpTransportOptions,
  others: AnswerRequest,
): AnswerRequest {
  async function execute(context: NodeContext): Promise<Results> {
    const { req, operation } = context;
    const fail = (error: unknown): ExecutionResult => {
      const result = { errors: [maskError(error)] };
      operation?.readResult(result);
      return result;
    };
    try {
      const params = await readParams(context);
      const prepared = engine.prepare(params, operation);
      if (!("operation" in prepared)) return prepared;
      const refusal = findRefusal(req, prepared.operation.operation);
      return refusal ? fail(refusal) : await engine.run(prepared, params.variables, context);
    } catch (error) {
      return fail(error);
    }
  }

  return async (context) => {
    const { req, res, signal } = context;
    const { json, stream, isServed } = readAcceptance(req.headers.accept);
    if (isServed && !json && !stream) return others(context);
    const results = await execute(context);
    if (results instanceof ResultStream) {
      res.writeHead(200, EVENT_STREAM);
      return writeEvents(res, results, pingMs, signal);
    }
    // Most clients read only after they have sent.
    if (!req.complete) await discardRest(req);
    const [error, ...more] = results.errors ?? [];
    if (!json && !stream && error) return refuse(req, res, error, ...more);
    const { status, headers, body } = await encode(results, json ?? "application/json");
    // Owed to the client until it has taken them.
    context.held.add(body?.length ?? 0);
    if (json) return sendAnswer(req, res, { status, headers, body });
    res.writeHead(status, { ...headers, ...EVENT_STREAM });
    await writeEvents(res, onlyResult(results), pingMs, signal);
  };
}

/** Why an operation of this type is not run for the request: its answer could not be given, or its method is wrong. */
export function findRefusal({ method, headers }: IncomingMessage, type: OperationTypeNode): GraphQLError | undefined {
  if (method === "GET" && type === "mutation") {
    const message = "Can only perform a mutation operation from a POST request.";
    return requestError("BAD_REQUEST", 405, message, { allow: "POST" });
  }
  const { stream, isServed } = readAcceptance(headers.accept);
  if (type === "subscription" && !stream) {
    const ways = "accept text/event-stream, or send it over WebSocket (graphql-transport-ws)";
    return requestError("BAD_REQUEST", 406, `A subscription's answer is a stream: ${ways}.`);
  }
  if (type === "subscription" || isServed) return undefined;
  const message = "Answers come as application/json, which the request's Accept header leaves out.";
  return requestError("BAD_REQUEST", 406, message);
}

/** One result as a stream. */
function onlyResult(result: ExecutionResult): ResultBatches {
  let value: ExecutionResult[] | undefined = [result];
  return {
    async nextBatch() {
      const batch = value;
      value = undefined;
      return batch ? { value: batch, done: false } : { value: undefined, done: true };
    },
    return: async () => {},
  };
}

/** A result as JSON, under the status that it calls for. Yoga takes status and headers from its errors. */
async function encode(result: ExecutionResult, type: JsonType): Promise<Answer> {
  if (!result.errors && !result.extensions) {
    return { status: 200, headers: { "content-type": `${type}; charset=utf-8` }, body: JSON.stringify(result) };
  }
  const shown = withStatus(result, type === "application/graphql-response+json");
  const response = processRegularResult(shown, globalThis as unknown as FetchAPI, type);
  const { "content-length": _, ...headers } = Object.fromEntries(response.headers);
  return { status: response.status, headers, body: await response.text() };
}
