// What OpenTelemetry calls the upstream's operations. Knows neither metrics nor traces.
// https://opentelemetry.io/docs/specs/semconv/gen-ai/

/** The provider's name: every upstream speaks OpenAI's API. */
export const PROVIDER = "openai";

const OPERATIONS: Readonly<Record<string, string>> = {
  "/chat/completions": "chat",
  "/completions": "text_completion",
  // No name is given for images; a name of one's own is allowed then.
  "/images/variations": "image_variation",
  "/images/edits": "image_variation",
};

/** `gen_ai.operation.name`; undefined for a call that asks no model for anything. */
export function operationNameOf(path: string): string | undefined {
  return OPERATIONS[path];
}
