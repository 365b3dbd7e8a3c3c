// The checks that a caller's upstream call must pass before it is made: model, requests, tokens, slots. Reads no answer.

import { type Caller, isModelAllowed } from "../callers/caller.ts";
import type { HashEndUser } from "../callers/end-user.ts";
import { codedError } from "../errors/codes.ts";
import { modelOf, type TokenEstimate, type UpstreamRequest } from "../openai/client/endpoint.ts";
import { untilNextTurn } from "../openai/client/turns.ts";
import { openFiles } from "../openai/client/uploads/multipart.ts";
import { callerLimits } from "../schema/shared/caller-limits.ts";
import type { CallObserver } from "./call-observer.ts";
import { type NowOrLater, whenThere } from "./counting/counters.ts";
import type { Account, Limits } from "./limits.ts";
import type { Rates } from "./rates.ts";
import type { Reservation } from "./reservations.ts";
import type { Slots } from "./slots.ts";
import { createSpending, NO_SPENDING, type Spending } from "./spending.ts";

/** A prompt of this many tokens takes a few milliseconds to count. */
const LARGE_PROMPT = 200_000;

/** What all callers share. */
export interface Gate {
  slots: Slots;
  limits: Limits;
  /** The fields that cap an answer's length, as far as the upstream is known to obey them. */
  obeyedCaps: ReadonlySet<string>;
  /** Makes of an end user's id what observers learn of it. */
  hashEndUser: HashEndUser;
}

/** What the calls of one caller pass. */
export interface CallerGate extends Omit<Gate, "limits"> {
  account: Account;
}

/** A call that was let through. */
export interface Admission {
  readonly spending: Spending;
  /** Gives the slot back and settles the tokens. Needs no `this`. */
  readonly end: (usedTokens: number) => void;
}

/** A check of a call that is to be made. It throws if the call is refused, and yields a promise if it has to wait. */
type Check = (entry: Entry) => unknown;

/**
 * `admit` throws FORBIDDEN, OVERLOADED, RATE_LIMITED, BUDGET_EXCEEDED, what a file's own `open` throws, or the signal's
 * reason; it then takes nothing, and reports to `call`. Nothing waits, unless for Redis, for files, or for a large prompt to
 * be counted. `mayRepeat` counts a further attempt like a call. `rates` learns how far limits are used up.
 */
export function createAdmission(caller: Caller, { slots, account, obeyedCaps }: CallerGate) {
  const checks: readonly Check[] = [checkModel, takeRequest, estimateTokens, takeTokens, takeSlot, openAllFiles];

  function admit(
    request: UpstreamRequest,
    signal: AbortSignal,
    call?: CallObserver,
    rates?: Rates,
  ): NowOrLater<Admission> {
    const entry = new Entry(request, signal, rates);
    const accept = (): Admission => {
      call?.admitted();
      return { spending: spendingOf(entry, obeyedCaps), end: entry.end };
    };
    const refuse = (error: unknown): never => {
      entry.takeNothing();
      call?.refused(error);
      throw error;
    };
    let checking: Promise<void> | undefined;
    try {
      checking = pass(checks, entry);
    } catch (error) {
      return refuse(error);
    }
    if (!checking) return accept();
    const isOver = rates?.wait();
    return checking.finally(isOver).then(accept, refuse);
  }

  function checkModel({ request }: Entry): void {
    if (mayAsk(caller, request)) return;
    const problem = modelOf(request) === undefined ? "must name a model" : "may not use this model";
    const help = "`viewer { limits { models } }` lists those it may use.";
    throw codedError(callerLimits.models.code, `The caller ${problem}; ${help}`);
  }

  function takeRequest(entry: Entry): unknown {
    return whenThere(account.takeRequest(entry.rates), (undo) => {
      entry.undoRequest = undo;
    });
  }

  function estimateTokens(entry: Entry): unknown {
    const { endpoint } = entry.request;
    if (!endpoint.isPaid) return undefined;
    entry.estimate = endpoint.estimate(entry.request, obeyedCaps);
    // What has been counted is about to be written, which takes as long.
    return entry.estimate.prompt > LARGE_PROMPT ? untilNextTurn() : undefined;
  }

  function takeTokens(entry: Entry): unknown {
    if (!entry.estimate) return undefined;
    return whenThere(account.reserveTokens(boundsOf(entry.estimate), entry.rates), (reservation) => {
      entry.reservation = reservation;
    });
  }

  /** After the tokens, so that no call that waits for Redis, or is refused, holds a slot. */
  function takeSlot(entry: Entry): void {
    entry.signal.throwIfAborted();
    entry.giveSlotBack = slots.take(caller, !entry.request.endpoint.isPaid);
  }

  async function mayRepeat(rates?: Rates): Promise<boolean> {
    try {
      await account.takeRequest(rates);
      return true;
    } catch {
      return false;
    }
  }

  return { admit, mayRepeat };
}

/** A call under check, and what it has taken so far. */
class Entry {
  readonly request: UpstreamRequest;
  readonly signal: AbortSignal;
  readonly rates: Rates | undefined;
  undoRequest: (() => void) | undefined = undefined;
  estimate: TokenEstimate | undefined = undefined;
  reservation: Reservation | undefined = undefined;
  giveSlotBack: (() => void) | undefined = undefined;

  constructor(request: UpstreamRequest, signal: AbortSignal, rates: Rates | undefined) {
    this.request = request;
    this.signal = signal;
    this.rates = rates;
  }

  readonly end = (usedTokens: number): void => {
    this.giveSlotBack?.();
    void this.reservation?.settle(usedTokens);
  };

  takeNothing(): void {
    this.end(0);
    this.undoRequest?.();
  }
}

/** Makes one check after the other, from the one at `place` on; all at once unless one has to wait. */
function pass(checks: readonly Check[], entry: Entry, place = 0): Promise<void> | undefined {
  for (let next = place; next < checks.length; next++) {
    const waiting = checks[next]?.(entry);
    if (waiting instanceof Promise) return waiting.then(() => pass(checks, entry, next + 1));
  }
  return undefined;
}

/** The last check: no file is read for a call that is refused. */
function openAllFiles({ request, signal }: Entry): unknown {
  return request.multipart && openFiles(request.multipart).then(() => signal.throwIfAborted());
}

function spendingOf({ request, estimate }: Entry, obeyedCaps: ReadonlySet<string>): Spending {
  const { endpoint, multipart } = request;
  if (!endpoint.isPaid || !estimate) return NO_SPENDING;
  return createSpending(endpoint, estimate, multipart && (() => endpoint.estimate(request, obeyedCaps)));
}

/**
 * A call without a cap on its output is let through with what is left, if its prompt fits. No call is let through if
 * nothing is left, not even one whose tokens are only known afterwards.
 */
function boundsOf({ prompt, output, isCapped, cap = 0 }: TokenEstimate): { atLeast: number; atMost: number } {
  const atMost = prompt + output;
  return { atLeast: isCapped ? Math.max(1, atMost) : prompt + Math.max(1, cap), atMost };
}

/** Whether the caller may use the model that the request names. Every caller may make a request that cannot name one. */
export function mayAsk(caller: Caller, request: UpstreamRequest): boolean {
  return request.endpoint.modelIn === "nowhere" || isModelAllowed(caller, modelOf(request));
}
