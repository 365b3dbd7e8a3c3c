// FinishReason: why a choice ended. Shared by chat and completions.
import { builder } from "./builder.ts";

/** The GraphQL enum; its values are the upstream's words. */
export const FinishReason = builder.enumType("FinishReason", {
  description: "Why a choice ended.",
  values: {
    STOP: { value: "stop", description: "At a natural end, or at one of the `stop` sequences." },
    LENGTH: {
      value: "length",
      description: "At the token limit of the request or of the model: the answer is cut off.",
    },
    TOOL_CALLS: { value: "tool_calls", description: "The model calls tools." },
    CONTENT_FILTER: { value: "content_filter", description: "The upstream's content filter left something out." },
    FUNCTION_CALL: {
      value: "function_call",
      description: "The model calls a function in the deprecated `function_call` format.",
    },
    UNKNOWN: { value: "unknown", description: "For a reason that this schema does not know." },
  },
});

export const FINISH_REASON_RAW =
  "The same in the upstream's own word. Null if the upstream does not report it, or while the choice continues.";
