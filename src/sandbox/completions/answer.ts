// Owns how the sandbox continues a prompt: the same prompt gets the same text; each of its choices gets another.
import { hashText } from "../shared/ids.ts";
import { quote } from "../shared/quote.ts";

const remarks = [
  "No model wrote this, the built-in sandbox did.",
  "The built-in sandbox made this up, as it has no model.",
  "This is text of the built-in sandbox, which costs nothing.",
  "The words are those of the built-in sandbox, not of a model.",
] as const;

/** The text that follows the prompt, and leads up to the suffix if there is one. */
export function continuePrompt(prompt: string, suffix: string | null | undefined, choiceIndex: number): string {
  const numbered = choiceIndex === 0 ? "" : ` ${choiceIndex + 1}`;
  const lead = suffix == null || suffix === "" ? "" : ` It leads up to "${quote(suffix, 60)}".`;
  const remark = remarks[hashText(prompt) % remarks.length];
  return `\n\nSandbox continuation${numbered} of "${quote(prompt, 60)}". ${remark}${lead}`;
}
