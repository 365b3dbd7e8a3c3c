// Refuses an operation whose answer the client would not accept before it is executed: Yoga finds out afterwards, when
// the upstream has been paid, and answers 406 with nothing in it. Subscriptions: see useEventStream.
import type { ExecutionResult } from "graphql";
import type { Plugin } from "graphql-yoga";
import { requestError } from "../errors/codes.ts";
import { httpOf, showError } from "../errors/shown-error.ts";
import { readAcceptance } from "../http/acceptance.ts";

/** Fails such an operation with 406, and says why in JSON, whatever the client asked for. */
export function useAcceptable(): Plugin {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const request: Request | undefined = args.contextValue.request;
      if (!request || readAcceptance(request.headers.get("accept")).isServed) return;
      const message = "Answers come as application/json, which the request's Accept header leaves out.";
      setResultAndStopExecution({ errors: [requestError("BAD_REQUEST", 406, message)] });
    },
    onResultProcess({ result, resultProcessor, setResultProcessor }) {
      if (!resultProcessor && "errors" in result)
        setResultProcessor((_, { Response }) => createRefusal(result, Response), "application/json");
    },
  };
}

function createRefusal({ errors = [] }: ExecutionResult, Response: typeof globalThis.Response): Response {
  const { status = 406, headers = {} } = errors[0] ? httpOf(errors[0]) : {};
  return Response.json({ errors: errors.map(showError) }, { status, headers });
}
