// Checks at the door: what is refused before any upstream call, with the field, the limit and what was given.
// The ranges themselves stand beside the inputs they belong to.
import { codedError } from "../../errors/codes.ts";

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
  for (const field in ranges) checkRange(field, input[field], ranges[field] as Range);
}

function checkRange(field: string, value: unknown, [minimum, maximum]: Range): void {
  if (typeof value !== "number" || (value >= minimum && value <= maximum)) return;
  const limit = maximum === Number.POSITIVE_INFINITY ? `at least ${minimum}` : `between ${minimum} and ${maximum}`;
  refuse(`input.${field}`, `must be ${limit}; got ${value}.`);
}

/**
 * Refuses a cap of the output that is not from 1 to `maxOutputTokens`; and, where the operator has set that, an input with
 * none of `fields`: nothing is put in for the caller, as models differ in which of them they know.
 */
export function checkOutputCap<Field extends string>(
  { maxOutputTokens }: { maxOutputTokens: number | undefined },
  input: { readonly [Key in Field]?: number | null | undefined },
  fields: readonly [Field, ...Field[]],
): void {
  const range: Range = [1, maxOutputTokens ?? Number.POSITIVE_INFINITY];
  for (const field of fields) checkRange(field, input[field], range);
  if (maxOutputTokens === undefined || fields.some((field) => typeof input[field] === "number")) return;
  refuse(`input.${fields[0]}`, `must be given, between 1 and ${maxOutputTokens}; got none.`);
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

/**
 * Refuses a model name that is blank, longer than 256 characters, not printable, or has a segment `.` or `..`: what stands
 * between here and the upstream may take that for a way to another resource.
 */
export function checkModelName(field: string, name: string): void {
  if (name.length < 1 || name.length > 256) refuse(field, `must be 1 to 256 characters long; got ${name.length}.`);
  if (!/^\P{C}+$/u.test(name) || name.trim() === "") refuse(field, "must be printable characters.");
  if (name.split(/[/\\]/).some((segment) => segment === "." || segment === ".."))
    refuse(field, "must name a model; got a segment of dots.");
}
