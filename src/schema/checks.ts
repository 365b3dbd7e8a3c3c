// Checks at the door: what is refused before any upstream call, with the field, the limit and what was given.
// The ranges themselves stand beside the inputs they belong to.
import { codedError } from "./errors.ts";

/** Throws BAD_USER_INPUT for `field`, `problem` completing the sentence. */
export function refuse(field: string, problem: string): never {
  throw codedError("BAD_USER_INPUT", `${field} ${problem}`, { field });
}

/** The smallest and the largest value allowed; both belong to the range. */
export type Range = readonly [minimum: number, maximum: number];

/** Refuses the first value of `input` outside its range. Absent and null values pass. */
export function checkRanges<Input extends object>(
  input: Input,
  ranges: { readonly [Field in keyof Input]?: Range },
): void {
  for (const [field, range] of Object.entries(ranges) as [keyof Input & string, Range][]) {
    const value = input[field];
    const [minimum, maximum] = range;
    if (typeof value !== "number" || (value >= minimum && value <= maximum)) continue;
    const limit = maximum === Number.POSITIVE_INFINITY ? `at least ${minimum}` : `between ${minimum} and ${maximum}`;
    refuse(`input.${field}`, `must be ${limit}; got ${value}.`);
  }
}

/** Refuses a list that is longer or shorter than allowed. Absent and null lists pass. */
export function checkLength(
  field: string,
  list: readonly unknown[] | null | undefined,
  [minimum, maximum]: Range,
): void {
  if (!list || (list.length >= minimum && list.length <= maximum)) return;
  const [word, limit] = list.length < minimum ? ["least", minimum] : ["most", maximum];
  refuse(field, `must hold at ${word} ${limit} ${limit === 1 ? "entry" : "entries"}; got ${list.length}.`);
}

/** Refuses a model name that is blank, longer than 256 characters, not printable, or `.` or `..`, which name no resource. */
export function checkModelName(field: string, name: string): void {
  if (name.length < 1 || name.length > 256) refuse(field, `must be 1 to 256 characters long; got ${name.length}.`);
  if (!/^\P{C}+$/u.test(name) || name.trim() === "") refuse(field, "must be printable characters.");
  if (name === "." || name === "..") refuse(field, `must name a model; got "${name}".`);
}
