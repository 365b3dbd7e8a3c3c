// What a caller's upstream call must pass before it is made: model, requests, tokens, slots. Knows nothing of its answer.
import type { UpstreamRequest } from "../openai/attempt.ts";
import { isRecord } from "../openai/json.ts";
import { codedError } from "../schema/errors.ts";
import { type Caller, isModelAllowed } from "./caller.ts";
import type { Limits } from "./limits.ts";
import type { Slots } from "./slots.ts";
import { createSpending, type Spending } from "./spending.ts";
import { estimateTokens } from "./tokens.ts";

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

/** `admit` throws FORBIDDEN, OVERLOADED, RATE_LIMITED, BUDGET_EXCEEDED, or the signal's reason, nothing being taken then. */
export function createAdmission(caller: Caller, { slots, limits }: Gate) {
  async function admit(request: UpstreamRequest, signal: AbortSignal): Promise<Admission> {
    checkModel(caller, request);
    const undo = await limits.takeRequest(caller);
    const estimate = estimateTokens(request);
    const atMost = estimate.prompt + estimate.output;
    const atLeast = estimate.isCapped ? atMost : estimate.prompt + 1;
    let release = () => {};
    try {
      const isFree = request.method === "GET";
      const reservation = isFree ? undefined : await limits.reserveTokens(caller, { atLeast, atMost });
      const end = (usedTokens: number) => {
        release();
        void reservation?.settle(usedTokens);
      };
      try {
        signal.throwIfAborted();
        // Last, so that nobody who waits for Redis, or is refused, holds a slot.
        release = slots.take();
      } catch (error) {
        end(0);
        throw error;
      }
      return { spending: createSpending(estimate), end };
    } catch (error) {
      undo();
      throw error;
    }
  }

  /** A repeated call counts like the first one. */
  async function mayRepeat(): Promise<boolean> {
    return limits.takeRequest(caller).then(
      () => true,
      () => false,
    );
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
