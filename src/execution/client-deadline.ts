// Ends an operation's upstream calls when the time that its client gives it is up.
import { setMaxListeners } from "node:events";
import { OpenAIError } from "../openai/client/failures/errors.ts";
import type { Result } from "./result.ts";
import { ResultStream } from "./result-stream.ts";
import { type Run, runOperation } from "./run.ts";

/** Runs the operation, its calls within `timeoutMs`: a stream has as long as a whole answer. Never throws. */
export async function runWithin(timeoutMs: number, run: Run): Promise<Result | ResultStream> {
  const callerSignal = run.context.signal;
  const controller = new AbortController();
  // Each field of an operation listens.
  setMaxListeners(0, controller.signal);
  const follow = () => controller.abort(callerSignal.reason);
  if (callerSignal.aborted) follow();
  callerSignal.addEventListener("abort", follow, { once: true });
  const timer = setTimeout(() => {
    controller.abort(
      new OpenAIError("timeout", `The upstream took longer than ${timeoutMs} ms, the client's own limit.`),
    );
  }, timeoutMs);
  const end = () => {
    clearTimeout(timer);
    callerSignal.removeEventListener("abort", follow);
  };
  const results = await runOperation({ ...run, context: { ...run.context, signal: controller.signal } });
  if (results instanceof ResultStream) return results.whenOver(end);
  end();
  return results;
}
