// The tokens that one call has spent: what the upstream reports, or if it reports nothing, an estimate.
import type { PaidEndpoint, TokenEstimate } from "../openai/client/endpoint.ts";

/** Estimated tokens per millisecond and choice while nothing arrives. Faster than OpenAI's models write. */
const TOKENS_PER_MS = 0.25;

/** The tokens of one call, as they become known; whole numbers. */
export interface Spending {
  /** The tokens of a whole answer. */
  ofAnswer(answer: unknown): number;
  /** Takes note of an event of a stream. */
  addEvent(event: unknown): void;
  /** The tokens of a stream that came whole. */
  ofStream(): number;
  /** Of a call that either side gave up, and that may go on upstream. Never more than was estimated for it. */
  soFar(): number;
}

/** The spending of a call to an endpoint that costs nothing. */
export const NO_SPENDING: Spending = {
  ofAnswer: () => 0,
  addEvent() {},
  ofStream: () => 0,
  soFar: () => 0,
};

/** Begins to count the time. */
export function createSpending(endpoint: PaidEndpoint, { prompt, output, choices }: TokenEstimate): Spending {
  const startedAt = performance.now();
  let reported = 0;
  let written = 0;
  let firstWordAt: number | undefined;
  return {
    ofAnswer: (answer) => endpoint.readUsage(answer)?.total || prompt + (endpoint.countOutput(answer) ?? output),
    addEvent(event) {
      reported = endpoint.readUsage(event)?.total || reported;
      written += endpoint.countOutput(event) ?? 0;
      if (written > 0) firstWordAt ??= performance.now();
    },
    ofStream: () => reported || prompt + written,
    soFar() {
      // Before the first word a model may think, unseen; then what is written is seen.
      const silentMs = (firstWordAt ?? performance.now()) - startedAt;
      const unseen = Math.ceil(silentMs * TOKENS_PER_MS * choices);
      return Math.max(reported, Math.min(prompt + output, prompt + unseen + written));
    },
  };
}
