// What is known of one upstream call: where to, which attempts, how many tokens, how fast. Keeps nothing of what was said.
import type { CallObserver } from "../limits/call-observer.ts";
import { CallerGone } from "../openai/cancellable.ts";
import { OpenAIError } from "../openai/client/errors.ts";
import { isRecord } from "../openai/client/json.ts";
import { hasOutput, readTokens } from "./answer-facts.ts";
import { outcomeOf } from "./outcome.ts";

/** One sending of a request. Times are performance.now()'s, in milliseconds. */
export interface UpstreamAttempt {
  readonly startedAt: number;
  endedAt: number;
  /** The HTTP status. Undefined: no answer came. */
  status: number | undefined;
  /** The upstream's `x-request-id`. */
  requestId: string | undefined;
  /** See UpstreamCall.failure. */
  failure: string | undefined;
}

/** Whom a call tells of itself. */
export interface CallListener {
  /** Yields headers to send with the attempt. */
  attemptBegins(attempt: UpstreamAttempt, call: UpstreamCall): Readonly<Record<string, string>> | undefined;
  callEnds(): void;
}

/** Longest model name that is kept, in characters. */
const MAX_MODEL_LENGTH = 128;

/** Filled as the call goes. */
export class UpstreamCall implements CallObserver {
  readonly method: string;
  /** Below the API's root, `{model}` standing for a model's name. */
  readonly path: string;
  /** The model that the caller asked for. */
  readonly model: string | undefined;
  readonly attempts: UpstreamAttempt[] = [];
  /** What the limiter said: `ADMITTED`, or the code of its refusal. Undefined: the client left before. */
  decision: string | undefined;
  /** The model that answered, in the upstream's words. */
  responseModel: string | undefined;
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  readonly startedAt = performance.now();
  /** When a stream's first words came. */
  firstTokenAt: number | undefined;
  endedAt: number | undefined;
  /** An HTTP status, a reason of OpenAIError's, a code, or `aborted`. Undefined: the answer came whole. */
  failure: string | undefined;
  readonly #listener: CallListener;
  #isStream = false;

  constructor(method: string, path: string, model: string | undefined, listener: CallListener) {
    this.method = method;
    this.path = path.startsWith("/models/") ? "/models/{model}" : path;
    this.model = model?.slice(0, MAX_MODEL_LENGTH);
    this.#listener = listener;
  }

  admitted(): void {
    this.decision = "ADMITTED";
  }

  refused(error: unknown): void {
    if (!isAborted(error)) this.decision = outcomeOf(error as { extensions?: Record<string, unknown> });
    this.ended(error);
  }

  attemptBegins(): Readonly<Record<string, string>> | undefined {
    const attempt = {
      startedAt: performance.now(),
      endedAt: 0,
      status: undefined,
      requestId: undefined,
      failure: undefined,
    };
    this.attempts.push(attempt);
    return this.#listener.attemptBegins(attempt, this);
  }

  answerBegins(status: number, requestId: string | undefined, isStream: boolean): void {
    this.#isStream = isStream;
    const attempt = this.attempts.at(-1);
    if (!attempt) return;
    attempt.status = status;
    attempt.requestId = requestId;
  }

  attemptFails(failure: unknown): void {
    this.#endAttempt(describeFailure(failure));
  }

  received(answer: unknown): void {
    if (!isRecord(answer)) return;
    if (this.#isStream && this.firstTokenAt === undefined && hasOutput(answer)) this.firstTokenAt = performance.now();
    if (this.responseModel === undefined && typeof answer.model === "string")
      this.responseModel = answer.model.slice(0, MAX_MODEL_LENGTH);
    if (!isRecord(answer.usage)) return;
    const { input, output } = readTokens(answer.usage);
    this.inputTokens = input ?? this.inputTokens;
    this.outputTokens = output ?? this.outputTokens;
  }

  ended(failure?: unknown): void {
    if (this.endedAt !== undefined) return;
    this.failure = failure === undefined ? undefined : describeFailure(failure);
    this.#endAttempt(this.failure);
    this.endedAt = performance.now();
    this.#listener.callEnds();
  }

  #endAttempt(failure: string | undefined): void {
    const attempt = this.attempts.at(-1);
    if (!attempt || attempt.endedAt > 0) return;
    attempt.endedAt = performance.now();
    attempt.failure = failure;
  }
}

function isAborted(error: unknown): boolean {
  return error instanceof CallerGone;
}

function describeFailure(error: unknown): string {
  if (isAborted(error)) return "aborted";
  if (!(error instanceof OpenAIError)) return outcomeOf(error as { extensions?: Record<string, unknown> });
  return error.reason === "status" ? String(error.details.status) : error.reason;
}
