// The time one upstream call may take, retries and waits included. Knows no request.
import { OpenAIError } from "./errors.ts";

/** What is under way within a deadline. */
export interface Step {
  /** Ends it: the call is over, for `reason`. */
  leave(reason: unknown): void;
}

/**
 * A running deadline: it is over when the time is up (with OpenAIError) or the caller has gone. Not an AbortSignal: one per
 * call costs more than everything else here, and only one thing is under way at a time.
 */
export class Deadline {
  /** Left once the call is over. Set by what is under way. */
  step: Step | undefined;
  readonly #callerSignal: AbortSignal;
  readonly #endsAt: number;
  readonly #timer: NodeJS.Timeout;
  #over: { readonly reason: unknown } | undefined;
  readonly #follow = () => this.abort(this.#callerSignal.reason);

  /** Starts a deadline of `totalMs` that also follows `callerSignal`. */
  constructor(totalMs: number, callerSignal: AbortSignal) {
    this.#callerSignal = callerSignal;
    this.#endsAt = performance.now() + totalMs;
    this.#timer = setTimeout(() => {
      this.abort(new OpenAIError("timeout", `The upstream took longer than ${totalMs} ms in all.`));
    }, totalMs);
    callerSignal.addEventListener("abort", this.#follow, { once: true });
    if (callerSignal.aborted) this.#follow();
  }

  /** Why the call is over. Undefined: it is not. */
  get over(): { readonly reason: unknown } | undefined {
    return this.#over;
  }

  /** Throws the reason if it is over. */
  check(): void {
    if (this.#over) throw this.#over.reason;
  }

  remainingMs(): number {
    return this.#endsAt - performance.now();
  }

  /** Waits, or throws the reason as soon as it is over. */
  async sleep(delayMs: number): Promise<void> {
    this.check();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.step = {
        leave() {
          clearTimeout(timer);
          resolve();
        },
      };
    });
    this.step = undefined;
    this.check();
  }

  /** Waits for `wait`, or throws the reason as soon as it is over; the step before is left as well. */
  async until(wait: Promise<void>): Promise<void> {
    this.check();
    const outer = this.step;
    await new Promise<void>((resolve, reject) => {
      this.step = {
        leave(reason) {
          outer?.leave(reason);
          reject(reason);
        },
      };
      wait.then(resolve, reject);
    }).finally(() => {
      this.step = outer;
    });
  }

  /** Ends the call with `reason`. */
  abort(reason: unknown): void {
    if (this.#over) return;
    this.#over = { reason };
    this.step?.leave(reason);
  }

  /** Frees the timer and the listener on the caller's signal. */
  end(): void {
    clearTimeout(this.#timer);
    this.#callerSignal.removeEventListener("abort", this.#follow);
  }
}
