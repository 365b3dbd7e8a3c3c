// Whether the upstream can be reached at all, judged by real calls. Calls nothing by itself; knows no HTTP.
import type { Attempt } from "./attempt.ts";
import { OpenAIError } from "./errors.ts";

/** As many calls in a row must have failed … */
const MIN_FAILURES = 5;
/** … over as many milliseconds: a restart of the upstream's or a burst of calls says nothing yet. */
const MIN_SPAN_MS = 3_000;
/**
 * After as long without a call nothing is known any more. A load balancer that sees a dead upstream sends no calls, so
 * that none could show that it is back.
 */
const FORGET_MS = 30_000;

/**
 * How a connection ends that was made. A caller whose request makes an upstream hang up must not bring the server into
 * the same discredit as an upstream that is away.
 */
const HANG_UP = /^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE|HPE_.*)$/;

/** Watches how calls end. Any answer of the upstream, even an error, shows that it is there. */
export class UpstreamHealth {
  readonly #now: () => number;
  #failures = 0;
  #firstFailureAt = 0;
  #lastFailureAt = 0;

  /** `now` gives milliseconds from any start. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Whether the last calls, 5 at least and over 3 s at least, all failed to reach it, the last of them in the last 30 s. */
  isDead(): boolean {
    return (
      this.#failures >= MIN_FAILURES &&
      this.#lastFailureAt - this.#firstFailureAt >= MIN_SPAN_MS &&
      this.#now() - this.#lastFailureAt < FORGET_MS
    );
  }

  /** A call was answered. */
  answered(): void {
    this.#failures = 0;
  }

  /** A call did not reach the upstream. */
  failed(): void {
    const now = this.#now();
    if (now - this.#lastFailureAt >= FORGET_MS) this.#failures = 0;
    if (this.#failures === 0) this.#firstFailureAt = now;
    this.#failures++;
    this.#lastFailureAt = now;
  }

  /** The same calls, watched. Those that were aborted or timed out say nothing about the upstream. */
  watch(attempt: Attempt): Attempt {
    return async (...parameters) => {
      try {
        const result = await attempt(...parameters);
        this.answered();
        return result;
      } catch (error) {
        if (error instanceof OpenAIError) this.#note(error);
        throw error;
      }
    };
  }

  #note({ reason, cause }: OpenAIError): void {
    const { code } = (cause ?? {}) as { code?: unknown };
    if (reason === "unavailable") {
      if (!HANG_UP.test(String(code))) this.failed();
    } else if (reason !== "timeout") this.answered();
  }
}
