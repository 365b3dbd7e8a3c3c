// The interface to which the guard reports each upstream call. Knows no log, no metrics and no traces.
import type { AttemptObserver } from "../openai/client/attempt.ts";
import type { Endpoint } from "../openai/client/endpoint.ts";

/** Observes one call. None of its functions throws. */
export interface CallObserver extends AttemptObserver {
  /** The call was let through. */
  admitted(): void;
  /** The call was refused with `error` before anything was sent; nothing else follows. */
  refused(error: unknown): void;
  /** A whole answer, or one event of a stream. Not to be kept: it is the caller's. */
  received(answer: unknown): void;
  /** An event of a stream that is as an earlier one but for this text, which it adds. */
  receivedText(text: string): void;
  /** The call is over; without a `failure` the answer came whole. CallerGone: the client left before. */
  ended(failure?: unknown): void;
}

/** Observes calls. */
export interface CallsObserver {
  /** A call is about to be checked; `model` is the one that the caller named, `endUser` the hash of whom it named. */
  beginCall(endpoint: Endpoint, model: string | undefined, endUser?: string): CallObserver;
}
