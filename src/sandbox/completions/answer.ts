// Owns how the sandbox continues a prompt: the same prompt gets the same text; each of its choices gets another.
import { quote } from "../shared/quote.ts";

/** The text that follows the prompt, and leads up to the suffix if there is one. */
export function continuePrompt(prompt: string, suffix: string | null | undefined, choiceIndex: number): string {
  const numbered = choiceIndex === 0 ? "" : ` ${choiceIndex + 1}`;
  const lead = suffix == null || suffix === "" ? "" : ` It leads up to "${quote(suffix, 60)}".`;
  return `\n\nSandbox continuation${numbered} of "${quote(prompt, 60)}": no model wrote this, the built-in sandbox did.${lead}`;
}
