// The tokens that one call has spent: what the upstream reports, or if it reports nothing, an estimate.
import type { PaidEndpoint, StreamProgress, TokenEstimate, TokenUsage } from "../openai/client/endpoint.ts";
import { OpenAIError } from "../openai/client/failures/errors.ts";
import { countSaid } from "../openai/token-count.ts";

/** Estimated tokens per millisecond and choice while nothing arrives. Faster than OpenAI's models write. */
const TOKENS_PER_MS = 0.25;
/** How far a stream may pass its cap, as a factor and in tokens: servers count the last token differently. */
const CAP_TOLERANCE = 1.1;
const CAP_TOLERANCE_TOKENS = 1;

/** The tokens of one call, as they become known; whole numbers. */
export interface Spending {
  /** An attempt has failed that may have been paid for, and another one begins. */
  addAttempt(): void;
  /** The tokens of a whole answer. */
  ofAnswer(answer: unknown): number;
  /** Takes note of an event of a stream. */
  addEvent(event: unknown): void;
  /** The same for an event that is as an earlier one but for this text, which it adds. */
  addText(text: string): void;
  /** The tokens of a stream that came whole. */
  ofStream(): number;
  /**
   * Of a call that failed. If the upstream `mayHaveWorked` on it, or something has come, it may also have done what was not seen,
   * but never more than was estimated; otherwise only the attempts before have cost anything.
   */
  ofFailure(mayHaveWorked: boolean): number;
  /** Whether the events say that the answer is whole. */
  isComplete(): boolean;
  /** The error for a stream that goes on beyond the cap that it was given. */
  excess(): OpenAIError | undefined;
}

/** The spending of a call to an endpoint that costs nothing. */
export const NO_SPENDING: Spending = {
  addAttempt() {},
  ofAnswer: () => 0,
  addEvent() {},
  addText() {},
  ofStream: () => 0,
  ofFailure: () => 0,
  isComplete: () => false,
  excess: () => undefined,
};

/** Begins to count the time. `estimateAgain` is asked once more is known of the request: see PaidParts.estimate. */
export function createSpending(
  endpoint: PaidEndpoint,
  estimate: TokenEstimate,
  estimateAgain?: () => TokenEstimate,
): Spending {
  const { choices, cap } = estimate;
  let { prompt, output } = estimate;
  let startedAt = performance.now();
  let earlier = 0;
  /** The last report of a stream, and what has come after it. */
  let reported = 0;
  let written = 0;
  /** Whether something has come that does not show how much it is. */
  let isHidden = false;
  let firstWordAt: number | undefined;
  let progress: StreamProgress | undefined;
  let isOverCap = false;

  function learn(): void {
    if (estimateAgain) ({ prompt, output } = estimateAgain());
  }

  const seen = () => (reported || prompt) + (isHidden ? Math.max(output, written) : written);

  /** A stream that is whole when its excess is reported cannot be made cheaper; one that goes on after its end can. */
  function checkCap(reportedOutput = 0): void {
    if (cap === undefined || isOverCap || !progress) return;
    const most = Math.max(cap * CAP_TOLERANCE, cap + CAP_TOLERANCE_TOKENS);
    isOverCap = progress.leastTokens > most || (!progress.isComplete && reportedOutput > most);
  }

  function soFar(): number {
    if (reported > 0 && progress?.isComplete) return earlier + seen();
    // Before the first word a model may think, unseen; then what is written is seen.
    const silentMs = Math.max(0, (firstWordAt ?? performance.now()) - startedAt);
    const unseen = Math.ceil(silentMs * TOKENS_PER_MS * choices);
    return earlier + Math.max(seen(), Math.min(prompt + output, seen() + unseen));
  }

  return {
    addAttempt() {
      learn();
      earlier = soFar();
      startedAt = performance.now();
    },
    ofAnswer(answer) {
      learn();
      const usage = endpoint.readUsage(answer);
      const shown = endpoint.countOutput(answer);
      if (!usage?.total) return earlier + prompt + (shown ?? output);
      return earlier + usage.total + (coversOutput(usage) ? 0 : (shown ?? 0));
    },
    addEvent(event) {
      progress ??= endpoint.followStream?.(choices);
      progress?.add(event);
      const usage = endpoint.readUsage(event);
      const shown = endpoint.countOutput(event);
      written += shown ?? 0;
      isHidden ||= shown === undefined && endpoint.hasOutput(event);
      if ((written > 0 && !endpoint.hidesOutput) || isHidden) firstWordAt ??= performance.now();
      if (usage?.total && (usage.total !== reported || progress?.isComplete)) {
        // It covers all that has come, seen or not; but one that stands still before the end nothing new.
        reported = usage.total;
        if (coversOutput(usage)) {
          written = 0;
          isHidden = false;
        }
        startedAt = performance.now();
      }
      checkCap(usage?.output);
    },
    addText(text) {
      progress?.addText(text);
      written += countSaid(text);
      if (written > 0) firstWordAt ??= performance.now();
      checkCap();
    },
    ofStream() {
      learn();
      return earlier + seen();
    },
    ofFailure(mayHaveWorked) {
      learn();
      return mayHaveWorked || written > 0 || isHidden || reported > 0 ? soFar() : earlier;
    },
    isComplete: () => progress?.isComplete ?? false,
    excess() {
      if (!isOverCap) return undefined;
      const problem = `The answer was ended: it goes on beyond the ${cap} tokens that the request allows, so the upstream does not obey the cap. What came is paid for.`;
      return new OpenAIError("invalid_response", problem);
    },
  };
}

/** Some servers report the prompt alone, at least until the end. */
function coversOutput({ output }: TokenUsage): boolean {
  return output !== 0;
}
