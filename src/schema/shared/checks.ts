// Checks of input that run before any upstream call. Their errors name the field, the limit and the value given.
// The limits themselves are defined beside the inputs.
import { codedError } from "../../errors/codes.ts";

/** Throws BAD_USER_INPUT for `field`; `problem` completes the sentence. */
export function refuse(field: string, problem: string): never {
  throw codedError("BAD_USER_INPUT", `${field} ${problem}`, { field });
}

/** The smallest and the largest value, both allowed. */
export type Range = readonly [minimum: number, maximum: number];

/** Refuses the first value of `input`, which stands at `place`, outside its range. Absent and null values pass. */
export function checkRanges<Input extends object>(
  input: Input,
  ranges: { readonly [Field in keyof Input]?: Range },
  place = "input",
): void {
  for (const field in ranges) checkRange(`${place}.${field}`, input[field], ranges[field] as Range);
}

function checkRange(field: string, value: unknown, [minimum, maximum]: Range): void {
  if (typeof value !== "number" || (value >= minimum && value <= maximum)) return;
  const limit = maximum === Number.POSITIVE_INFINITY ? `at least ${minimum}` : `between ${minimum} and ${maximum}`;
  refuse(field, `must be ${limit}; got ${value}.`);
}

/**
 * Refuses an output cap that is not from 1 to `maxOutputTokens`. If the operator has set that limit, also refuses an input
 * without any of `fields`: the server adds none itself, since models differ in which of them they accept.
 */
export function checkOutputCap<Field extends string>(
  { maxOutputTokens }: { maxOutputTokens: number | undefined },
  input: { readonly [Key in Field]?: number | null | undefined },
  fields: readonly [Field, ...Field[]],
): void {
  const range: Range = [1, maxOutputTokens ?? Number.POSITIVE_INFINITY];
  for (const field of fields) checkRange(`input.${field}`, input[field], range);
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

/** Refuses a text with fewer or more characters than allowed. Those beyond the Basic Multilingual Plane count as one. */
export function checkTextLength(field: string, text: string, [minimum, maximum]: Range): void {
  // As long in UTF-16, or longer.
  if (text.length >= minimum && text.length <= maximum) return;
  let length = 0;
  for (const _ of text) length++;
  if (length >= minimum && length <= maximum) return;
  refuse(field, `must be ${minimum} to ${maximum} characters long; got ${length}.`);
}

/** How often a subscription's client wants a chunk at most, in words. */
export const EVERY_MS =
  "The shortest time between two chunks, in milliseconds, from 0 to 5000. What comes within it is joined into one chunk. The first text, the end and errors arrive at once. With 0 or null each chunk arrives as the upstream sends it.";

/** The argument `everyMs` as a number, 0 for none. */
export function readEveryMs(everyMs: number | null | undefined): number {
  checkRange("everyMs", everyMs, [0, 5_000]);
  return everyMs ?? 0;
}

/** What `checkModelName` accepts, in words. */
export const MODEL_NAME =
  "The model's name, 1 to 256 printable characters without blanks, commas, semicolons and bars.";

/** Names of which nothing more need be known. */
const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,255}$/;

/**
 * Refuses a model name that is longer than 256 characters or not printable, or that could name anything else than one
 * model: routers split a name at commas, semicolons, bars and blanks into several, of which an allow-list such as `a*` sees
 * only the first; and a proxy could resolve a segment `.` or `..` to another resource.
 */
export function checkModelName(field: string, name: string): void {
  if (PLAIN_NAME.test(name)) return;
  if (name.length < 1 || name.length > 256) refuse(field, `must be 1 to 256 characters long; got ${name.length}.`);
  // In the form that software gives to a text before it compares it: U+FF0C becomes a comma, U+00A0 a space.
  const folded = name.normalize("NFKC");
  if (/\p{C}/u.test(folded) || folded.trim() === "") refuse(field, "must be printable characters.");
  if (/[\s,;|]/.test(folded)) refuse(field, "must name one model, without a blank, comma, semicolon or bar.");
  if (folded.split(/[/\\]/).some((segment) => segment === "." || segment === ".."))
    refuse(field, "must name a model; got a segment of dots.");
}
