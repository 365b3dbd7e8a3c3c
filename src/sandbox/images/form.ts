// Owns reading and checking the form fields of an image request, with OpenAI's error messages. Knows no pixels.
import { HttpError } from "../shared/http-error.ts";
import { supported } from "../shared/request-schema.ts";

/** Throws 400 for a field that the endpoint does not have, and for one that is given twice and is no list. */
export function checkFieldNames(form: FormData, known: readonly string[]): void {
  for (const name of new Set(form.keys())) {
    if (!known.includes(name)) {
      throw new HttpError(400, `Unknown parameter: '${name}'.`, { param: name, code: "unknown_parameter" });
    }
    if (name.endsWith("[]") || form.getAll(name).length === 1) continue;
    const message =
      `Duplicate parameter: '${name}'. You provided multiple values for this parameter, whereas only one is allowed. ` +
      `If you are trying to provide a list of values, use the array syntax instead e.g. '${name}[]=<value>'.`;
    throw new HttpError(400, message, { param: name, code: "duplicate_parameter" });
  }
}

/** The text of a field; undefined if it is absent or empty. Throws 400 if it is a file. */
export function readText(form: FormData, name: string): string | undefined {
  const value = form.get(name);
  if (value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  throw new HttpError(400, `Invalid type for '${name}': expected a string, but got a file instead.`, {
    param: name,
    code: "invalid_type",
  });
}

/** One of the values, the first if the field is absent. Throws 400 for any other. */
export function readChoice<Value extends string>(
  form: FormData,
  name: string,
  values: readonly [Value, ...Value[]],
): Value {
  const text = readText(form, name);
  if (text === undefined) return values[0];
  const found = values.find((value) => value === text);
  if (found !== undefined) return found;
  throw new HttpError(400, `Invalid value: '${text.slice(0, 200)}'. ${supported(values)}`, {
    param: name,
    code: "invalid_value",
  });
}

/** How many images to make: 1 to 10, 1 if the field is absent. Throws 400. */
export function readImageCount(form: FormData): number {
  return readInteger(form, "n", 1, 10) ?? 1;
}

/** The integer of a field; undefined if it is absent. Throws 400 for one out of its range and for other text. */
export function readInteger(form: FormData, name: string, minimum: number, maximum: number): number | undefined {
  const text = readText(form, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  const refuse = (message: string, code: string) => new HttpError(400, message, { param: name, code });
  if (!Number.isInteger(number)) {
    throw refuse(`Invalid type for '${name}': expected an integer, but got a string instead.`, "invalid_type");
  }
  if (number >= minimum && number <= maximum) return number;
  const [side, bound] = number < minimum ? ["below minimum", `>= ${minimum}`] : ["above maximum", `<= ${maximum}`];
  const message = `Invalid '${name}': integer ${side} value. Expected a value ${bound}, but got ${number} instead.`;
  throw refuse(message, `integer_${number < minimum ? "below_min" : "above_max"}_value`);
}

/** The bytes of every file under the names. Throws 400 if there is none, or if one holds text. */
export async function readFiles(form: FormData, names: readonly [string, ...string[]]): Promise<Buffer[]> {
  const [name] = names;
  const values = names.flatMap((candidate) => form.getAll(candidate));
  if (values.length === 0) {
    const message = `Missing required parameter: '${name}'.`;
    throw new HttpError(400, message, { param: name, code: "missing_required_parameter" });
  }
  return Promise.all(
    values.map(async (value) => {
      if (typeof value !== "string") return Buffer.from(await value.arrayBuffer());
      const message = `Invalid type for '${name}': expected a file, but got a string instead.`;
      throw new HttpError(400, message, { param: name, code: "invalid_type" });
    }),
  );
}
