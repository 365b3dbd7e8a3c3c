// GraphQL over HTTP between node:http and the engine: a request's parameters in, JSON or an event stream out.
// https://graphql.github.io/graphql-over-http/draft/
import type { IncomingMessage } from "node:http";
import type { ExecutionResult, GraphQLError, OperationTypeNode } from "graphql";
import { requestError } from "../errors/codes.ts";
import type { createMaskError } from "../errors/mask.ts";
import { headOf, showResult } from "../errors/shown-error.ts";
import { withStatus } from "../errors/status.ts";
import type { Engine, Results } from "../execution/engine.ts";
import type { Result } from "../execution/result.ts";
import { ResultStream } from "../execution/result-stream.ts";
import { type JsonType, readAcceptance } from "../http/acceptance.ts";
import { discardRest, refuse, sendAnswer } from "../http/answer.ts";
import { encodeLarge, encodeSmall, isSmall, type LargeJson } from "../http/json-pieces.ts";
import { untilTurn } from "../http/line.ts";
import type { NodeContext, ReadParams } from "../request/params.ts";
import { type EncodedAnswer, sendPieces } from "./large-answer.ts";
import { onlyResult } from "./shared/push-results.ts";
import { type EventOptions, isRepeated, writeEvents } from "./sse.ts";

export interface HttpTransportOptions {
  readParams: ReadParams;
  maskError: ReturnType<typeof createMaskError>;
  /** Time between comments in an event stream, in milliseconds. */
  pingMs: number;
  /** Largest answer, and largest event of a stream. */
  maxResponseBytes: number;
}

/** Answers one request, and resolves when there is no more to send or nobody to send it to. */
export type AnswerRequest = (context: NodeContext) => Promise<void>;

/** Answers by the engine alone, what is accepted as JSON or as an event stream; `others` answers the rest. */
export function createHttpTransport(
  engine: Engine,
  { readParams, maskError, pingMs, maxResponseBytes }: HttpTransportOptions,
  others: AnswerRequest,
): AnswerRequest {
  /** Reports an error to the operation's record; yields it as a result. */
  function fail({ operation }: NodeContext, error: unknown): ExecutionResult {
    const result = { errors: [maskError(error)] };
    operation?.readResult(result);
    return result;
  }

  /** Undefined: a subscription that the client has had, and that it would pay for again. */
  async function execute(context: NodeContext, asJson: boolean): Promise<Results | undefined> {
    const { req, operation } = context;
    try {
      const read = readParams(context);
      const params = read instanceof Promise ? await read : read;
      const prepared = engine.prepare(params, operation);
      if (!("operation" in prepared)) return prepared;
      const type = prepared.operation.operation;
      if (type === "subscription" && isRepeated(req)) return undefined;
      const refusal = findRefusal(req, type);
      return refusal ? fail(context, refusal) : await engine.run(prepared, params.variables, context, asJson);
    } catch (error) {
      return fail(context, error);
    }
  }

  /** The result as JSON or, if it is too large, the error that says so. */
  async function encodeWithin(context: NodeContext, result: Result, type: JsonType): Promise<EncodedAnswer> {
    const { res, held } = context;
    const encodeInTurn = async (shown: unknown) => {
      // Those before it may need the room that it would take.
      await untilTurn(res);
      return encodeLarge(shown, maxResponseBytes, held);
    };
    try {
      return await encode(result, type, encodeInTurn);
    } catch (error) {
      return encode({ ...fail(context, error), data: null }, type, encodeInTurn);
    }
  }

  function eventOptions(context: NodeContext): EventOptions {
    const { signal, held, rates } = context;
    return { pingMs, maxBytes: maxResponseBytes, signal, held, rates, fail: (error) => fail(context, error) };
  }

  return async (context) => {
    const { req, res, held, rates } = context;
    const { json, stream, isServed } = readAcceptance(req.headers.accept);
    if (isServed && !json && !stream) return others(context);
    const results = await execute(context, json !== undefined);
    // This status ends EventSource.
    if (!results) return sendAnswer(req, res, { status: 204, headers: {}, body: undefined });
    if (results instanceof ResultStream) return writeEvents(res, results, eventOptions(context));
    rates?.writeTo(res);
    // Most clients read only after they have sent.
    if (!req.complete) await discardRest(req);
    const [error, ...more] = results.errors ?? [];
    if (!json && !stream && error) return refuse(req, res, error, ...more);
    const type = json ?? "application/json";
    const { status, headers, body } = written(results, type) ?? (await encodeWithin(context, results, type));
    if (json) {
      if (typeof body !== "string") return sendPieces(req, res, { status, headers }, body);
      // Owed to the client until it has taken them.
      held.add(body.length);
      return sendAnswer(req, res, { status, headers, body });
    }
    await writeEvents(res, onlyResult(results), { ...eventOptions(context), head: { status, headers } });
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

/** The answer of a result that is JSON already, as most are. */
function written({ json, extensions }: Result, type: JsonType): EncodedAnswer | undefined {
  if (json === undefined || extensions) return undefined;
  return { status: 200, headers: { "content-type": `${type}; charset=utf-8` }, body: json };
}

/** A result as JSON, under the status that it calls for. */
async function encode(
  result: Result,
  type: JsonType,
  encodeRest: (result: unknown) => Promise<LargeJson>,
): Promise<EncodedAnswer> {
  if (!result.errors && !result.extensions) {
    const body = encodeSmall(result) ?? (await encodeRest(result));
    return { status: 200, headers: { "content-type": `${type}; charset=utf-8` }, body };
  }
  const isGraphQLType = type === "application/graphql-response+json";
  const shown = withStatus(result, isGraphQLType);
  const { status, headers } = headOf(shown, isGraphQLType);
  const body =
    result.json ?? (isSmall(shown) ? JSON.stringify(showResult(shown)) : await encodeRest(showResult(shown)));
  return { status, headers: { "content-type": `${type}; charset=utf-8`, ...headers }, body };
}
