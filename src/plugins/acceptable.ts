// Refuses an operation whose answer the client would not accept before it is executed: Yoga finds out afterwards, when
// the upstream has been paid, and answers 406 with nothing in it. Subscriptions: see useEventStream.
import type { ExecutionResult } from "graphql";
import type { Plugin } from "graphql-yoga";
import { requestError } from "./errors.ts";

/** What queries and mutations can be answered with. */
const SERVED = ["application/graphql-response+json", "application/json", "multipart/mixed", "text/event-stream"];

/** Fails such an operation with 406, and says why in JSON, whatever the client asked for. */
export function useAcceptable(): Plugin {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const request: Request | undefined = args.contextValue.request;
      if (!request || accepts(request.headers.get("accept") || "*/*")) return;
      const message = "Answers come as application/json, which the request's Accept header leaves out.";
      setResultAndStopExecution({ errors: [requestError("BAD_REQUEST", 406, message)] });
    },
    onResultProcess({ result, resultProcessor, setResultProcessor }) {
      if (!resultProcessor && "errors" in result)
        setResultProcessor((_, { Response }) => createRefusal(result, Response), "application/json");
    },
  };
}

function accepts(header: string): boolean {
  const ranges = header.split(",").map((range) => range.split(";")[0]?.trim().toLowerCase());
  return SERVED.some((type) => ranges.some((range) => [type, type.replace(/\/.*/, "/*"), "*/*"].includes(range ?? "")));
}

function createRefusal({ errors = [] }: ExecutionResult, Response: typeof globalThis.Response): Response {
  const http = (errors[0]?.extensions.http ?? {}) as { status?: number; headers?: Record<string, string> };
  const shown = errors.map((error) => {
    const { extensions: { http: _, ...extensions } = {}, ...formatted } = error.toJSON();
    return { ...formatted, extensions };
  });
  return Response.json({ errors: shown }, { status: http.status ?? 406, headers: http.headers ?? {} });
}
