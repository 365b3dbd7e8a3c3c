// The choices of an answer, each with its number; shared by chat and completions.
import { readInt, readObjects } from "./lenient.ts";

interface Numbered {
  readonly index?: unknown;
}

/** The choices with their numbers; one that the upstream left unnumbered gets its place in the list. */
export function readNumbered<Choice extends Numbered>(value: unknown): (Choice & { index: number })[] {
  return (readObjects<Choice>(value) ?? []).map((choice, place) => ({
    ...choice,
    index: readInt(choice.index) ?? place,
  }));
}

/** The choice with number 0, wherever it stands. */
export function firstChoice<Choice extends Numbered>(value: unknown): (Choice & { index: number }) | undefined {
  return readNumbered<Choice>(value).find(({ index }) => index === 0);
}
