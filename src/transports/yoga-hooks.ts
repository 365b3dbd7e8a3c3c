// What this server adds to Yoga's own handling of HTTP, before an embedder's plugins and after them: how parameters are read,
// what is refused before it costs anything, statuses, the record of the operation, and answers that arrive.
import type { IncomingMessage, ServerResponse } from "node:http";
import { type ExecutionArgs, type ExecutionResult, type GraphQLError, getOperationAST } from "graphql";
import { isAsyncIterable, type Plugin } from "graphql-yoga";
import { limitErrors } from "../errors/error-limit.ts";
import { httpOf, showError } from "../errors/shown-error.ts";
import { withStatus } from "../errors/status.ts";
import type { Engine, OperationContext, OperationParams, Results } from "../execution/engine.ts";
import { ResultStream, sourceOf } from "../execution/result-stream.ts";
import { readAcceptance } from "../http/acceptance.ts";
import { discardRest } from "../http/answer.ts";
import type { HeldBytes } from "../http/held-bytes.ts";
import { leftOf, StreamBytes, tooLarge } from "../http/json-pieces.ts";
import { CallerGone } from "../openai/cancellable.ts";
import type { Source } from "../openai/pull.ts";
import type { NodeContext, ReadParams } from "../request/params.ts";
import { findRefusal } from "./http.ts";
import { EVENT_STREAM } from "./sse.ts";

/** What Yoga is given with each operation: a request over HTTP, or a message over WebSocket. */
export interface FrameContext extends OperationContext {
  req: IncomingMessage;
  res?: ServerResponse;
  /** See NodeContext. */
  held?: HeldBytes;
  message?: {
    params: OperationParams;
    /** Takes the results, which then are not made into a response. */
    take(results: Results): void;
  };
}

/** To come before an embedder's plugins. */
export function useRequests(readParams: ReadParams, describe: Engine["describe"]): Plugin<object, FrameContext> {
  function check({ args, setResultAndStopExecution }: ExecuteHook): void {
    describe(args);
    const { req, message } = args.contextValue as FrameContext;
    const operation = getOperationAST(args.document, args.operationName);
    const refusal = !message && operation && findRefusal(req, operation.operation);
    if (refusal) setResultAndStopExecution({ errors: [refusal] });
  }
  return {
    onRequestParse({ serverContext, setRequestParser }) {
      const { message } = serverContext;
      setRequestParser(
        async () => (message ? message.params : await readParams(serverContext as NodeContext)) as object,
      );
    },
    onParams: ({ params, context }) => (context as Partial<FrameContext>).operation?.nameAs(params.operationName),
    onExecute: check,
    onSubscribe: check,
  };
}

interface ExecuteHook {
  args: ExecutionArgs;
  setResultAndStopExecution(result: ExecutionResult): void;
}

/** To come after an embedder's plugins. */
export function useResponses(
  maskError: (error: unknown) => GraphQLError,
  maxResponseBytes: number,
): Plugin<object, FrameContext> {
  return {
    onExecutionResult({ result, setResult, request }) {
      if (!result || isAsyncIterable(result) || Array.isArray(result)) return;
      const { json } = readAcceptance(request.headers.get("accept"));
      setResult(withStatus(limitErrors(result), json === "application/graphql-response+json"));
    },
    onResultProcess({ result, setResult, resultProcessor, setResultProcessor, serverContext }) {
      if (Array.isArray(result)) return;
      const { message } = serverContext;
      const recorded = recordResults(result, serverContext, { maskError, maxResponseBytes });
      message?.take(recorded);
      if (message) return setResultProcessor((_, { Response }) => new Response(), "application/json");
      // Yoga asks for the first result when the response's turn has come.
      if (recorded instanceof ResultStream) recorded.begin();
      setResult(recorded);
      // Yoga would answer 406 with nothing in it.
      if (!resultProcessor && "errors" in result)
        setResultProcessor((_, { Response }) => createRefusal(result, Response), "application/json");
    },
    async onResponse({ response, serverContext }) {
      const { req, message } = serverContext ?? {};
      if (!req || message) return;
      if (response.headers.get("content-type") === "text/event-stream") {
        for (const [name, value] of Object.entries(EVENT_STREAM)) response.headers.set(name, value);
        // Yoga's "none" is not a content coding.
        response.headers.delete("content-encoding");
      }
      // Most clients read only after they have sent.
      if (req.complete || req.destroyed) return;
      await discardRest(req);
      if (!req.complete) response.headers.set("connection", "close");
    },
  };
}

/** The results, the record learning of each. */
function recordResults(
  results: ExecutionResult | AsyncIterable<ExecutionResult>,
  { operation: record, signal }: FrameContext,
  { maskError, maxResponseBytes }: { maskError: (error: unknown) => GraphQLError; maxResponseBytes: number },
): Results {
  const bytes = new StreamBytes(maxResponseBytes);
  const limit = (result: ExecutionResult): ExecutionResult => {
    const left = leftOf(result, maxResponseBytes);
    try {
      if (left < 0) throw tooLarge(maxResponseBytes);
      bytes.add(maxResponseBytes - left);
      bytes.check();
      return limitErrors(result);
    } catch (error) {
      return { errors: [maskError(error)], data: null };
    }
  };
  const read = (result: ExecutionResult): ExecutionResult => {
    const limited = limit(result);
    if (limited.errors) record?.readResult(limited);
    return limited;
  };
  if (!isAsyncIterable(results)) return read(results);
  record?.beginStream();
  const toFailure = (error: unknown) => read({ errors: [maskError(error)] });
  return new ResultStream(untilCallerLeaves(sourceOf(results), signal), { toResult: read, toFailure });
}

/** The same source, which ends when the caller leaves: Yoga does not learn of it before the response's turn has come. */
function untilCallerLeaves<Value>(source: Source<Value>, signal: AbortSignal): Source<Value> {
  const leave = () => {
    if (signal.reason instanceof CallerGone) source.leave();
  };
  return {
    async run(take) {
      signal.addEventListener("abort", leave);
      if (signal.aborted) leave();
      await source.run(take).finally(() => signal.removeEventListener("abort", leave));
    },
    leave: () => source.leave(),
  };
}

function createRefusal({ errors = [] }: ExecutionResult, Response: typeof globalThis.Response): Response {
  const { status = 406, headers = {} } = errors[0] ? httpOf(errors[0]) : {};
  return Response.json({ errors: errors.map(showError) }, { status, headers });
}
