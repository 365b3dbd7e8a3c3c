// What the page says when a call fails.

/** An entry of `errors`, or what graphql-sse throws if there is no answer. */
export interface Failure {
  message: string;
  extensions?: { code?: unknown; retryAfterMs?: unknown };
}

/** A sentence for the person in front of the page, by the code of the error. */
export function explain({ message, extensions }: Failure): string {
  switch (extensions?.code) {
    case "RATE_LIMITED":
    case "BUDGET_EXCEEDED":
    case "OVERLOADED":
    case "UPSTREAM_RATE_LIMITED":
      return typeof extensions.retryAfterMs === "number"
        ? `Too many requests. Try again in ${Math.ceil(extensions.retryAfterMs / 1000)} seconds.`
        : "Too many requests. Try again later.";
    case "UPSTREAM_INTERRUPTED":
      return "The answer broke off. What you see is not all of it.";
    case "UPSTREAM_TIMEOUT":
      return "The model takes too long. Try again.";
    case "UPSTREAM_QUOTA_EXCEEDED":
      return "The account has no credit left.";
    default:
      return message;
  }
}
