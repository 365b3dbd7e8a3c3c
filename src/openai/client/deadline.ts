// The time one upstream call may take, retries and waits included. Knows no request.
import { OpenAIError } from "./errors.ts";

/**
 * A running deadline: it is over when the time is up (with OpenAIError) or the caller has gone. Not an AbortSignal: one per
 * call costs more than everything else here, and only one thing is under way at a time.
 */
export class Deadline {
  /** Called once, with the reason for which the call is over. Set by the step that is under way. */
  onOver: ((reason: unknown) => void) | undefined;
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
      this.onOver = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.onOver = undefined;
    this.check();
  }

  /** Waits for `step`, or throws the reason as soon as it is over; the step before is told as well. */
  async until(step: Promise<void>): Promise<void> {
    this.check();
    const outer = this.onOver;
    await new Promise<void>((resolve, reject) => {
      this.onOver = (reason) => {
        outer?.(reason);
        reject(reason);
      };
      step.then(resolve, reject);
    }).finally(() => {
      this.onOver = outer;
    });
  }

  /** Ends the call with `reason`. */
  abort(reason: unknown): void {
    if (this.#over) return;
    this.#over = { reason };
    this.onOver?.(reason);
  }

  /** Frees the timer and the listener on the caller's signal. */
  end(): void {
    clearTimeout(this.#timer);
    this.#callerSignal.removeEventListener("abort", this.#follow);
  }
}
