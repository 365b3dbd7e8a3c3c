// GraphQL over HTTP between node:http and Yoga's getResultForParams: every hook of every plugin runs, and Yoga's Request,
// Response and streams, which cost several times what the rest of a request does, are left out. What only they serve
// (multipart/mixed, and what cannot be answered) takes Yoga's own way.
import type { ExecutionResult } from "graphql";
import { processRegularResult, type YogaServerInstance } from "graphql-yoga";
import type { createMaskError } from "../errors/mask.ts";
import { createBatches } from "../execution/batches.ts";
import { readAcceptance } from "../http/acceptance.ts";
import { discardRest, sendAnswer } from "../http/answer.ts";
import type { NodeContext, ReadParams } from "../request/params.ts";
import { EVENT_STREAM, writeEvents } from "./sse.ts";

export interface HttpTransportOptions {
  readParams: ReadParams;
  maskError: ReturnType<typeof createMaskError>;
  /** Time between comments in an event stream, in milliseconds. */
  pingMs: number;
}

type Yoga = YogaServerInstance<NodeContext, object>;

/** Answers one request, and resolves when there is no more to send or nobody to send it to. */
export function createHttpTransport(
  yoga: Yoga,
  { readParams, maskError, pingMs }: HttpTransportOptions,
): (context: NodeContext) => Promise<void> {
  const { getResultForParams, fetchAPI } = yoga;

  async function execute(context: NodeContext): Promise<ExecutionResult | AsyncIterable<ExecutionResult>> {
    try {
      const params = await readParams(context);
      // What the hooks read of a request.
      const { method, headers } = context.req;
      const request = { method, headers: { get: (name: string) => headers[name] ?? null } } as unknown as Request;
      return (await getResultForParams({ params, request }, context as Parameters<typeof getResultForParams>[1])) ?? {};
    } catch (error) {
      return { errors: [maskError(error)] };
    }
  }

  return async (context) => {
    const { req, res, signal, operation } = context;
    const { json, stream } = readAcceptance(req.headers.accept);
    if (!(json || stream)) return void (await yoga(req, res, context));
    const result = await execute(context);
    if (Symbol.asyncIterator in result) {
      res.writeHead(200, EVENT_STREAM);
      await writeEvents(res, createBatches(context.results ?? result, maskError, operation), pingMs, signal);
      return;
    }
    operation?.readResult(result);
    // Most clients read only after they have sent.
    if (!req.complete) await discardRest(req);
    if (json && !result.errors && !result.extensions) {
      const headers = { "content-type": `${json}; charset=utf-8` };
      sendAnswer(req, res, { status: 200, headers, body: JSON.stringify(result) });
      return;
    }
    // What errors say of status and headers is read by Yoga.
    const response = processRegularResult(result, fetchAPI, json ?? "application/json");
    const { "content-length": _, ...headers } = Object.fromEntries(response.headers);
    if (json) sendAnswer(req, res, { status: response.status, headers, body: await response.text() });
    else {
      res.writeHead(response.status, { ...headers, ...EVENT_STREAM });
      await writeEvents(res, createBatches([result], maskError), pingMs, signal);
    }
  };
}
