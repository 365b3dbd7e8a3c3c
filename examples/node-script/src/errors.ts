// What can go wrong, and what a program does about it: the code of an error says which.
import { GraphQLFailure } from "./server.ts";
import { streamChat } from "./stream.ts";

/** Has an answer fail in each of three ways, and prints what came of it. */
export async function errors(): Promise<void> {
  for (const model of ["sandbox-cut", "sandbox-rate-limit", "no-such-model"]) {
    let text = "";
    try {
      for await (const piece of streamChat(model, "Hello!")) text += piece;
    } catch (error) {
      console.log(`${model}: ${advise(error)}${text && `\n  What came before: ${text}`}`);
    }
  }
}

function advise(error: unknown): string {
  if (!(error instanceof GraphQLFailure)) return `No answer at all: ${error}`;
  switch (error.code) {
    case "RATE_LIMITED":
    case "BUDGET_EXCEEDED":
    case "OVERLOADED":
    case "UPSTREAM_RATE_LIMITED":
      return `${error.code}: wait ${error.retryAfterMs ?? 1000} ms, then try again.`;
    case "UPSTREAM_INTERRUPTED":
      return `${error.code}: the answer is not whole. Trying again is a new call.`;
    default:
      return `${error.code}: ${error.message}`;
  }
}
