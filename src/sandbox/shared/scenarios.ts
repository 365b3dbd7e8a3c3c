// Owns the scenarios: models whose answers always take one course, so that a screen can be built for it. Knows no wire form.
import { HttpError } from "./http-error.ts";
import { markdownAnswer } from "./markdown-answer.ts";

/** How a scenario differs from an ordinary answer. */
export interface Scenario {
  /** Whether POST /completions serves it, too. */
  completes?: boolean;
  /** The answer in place of one made from the prompt. */
  text?: string;
  /** What a chat's answer shows of the model's reasoning. */
  reasoning?: string;
  /** The refusal in place of a chat's content. */
  refusal?: string;
  /** The answer is cut to this many tokens, whatever the request allows. */
  maxTokens?: number;
  /** The finish reason of every choice. */
  finishReason?: "content_filter";
  /** Whether a chat calls two tools at once, its own where the request has none. */
  callsTools?: boolean;
  /** The error in place of an answer. */
  failure?: HttpError;
  /** `slow`: nothing for 3 s; `cut`: the connection breaks in the middle; `silent`: nothing more after the first words. */
  course?: "slow" | "cut" | "silent";
}

/** The server that is in front of the sandbox fails at once, as a screen's author wants it to. */
const noRetry = { "x-should-retry": "false" };

/** Every scenario by the model's name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  "sandbox-markdown": { completes: true, text: markdownAnswer },
  "sandbox-slow": { completes: true, course: "slow" },
  "sandbox-reasoning": {
    reasoning: "The user asks a question. The sandbox knows no answer, so it says what it has read.",
  },
  "sandbox-refusal": { refusal: "I'm sorry, but I can't help with that request." },
  "sandbox-length": { completes: true, maxTokens: 12 },
  "sandbox-filter": { completes: true, maxTokens: 12, finishReason: "content_filter" },
  "sandbox-tools": { callsTools: true },
  "sandbox-rate-limit": {
    completes: true,
    failure: new HttpError(
      429,
      "Rate limit reached for sandbox-rate-limit on requests per min (RPM): Limit 3, Used 3, Requested 1. Please try again in 2s.",
      { type: "requests", code: "rate_limit_exceeded", headers: { ...noRetry, "retry-after": "2" } },
    ),
  },
  "sandbox-quota": {
    completes: true,
    failure: new HttpError(
      429,
      "You exceeded your current quota, please check your plan and billing details. For more information on this error, " +
        "read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
      { type: "insufficient_quota", code: "insufficient_quota", headers: noRetry },
    ),
  },
  "sandbox-error": {
    completes: true,
    failure: new HttpError(500, "The server had an error while processing your request. Sorry about that!", {
      type: "server_error",
      headers: noRetry,
    }),
  },
  "sandbox-cut": { completes: true, course: "cut" },
  "sandbox-silent": { completes: true, course: "silent" },
};

const ordinary: Scenario = {};

/** The scenario of a model; one without differences for every other model. */
export function scenarioOf(model: unknown): Scenario {
  return typeof model === "string" && Object.hasOwn(scenarios, model) ? (scenarios[model] ?? ordinary) : ordinary;
}
