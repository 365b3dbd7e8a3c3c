// The time one upstream call may take, retries and waits included. Knows no request.
import { setTimeout as sleep } from "node:timers/promises";
import { OpenAIError } from "./errors.ts";

/** A running deadline: its signal is aborted when the time is up (with OpenAIError) or the caller has gone. */
export interface Deadline {
  readonly signal: AbortSignal;
  remainingMs(): number;
  /** Waits, or throws the signal's reason as soon as it is aborted. */
  sleep(delayMs: number): Promise<void>;
  /** Ends the call with `reason`. */
  abort(reason: Error): void;
  /** Frees the timer and the listener on the caller's signal. */
  end(): void;
}

/** Starts a deadline of `totalMs` that also follows `callerSignal`. */
export function startDeadline(totalMs: number, callerSignal: AbortSignal): Deadline {
  const controller = new AbortController();
  const endsAt = performance.now() + totalMs;
  const follow = () => controller.abort(callerSignal.reason);
  const timer = setTimeout(() => {
    controller.abort(new OpenAIError("timeout", `The upstream took longer than ${totalMs} ms in all.`));
  }, totalMs);
  callerSignal.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    remainingMs: () => endsAt - performance.now(),
    async sleep(delayMs) {
      await sleep(delayMs, undefined, { signal: controller.signal }).catch(() => controller.signal.throwIfAborted());
    },
    abort: (reason) => controller.abort(reason),
    end() {
      clearTimeout(timer);
      callerSignal.removeEventListener("abort", follow);
    },
  };
}
