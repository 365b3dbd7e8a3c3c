// What one call has spent: what the upstream reports, or where it does not, what it must be taken to have spent.
import { isRecord } from "../openai/client/json.ts";
import { countSaid, type TokenEstimate } from "./estimate.ts";

/** Faster than OpenAI's models write, a choice: what may have been written unseen while nothing came. */
const TOKENS_PER_MS = 0.25;

/** The tokens of one call, as they become known; whole numbers. */
export interface Spending {
  /** Of a whole answer. Images whose tokens nobody tells cost what was estimated. */
  ofAnswer(answer: unknown, isImages: boolean): number;
  /** Takes note of an event of a stream. */
  addEvent(event: unknown): void;
  /** Of a stream that came whole. */
  ofStream(): number;
  /** Of a call that was given up, by whomever, and may go on upstream. Never more than was estimated for it. */
  soFar(): number;
}

/** Begins to count the time. */
export function createSpending({ prompt, output, choices }: TokenEstimate): Spending {
  const startedAt = performance.now();
  let reported = 0;
  let written = 0;
  let firstWordAt: number | undefined;
  return {
    ofAnswer: (answer, isImages) => readTokens(answer) || prompt + (isImages ? output : countOutput(answer)),
    addEvent(event) {
      reported = readTokens(event) || reported;
      written += countOutput(event);
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

/** The total that the upstream reports with a whole answer or with an event of a stream; 0 where it reports none. */
function readTokens(answer: unknown): number {
  const usage = isRecord(answer) && isRecord(answer.usage) ? answer.usage : {};
  return Math.max(readCount(usage.total_tokens), readCount(usage.prompt_tokens) + readCount(usage.completion_tokens));
}

function readCount(value: unknown): number {
  return Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0;
}

/** The tokens of what a model has said: in a whole answer, or in one event of a stream. */
function countOutput(answer: unknown): number {
  const choices = isRecord(answer) && Array.isArray(answer.choices) ? answer.choices.filter(isRecord) : [];
  let tokens = 0;
  for (const { message, delta, text } of choices) tokens += countSaid(message ?? delta ?? text);
  return tokens;
}
