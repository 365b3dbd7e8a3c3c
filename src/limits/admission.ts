// The checks that a caller's upstream call must pass before it is made: model, requests, tokens, slots. Reads no answer.

import { type Caller, isModelAllowed } from "../callers/caller.ts";
import { codedError } from "../errors/codes.ts";
import { modelOf, type TokenEstimate, type UpstreamRequest } from "../openai/client/endpoint.ts";
import { openFiles } from "../openai/client/multipart.ts";
import { untilNextTurn } from "../openai/client/turns.ts";
import { callerLimits } from "../schema/shared/caller-limits.ts";
import type { CallObserver } from "./call-observer.ts";
import type { Limits } from "./limits.ts";
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
}

/** A call that was let through. */
export interface Admission {
  spending: Spending;
  /** Gives the slot back and settles the tokens. */
  end(usedTokens: number): void;
}

/**
 * `admit` throws FORBIDDEN, OVERLOADED, RATE_LIMITED, BUDGET_EXCEEDED, what a file's own `open` throws, or the signal's
 * reason; it then takes nothing, and reports to `call`. `mayRepeat` counts a further attempt like a call.
 */
export function createAdmission(caller: Caller, { slots, limits, obeyedCaps }: Gate) {
  async function admit(request: UpstreamRequest, signal: AbortSignal, call?: CallObserver): Promise<Admission> {
    const { endpoint } = request;
    let undo = () => {};
    try {
      checkModel(caller, request);
      undo = await limits.takeRequest(caller);
      const estimate = endpoint.isPaid ? endpoint.estimate(request, obeyedCaps) : undefined;
      // What has been counted is about to be written, which takes as long.
      if (estimate && estimate.prompt > LARGE_PROMPT) await untilNextTurn();
      const end = await reserve(request, signal, estimate);
      call?.admitted();
      return { spending: endpoint.isPaid && estimate ? createSpending(endpoint, estimate) : NO_SPENDING, end };
    } catch (error) {
      undo();
      call?.refused(error);
      throw error;
    }
  }

  /** Takes tokens for a call that costs any, a slot, and the beginnings of its files; yields how to settle them. */
  async function reserve(
    request: UpstreamRequest,
    signal: AbortSignal,
    estimate: TokenEstimate | undefined,
  ): Promise<Admission["end"]> {
    const reservation = estimate && (await limits.reserveTokens(caller, boundsOf(estimate)));
    let release = () => {};
    const end = (usedTokens: number) => {
      release();
      void reservation?.settle(usedTokens);
    };
    try {
      signal.throwIfAborted();
      // After the tokens, so that no call that waits for Redis, or is refused, holds a slot.
      release = slots.take(caller, !request.endpoint.isPaid);
      // No file is read for a call that is refused.
      if (request.multipart) await openFiles(request.multipart);
      signal.throwIfAborted();
      return end;
    } catch (error) {
      end(0);
      throw error;
    }
  }

  async function mayRepeat(): Promise<boolean> {
    try {
      await limits.takeRequest(caller);
      return true;
    } catch {
      return false;
    }
  }

  return { admit, mayRepeat };
}

/**
 * A call without a cap on its output is let through with what is left, if its prompt fits. No call is let through if
 * nothing is left, not even one whose tokens are only known afterwards.
 */
function boundsOf({ prompt, output, isCapped, cap = 0 }: TokenEstimate): { atLeast: number; atMost: number } {
  const atMost = prompt + output;
  return { atLeast: isCapped ? Math.max(1, atMost) : prompt + Math.max(1, cap), atMost };
}

function checkModel(caller: Caller, request: UpstreamRequest): void {
  if (mayAsk(caller, request)) return;
  const problem = "The caller may not use this model; `viewer { limits { models } }` lists those it may use.";
  throw codedError(callerLimits.models.code, problem);
}

/** Whether the caller may use the model that the request names. Every caller may make a request that cannot name one. */
export function mayAsk(caller: Caller, request: UpstreamRequest): boolean {
  return request.endpoint.modelIn === "nowhere" || isModelAllowed(caller, modelOf(request));
}
