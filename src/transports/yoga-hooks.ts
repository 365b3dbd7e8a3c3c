// What this server adds to Yoga's own handling of HTTP, before an embedder's plugins and after them: how parameters are read,
// what is refused before it costs anything, statuses, the record of the operation, and answers that arrive.
import { type ExecutionArgs, type ExecutionResult, type GraphQLError, getOperationAST } from "graphql";
import { isAsyncIterable, type Plugin } from "graphql-yoga";
import { limitErrors } from "../errors/error-limit.ts";
import { httpOf, showError } from "../errors/shown-error.ts";
import { withStatus } from "../errors/status.ts";
import type { Results } from "../execution/engine.ts";
import { batchesOf, ResultStream } from "../execution/result-stream.ts";
import { readAcceptance } from "../http/acceptance.ts";
import { readAway } from "../http/read-away.ts";
import type { NodeContext, ReadParams } from "../request/params.ts";
import type { OperationRecord } from "../telemetry/operation-record.ts";
import { findRefusal } from "./http.ts";
import { EVENT_STREAM } from "./sse.ts";

/** To come before an embedder's plugins. */
export function useRequests(readParams: ReadParams): Plugin<object, NodeContext> {
  function check({ args, setResultAndStopExecution }: ExecuteHook): void {
    const { req, res } = args.contextValue as Partial<NodeContext>;
    const operation = getOperationAST(args.document, args.operationName);
    // Over WebSocket there is no response, and nothing to negotiate.
    const refusal = req && res && operation && findRefusal(req, operation.operation);
    if (refusal) setResultAndStopExecution({ errors: [refusal] });
  }
  return {
    onRequestParse({ serverContext, setRequestParser }) {
      setRequestParser(async () => (await readParams(serverContext)) as object);
    },
    onParams: ({ params, context }) => (context as Partial<NodeContext>).operation?.nameAs(params.operationName),
    onExecute: check,
    onSubscribe: check,
  };
}

interface ExecuteHook {
  args: ExecutionArgs;
  setResultAndStopExecution(result: ExecutionResult): void;
}

/** To come after an embedder's plugins. */
export function useResponses(maskError: (error: unknown) => GraphQLError): Plugin<object, NodeContext> {
  return {
    onExecutionResult({ result, setResult, request }) {
      if (!result || isAsyncIterable(result) || Array.isArray(result)) return;
      const { json } = readAcceptance(request.headers.get("accept"));
      setResult(withStatus(limitErrors(result), json === "application/graphql-response+json"));
    },
    onResultProcess({ result, setResult, resultProcessor, setResultProcessor, serverContext: { operation } }) {
      if (Array.isArray(result)) return;
      setResult(recordResults(result, operation, maskError));
      // Yoga would answer 406 with nothing in it.
      if (!resultProcessor && "errors" in result)
        setResultProcessor((_, { Response }) => createRefusal(result, Response), "application/json");
    },
    async onResponse({ response, serverContext }) {
      const req = serverContext?.req;
      if (!req) return;
      if (response.headers.get("content-type") === "text/event-stream") {
        for (const [name, value] of Object.entries(EVENT_STREAM)) response.headers.set(name, value);
        // Yoga's "none" is not a content coding.
        response.headers.delete("content-encoding");
      }
      // Most clients read only after they have sent.
      if (req.complete || req.destroyed) return;
      await readAway(req);
      if (!req.complete) response.headers.set("connection", "close");
    },
  };
}

/** The results, the record learning of each. */
export function recordResults(
  results: ExecutionResult | AsyncIterable<ExecutionResult>,
  record: OperationRecord | undefined,
  maskError: (error: unknown) => GraphQLError,
): Results {
  const read = (result: ExecutionResult): ExecutionResult => {
    const limited = limitErrors(result);
    if (limited.errors) record?.readResult(limited);
    return limited;
  };
  if (!isAsyncIterable(results)) return read(results);
  record?.beginStream();
  const toFailure = (error: unknown) => read({ errors: [maskError(error)] });
  return new ResultStream(batchesOf(results), { toResult: read, toFailure });
}

function createRefusal({ errors = [] }: ExecutionResult, Response: typeof globalThis.Response): Response {
  const { status = 406, headers = {} } = errors[0] ? httpOf(errors[0]) : {};
  return Response.json({ errors: errors.map(showError) }, { status, headers });
}
