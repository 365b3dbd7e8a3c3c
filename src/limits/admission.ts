// The checks that a caller's upstream call must pass before it is made: model, requests, tokens, slots. Reads no answer.

import { type Caller, isModelAllowed } from "../callers/caller.ts";
import { codedError } from "../errors/codes.ts";
import { modelOf, type TokenEstimate, type UpstreamRequest } from "../openai/client/endpoint.ts";
import { untilNextTurn } from "../openai/turns.ts";
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
}

/** A call that was let through. */
export interface Admission {
  spending: Spending;
  /** Gives the slot back and settles the tokens. */
  end(usedTokens: number): void;
}

/**
 * `admit` throws FORBIDDEN, OVERLOADED, RATE_LIMITED, BUDGET_EXCEEDED, or the signal's reason; it then takes nothing, and
 * reports to `call`. `mayRepeat` counts a further attempt like a call.
 */
export function createAdmission(caller: Caller, { slots, limits }: Gate) {
  async function admit(request: UpstreamRequest, signal: AbortSignal, call?: CallObserver): Promise<Admission> {
    const { endpoint } = request;
    let undo = () => {};
    try {
      checkModel(caller, request);
      undo = await limits.takeRequest(caller);
      const estimate = endpoint.isPaid ? endpoint.estimate(request) : undefined;
      // What has been counted is about to be written, which takes as long.
      if (estimate && estimate.prompt > LARGE_PROMPT) await untilNextTurn();
      const end = await reserve(signal, estimate);
      call?.admitted();
      return { spending: endpoint.isPaid && estimate ? createSpending(endpoint, estimate) : NO_SPENDING, end };
    } catch (error) {
      undo();
      call?.refused(error);
      throw error;
    }
  }

  /** Takes a slot, and tokens for a call that costs any; yields how to settle them. */
  async function reserve(signal: AbortSignal, estimate: TokenEstimate | undefined): Promise<Admission["end"]> {
    const reservation = estimate && (await limits.reserveTokens(caller, boundsOf(estimate)));
    try {
      signal.throwIfAborted();
      // Last, so that no call that waits for Redis, or is refused, holds a slot.
      const release = slots.take();
      return (usedTokens) => {
        release();
        void reservation?.settle(usedTokens);
      };
    } catch (error) {
      void reservation?.settle(0);
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

/** A call without a cap on its output is let through with what is left, if its prompt fits. */
function boundsOf({ prompt, output, isCapped }: TokenEstimate): { atLeast: number; atMost: number } {
  const atMost = prompt + output;
  return { atLeast: isCapped ? atMost : prompt + 1, atMost };
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
