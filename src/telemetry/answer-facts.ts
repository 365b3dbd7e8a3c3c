// What of an upstream answer may be counted: tokens, and whether a model has begun to speak. Reads no words.
import { isRecord } from "../openai/client/json.ts";

/** The tokens of a `usage` object; images have other names for them than chats. Undefined: not told. */
export function readTokens(usage: Readonly<Record<string, unknown>>): {
  input: number | undefined;
  output: number | undefined;
} {
  return {
    input: count(usage.prompt_tokens ?? usage.input_tokens),
    output: count(usage.completion_tokens ?? usage.output_tokens),
  };
}

/** Whether an event of a stream brings anything of an answer; the one that only names the role does not. */
export function hasOutput({ choices }: Readonly<Record<string, unknown>>): boolean {
  if (!Array.isArray(choices)) return false;
  return choices.some((choice) => {
    if (!isRecord(choice)) return false;
    if (typeof choice.text === "string" && choice.text !== "") return true;
    if (!isRecord(choice.delta)) return false;
    for (const name in choice.delta) if (name !== "role" && !isEmpty(choice.delta[name])) return true;
    return false;
  });
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
