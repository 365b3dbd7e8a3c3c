// What an operation knows of its caller's limits from its own calls, for the headers by which clients of OpenAI's API pace
// themselves: nothing is asked for it. https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
import type { ServerResponse } from "node:http";

/** How far one limit is used up. */
export interface Standing {
  readonly limit: number;
  /** Below 0: more was used than there was. */
  readonly remaining: number;
  /** When the window ends, in milliseconds since 1970. */
  readonly resetAt: number;
}

/** One operation's standing, after its last admitted or refused call. */
export class Rates {
  #waiting = 0;
  #requests: Standing | undefined;
  #tokens: Standing | undefined;
  /** What calls have used beside what they had reserved when `#tokens` was noted. */
  #correction = 0;

  /** Whether a call is being checked that is not admitted yet: what is known is about to change. */
  get isAwaited(): boolean {
    return this.#waiting > 0;
  }

  /** A call's checks have to wait; the function is to be called when they are over. */
  wait(): () => void {
    this.#waiting++;
    return () => {
      this.#waiting--;
    };
  }

  /** A further call is about to be counted. */
  beginRequests(): void {
    this.#requests = undefined;
  }

  /** Of the several limits of a call, the one with the least left counts. */
  noteRequests(standing: Standing): void {
    if (!this.#requests || standing.remaining < this.#requests.remaining) this.#requests = standing;
  }

  /** How far the tightest limit of tokens is used up, with those reserved taken as used. */
  noteTokens(standing: Standing): void {
    this.#tokens = standing;
    this.#correction = 0;
  }

  /** A call has ended that has used so many tokens more than it had reserved; below 0: fewer. */
  settle(difference: number): void {
    this.#correction += difference;
  }

  /** Sets the headers, those of limits that have been checked. Its head must not have been sent. */
  writeTo(res: ServerResponse): void {
    if (this.#requests) write(res, "requests", this.#requests, 0);
    if (this.#tokens) write(res, "tokens", this.#tokens, this.#correction);
  }
}

function write(res: ServerResponse, unit: string, { limit, remaining, resetAt }: Standing, correction: number): void {
  const left = Math.min(limit, Math.max(0, remaining - correction));
  res.setHeader(`x-ratelimit-limit-${unit}`, String(limit));
  res.setHeader(`x-ratelimit-remaining-${unit}`, String(left));
  res.setHeader(`x-ratelimit-reset-${unit}`, describeTime(resetAt - Date.now()));
}

/** As Go writes durations, and so OpenAI: `350ms`, `1s`, `6m0s`, `23h59m59s`. Seconds are rounded up. */
export function describeTime(milliseconds: number): string {
  if (milliseconds <= 0) return "0s";
  if (milliseconds <= 999) return `${Math.ceil(milliseconds)}ms`;
  const seconds = Math.ceil(milliseconds / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds}s`;
  const rest = `${minutes % 60}m${seconds % 60}s`;
  return minutes < 60 ? rest : `${Math.floor(minutes / 60)}h${rest}`;
}
