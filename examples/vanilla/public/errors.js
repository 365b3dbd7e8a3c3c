// What the page says when a call fails.
import { GraphQLError } from "./graphql.js";

/** @param {unknown} error @returns {string} a sentence for the person in front of the page */
export function explain(error) {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "AbortError") return "You stopped the answer.";
  if (error instanceof TypeError) return "The server cannot be reached. Is it running, and may this page call it?";
  if (!(error instanceof GraphQLError)) return error.message;
  switch (error.code) {
    case "RATE_LIMITED":
    case "BUDGET_EXCEEDED":
    case "OVERLOADED":
    case "UPSTREAM_RATE_LIMITED":
      return error.retryAfterMs
        ? `Too many requests. Try again in ${Math.ceil(error.retryAfterMs / 1000)} seconds.`
        : "Too many requests. Try again later.";
    case "UPSTREAM_INTERRUPTED":
      return "The answer broke off. What you see is not all of it.";
    case "UPSTREAM_TIMEOUT":
      return "The model takes too long. Try again.";
    case "UPSTREAM_QUOTA_EXCEEDED":
      return "The account has no credit left.";
    default:
      return error.message;
  }
}
