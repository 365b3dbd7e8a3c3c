// Reads the choices of an answer with their numbers. Shared by chat and completions.
import { readInt, readObjects } from "./lenient.ts";

interface Numbered {
  readonly index?: unknown;
}

/** The choices with their numbers. One without a number gets its position in the list. */
export function readNumbered<Choice extends Numbered>(value: unknown): (Choice & { index: number })[] {
  return (readObjects<Choice>(value) ?? []).map((choice, position) => {
    const index = readInt(choice.index) ?? position;
    // Most have their number, and there may be a great many.
    return choice.index === index ? (choice as Choice & { index: number }) : { ...choice, index };
  });
}

/** The choice with number 0, at any position. */
export function firstChoice<Choice extends Numbered>(value: unknown): (Choice & { index: number }) | undefined {
  return readNumbered<Choice>(value).find(({ index }) => index === 0);
}
