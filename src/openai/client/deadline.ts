// The time one upstream call may take, retries and waits included. Knows no request.
import { OpenAIError } from "./failures/errors.ts";

/** What is under way within a deadline. */
export interface Step {
  /** Whether the upstream cannot have worked on the call by now. Absent: it may have. */
  readonly sending?: { readonly isUnsent: boolean };
  /** Ends it: the call is over, for `reason`. */
  leave(reason: unknown): void;
}

/** Less than this is no time left: Node's timers count whole milliseconds. */
const TICK_MS = 1;

/** The deadlines that follow a caller's signal. A listener for each of them would cost more than all else here. */
const FOLLOWERS = Symbol("the deadlines that follow the signal");

interface FollowedSignal extends AbortSignal {
  [FOLLOWERS]?: Set<Deadline>;
}

function followersOf(signal: FollowedSignal): Set<Deadline> {
  const known = signal[FOLLOWERS];
  if (known) return known;
  const followers = new Set<Deadline>();
  signal[FOLLOWERS] = followers;
  const abortAll = () => {
    for (const deadline of followers) deadline.abort(signal.reason);
  };
  signal.addEventListener("abort", abortAll, { once: true });
  return followers;
}

/** The deadlines of calls that may all take as long. They are up in the order in which they start: one timer serves all. */
export class Deadlines {
  readonly #totalMs: number;
  readonly #running = new Set<Deadline>();
  #timer: NodeJS.Timeout | undefined;

  constructor(totalMs: number) {
    this.#totalMs = totalMs;
  }

  /** Starts one that also follows `callerSignal`. It is to be ended. */
  start(callerSignal: AbortSignal): Deadline {
    const deadline = new Deadline(performance.now() + this.#totalMs, callerSignal, this.#running);
    this.#wait(this.#totalMs);
    return deadline;
  }

  #wait(delayMs: number): void {
    this.#timer ??= setTimeout(this.#look, delayMs).unref();
  }

  readonly #look = () => {
    this.#timer = undefined;
    for (const deadline of this.#running) {
      const restMs = deadline.remainingMs();
      if (restMs > TICK_MS) return this.#wait(restMs);
      this.#running.delete(deadline);
      deadline.abort(new OpenAIError("timeout", `The upstream took longer than ${this.#totalMs} ms in all.`));
    }
  };
}

/**
 * A running deadline: it is over when the time is up (with OpenAIError) or the caller has gone. Not an AbortSignal: one per
 * call costs more than everything else here, and only one thing is under way at a time.
 */
export class Deadline {
  /** Left once the call is over. Set by what is under way. */
  step: Step | undefined;
  readonly #endsAt: number;
  readonly #followers: Set<Deadline>;
  readonly #running: Set<Deadline>;
  #over: { readonly reason: unknown } | undefined;

  /** See Deadlines. `endsAt` is performance.now()'s; `running` are those that have not ended. */
  constructor(endsAt: number, callerSignal: AbortSignal, running: Set<Deadline>) {
    this.#endsAt = endsAt;
    this.#followers = followersOf(callerSignal);
    this.#followers.add(this);
    this.#running = running;
    running.add(this);
    if (callerSignal.aborted) this.abort(callerSignal.reason);
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

  /** Waits before another attempt, or throws the reason as soon as it is over. `isUnsent`: as of a step. */
  async sleep(delayMs: number, isUnsent = false): Promise<void> {
    this.check();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.step = {
        sending: { isUnsent },
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

  /** Ends the call with `reason`. An OpenAIError then says whether the upstream cannot have worked on the call. */
  abort(reason: unknown): void {
    if (this.#over) return;
    const isUntouched = this.step?.sending?.isUnsent === true;
    const told = isUntouched && reason instanceof OpenAIError ? reason.with({ isUntouched }) : reason;
    this.#over = { reason: told };
    this.step?.leave(told);
  }

  /** Follows nothing any more. */
  end(): void {
    this.#running.delete(this);
    this.#followers.delete(this);
  }
}
