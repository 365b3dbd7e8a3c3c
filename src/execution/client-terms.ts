// The terms on which a client wants its operation run: within a deadline of its own, and once for all requests with its key.
import { setMaxListeners } from "node:events";
import { type GraphQLError, OperationTypeNode, print } from "graphql";
import { maskErrors } from "../errors/error-limit.ts";
import type { HeldBytes } from "../http/held-bytes.ts";
import { OpenAIError } from "../openai/client/failures/errors.ts";
import { mayHaveCost } from "./replays/kept-answer.ts";
import { createKeyedMutation } from "./replays/keyed-mutation.ts";
import type { Replays } from "./replays/replays.ts";
import type { Result } from "./result.ts";
import { ResultStream } from "./result-stream.ts";
import { type Run, runOperation } from "./run.ts";

/** What a client may ask for; undefined: nothing. */
export interface ClientTerms {
  /** How long the operation's upstream calls may take, in milliseconds. */
  timeoutMs?: number | undefined;
  /** The key under which a mutation is run once. Other operations have none. */
  idempotencyKey?: string | undefined;
  /** What the operation holds. */
  held?: HeldBytes | undefined;
  readonly caller: { readonly key: string };
}

/** Runs the operation on its client's terms. Never throws; errors are as they were thrown. */
export function runOnTerms(
  run: Run,
  terms: ClientTerms,
  { replays, maskError }: { replays: Replays | undefined; maskError(error: unknown): GraphQLError },
): Promise<Result | ResultStream> {
  const { idempotencyKey, timeoutMs } = terms;
  if (replays && idempotencyKey !== undefined && run.prepared.operation.operation === OperationTypeNode.MUTATION)
    return runOnce(idempotencyKey, run, terms, replays, maskError);
  return timeoutMs === undefined ? runOperation(run) : runWithin(timeoutMs, run);
}

/** Runs the mutation, or gives the answer that its key has. */
function runOnce(
  key: string,
  run: Run,
  { caller, held, timeoutMs }: ClientTerms,
  replays: Replays,
  maskError: (error: unknown) => GraphQLError,
): Promise<Result> {
  const { document, operation } = run.prepared;
  const source = document.loc?.source;
  const timeout = timeoutMs === undefined ? undefined : startTimeout(timeoutMs);
  let isRunning = false;
  return replays
    .run({
      ...createKeyedMutation({
        caller: caller.key,
        key,
        document: source?.body ?? print(document),
        operationName: operation.name?.value,
        variables: run.given,
      }),
      caller: caller.key,
      signal: run.context.signal,
      asJson: run.asJson,
      source,
      timeout: timeout?.signal,
      async execute(signal) {
        isRunning = true;
        // A mutation has one result.
        const result = (await runOperation(follow(run, signal))) as Result;
        timeout?.end();
        return { result: maskErrors(result, maskError), isPaid: mayHaveCost(result) };
      },
      holdUntil: (end) => held?.keepUntil(end),
    })
    .catch((error: GraphQLError) => ({ errors: [error] }))
    .finally(() => {
      // A run whose client has gone has its time all the same.
      if (!isRunning) timeout?.end();
    });
}

/** A signal that is aborted with OpenAIError (`timeout`) when the time is up. */
function startTimeout(timeoutMs: number) {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    const problem = `The upstream took longer than ${timeoutMs} ms, the client's own limit.`;
    controller.abort(new OpenAIError("timeout", problem));
  }, timeoutMs);
  return { controller, signal: controller.signal, end: () => clearTimeout(timer) };
}

/** Runs the operation, its calls within `timeoutMs`: a stream has as long as a whole answer. Never throws. */
async function runWithin(timeoutMs: number, run: Run): Promise<Result | ResultStream> {
  const callerSignal = run.context.signal;
  const timeout = startTimeout(timeoutMs);
  // Each field of an operation listens.
  setMaxListeners(0, timeout.signal);
  const leave = () => timeout.controller.abort(callerSignal.reason);
  if (callerSignal.aborted) leave();
  callerSignal.addEventListener("abort", leave, { once: true });
  const end = () => {
    timeout.end();
    callerSignal.removeEventListener("abort", leave);
  };
  const results = await runOperation(follow(run, timeout.signal));
  if (results instanceof ResultStream) return results.whenOver(end);
  end();
  return results;
}

function follow(run: Run, signal: AbortSignal): Run {
  return { ...run, context: { ...run.context, signal } };
}
