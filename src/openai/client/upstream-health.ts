// Whether the upstream can be reached at all, judged by real calls. Calls nothing by itself; knows no HTTP.
import type { Attempt } from "./attempt.ts";
import { OpenAIError } from "./failures/errors.ts";

/** This many calls in a row must have failed … */
const MIN_FAILURES = 5;
/** … over this many milliseconds: a restart of the upstream or a burst of calls is not enough. */
const MIN_SPAN_MS = 3_000;
/**
 * After this many milliseconds without a call, the upstream counts as reachable again. A load balancer that learns of a
 * dead upstream sends no more calls, and without calls nothing could show that the upstream is back.
 */
const FORGET_MS = 30_000;

/**
 * How a connection ends once it was made. This is not counted: a caller whose request makes the upstream hang up must not
 * make the upstream look dead.
 */
const HANG_UP = /^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE|HPE_.*)$/;

/** Watches how calls end. Any answer of the upstream, even an error, shows that it is there. */
export class UpstreamHealth {
  readonly #now: () => number;
  readonly #onChange: (isDead: boolean) => void;
  #isReported = false;
  #failures = 0;
  #firstFailureAt = 0;
  #lastFailureAt = 0;

  /**
   * `onChange` is called once the upstream is dead, and once it has answered after that. `now` gives milliseconds from any
   * start.
   */
  constructor(now: () => number = () => performance.now(), onChange: (isDead: boolean) => void = () => {}) {
    this.#now = now;
    this.#onChange = onChange;
  }

  /** Whether the last calls, 5 at least and over 3 s at least, all failed to reach the upstream, the last one within 30 s. */
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
    if (this.#isReported) this.#change(false);
  }

  /** A call did not reach the upstream. */
  failed(): void {
    const now = this.#now();
    if (now - this.#lastFailureAt >= FORGET_MS) this.#failures = 0;
    if (this.#failures === 0) this.#firstFailureAt = now;
    this.#failures++;
    this.#lastFailureAt = now;
    if (!this.#isReported && this.isDead()) this.#change(true);
  }

  #change(isDead: boolean): void {
    this.#isReported = isDead;
    this.#onChange(isDead);
  }

  /** The same calls, watched. Calls that were aborted or timed out prove nothing about the upstream. */
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
