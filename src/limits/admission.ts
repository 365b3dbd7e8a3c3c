// What a caller's upstream call must pass before it is made: model, requests, tokens, slots. Knows nothing of its answer.

import { type Caller, isModelAllowed } from "../callers/caller.ts";
import { codedError } from "../errors/codes.ts";
import type { UpstreamRequest } from "../openai/client/attempt.ts";
import { isRecord } from "../openai/client/json.ts";
import type { CallObserver } from "./call-observer.ts";
import { estimateTokens, type TokenEstimate } from "./estimate.ts";
import type { Limits } from "./limits.ts";
import type { Slots } from "./slots.ts";
import { createSpending, type Spending } from "./spending.ts";

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
 * `admit` throws FORBIDDEN, OVERLOADED, RATE_LIMITED, BUDGET_EXCEEDED, or the signal's reason, nothing being taken then;
 * `call` hears of it. `mayRepeat` counts a further attempt like a call.
 */
export function createAdmission(caller: Caller, { slots, limits }: Gate) {
  async function admit(request: UpstreamRequest, signal: AbortSignal, call?: CallObserver): Promise<Admission> {
    let undo = () => {};
    try {
      checkModel(caller, request);
      undo = await limits.takeRequest(caller);
      const estimate = estimateTokens(request);
      const end = await reserve(request, signal, estimate);
      call?.admitted();
      return { spending: createSpending(estimate), end };
    } catch (error) {
      undo();
      call?.refused(error);
      throw error;
    }
  }

  /** Takes tokens and a slot, and yields how to settle them. */
  async function reserve(
    { method }: UpstreamRequest,
    signal: AbortSignal,
    { prompt, output, isCapped }: TokenEstimate,
  ): Promise<Admission["end"]> {
    const atMost = prompt + output;
    const reservation =
      method === "GET"
        ? undefined
        : await limits.reserveTokens(caller, { atLeast: isCapped ? atMost : prompt + 1, atMost });
    try {
      signal.throwIfAborted();
      // Last, so that nobody who waits for Redis, or is refused, holds a slot.
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

function checkModel(caller: Caller, request: UpstreamRequest): void {
  if (mayAsk(caller, request)) return;
  const problem = "The caller may not use this model; `viewer { limits { models } }` lists those it may use.";
  throw codedError("FORBIDDEN", problem);
}

/** Whether the caller may use the model that the request names. */
export function mayAsk(caller: Caller, request: UpstreamRequest): boolean {
  return request.path === "/models" || isModelAllowed(caller, readModel(request));
}

/** The model that a request names. */
export function readModel({ path, json, multipart }: UpstreamRequest): string | undefined {
  const inPath = /^\/models\/(.+)$/.exec(path)?.[1];
  if (inPath) return decodeURIComponent(inPath);
  const model = multipart ? multipart.model : isRecord(json) ? json.model : undefined;
  return typeof model === "string" ? model : undefined;
}
