// The record of one upstream call: its endpoint, its attempts, how many tokens and how fast. Keeps no text.

import { isRecord } from "../json/json.ts";
import type { CallObserver } from "../limits/call-observer.ts";
import { CallerGone } from "../openai/cancellable.ts";
import type { Endpoint } from "../openai/client/endpoint.ts";
import { describeCause } from "../openai/client/failures/cause.ts";
import { OpenAIError } from "../openai/client/failures/errors.ts";
import { outcomeOf } from "./outcome.ts";

/** `gen_ai.provider.name`: every upstream speaks OpenAI's API. */
export const PROVIDER = "openai";

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

/** What a call reports to. */
export interface CallListener {
  /** Yields headers to send with the attempt. */
  attemptBegins(attempt: UpstreamAttempt, call: UpstreamCall): Readonly<Record<string, string>> | undefined;
  callEnds(): void;
}

/** Longest model name that is kept, in characters. */
const MAX_MODEL_LENGTH = 128;

/** Filled as the call goes. */
export class UpstreamCall implements CallObserver {
  readonly endpoint: Endpoint;
  /** The model that the caller asked for. */
  readonly model: string | undefined;
  /** The hash of the end user whom the caller named. Undefined: nobody. */
  readonly endUser: string | undefined;
  readonly attempts: UpstreamAttempt[] = [];
  /** What the limiter decided: `ADMITTED`, or the code of its refusal. Undefined: the client left before. */
  decision: string | undefined;
  /** The model that answered, as the upstream names it. */
  responseModel: string | undefined;
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  readonly startedAt = performance.now();
  /** When a stream's first output came. */
  firstTokenAt: number | undefined;
  endedAt: number | undefined;
  /** An HTTP status, a reason of OpenAIError's, a code, or `aborted`. Undefined: the answer came whole. */
  failure: string | undefined;
  /** More of a failure, for the log alone: see describeCause. */
  cause: string | undefined;
  readonly #listener: CallListener;
  #isStream = false;

  constructor(endpoint: Endpoint, model: string | undefined, listener: CallListener, endUser?: string) {
    this.endpoint = endpoint;
    this.model = model?.slice(0, MAX_MODEL_LENGTH);
    this.#listener = listener;
    this.endUser = endUser;
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
    this.#endAttempt(describeFailure(failure), performance.now());
  }

  received(answer: unknown): void {
    const { endpoint } = this;
    if (!endpoint.isPaid) return;
    if (this.#isStream && this.firstTokenAt === undefined && endpoint.hasOutput(answer))
      this.firstTokenAt = performance.now();
    if (this.responseModel === undefined && isRecord(answer) && typeof answer.model === "string")
      this.responseModel = answer.model.slice(0, MAX_MODEL_LENGTH);
    const usage = endpoint.readUsage(answer);
    if (!usage) return;
    this.inputTokens = usage.input ?? this.inputTokens;
    this.outputTokens = usage.output ?? this.outputTokens;
  }

  receivedText(text: string): void {
    if (this.#isStream && text !== "") this.firstTokenAt ??= performance.now();
  }

  ended(failure?: unknown): void {
    if (this.endedAt !== undefined) return;
    this.failure = failure === undefined ? undefined : describeFailure(failure);
    this.cause = failure instanceof OpenAIError ? describeCause(failure) : undefined;
    const now = performance.now();
    this.#endAttempt(this.failure, now);
    this.endedAt = now;
    this.#listener.callEnds();
  }

  #endAttempt(failure: string | undefined, now: number): void {
    const attempt = this.attempts.at(-1);
    if (!attempt || attempt.endedAt > 0) return;
    attempt.endedAt = now;
    attempt.failure = failure;
  }
}

function isAborted(error: unknown): boolean {
  return error instanceof CallerGone;
}

function describeFailure(error: unknown): string {
  if (isAborted(error)) return "aborted";
  if (!(error instanceof OpenAIError)) return outcomeOf(error as { extensions?: Record<string, unknown> });
  // It becomes a label of metrics: an upstream can invent fractions.
  return error.reason === "status" ? String(Math.trunc(error.details.status ?? 0)) : error.reason;
}
