// Owns reading and checking the form fields of an image request, with OpenAI's error messages. Knows no pixels.
import { HttpError } from "../shared/http-error.ts";
import { supported } from "../shared/request-schema.ts";

/** Throws 400 for a field that the endpoint does not have. */
export function checkFieldNames(form: FormData, known: readonly string[]): void {
  for (const name of new Set(form.keys())) {
    if (known.includes(name)) continue;
    throw new HttpError(400, `Unknown parameter: '${name}'.`, { param: name, code: "unknown_parameter" });
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
  const text = readText(form, "n") ?? "1";
  const count = Number(text);
  const refuse = (message: string, code: string) => new HttpError(400, message, { param: "n", code });
  if (!Number.isInteger(count)) {
    throw refuse("Invalid type for 'n': expected an integer, but got a string instead.", "invalid_type");
  }
  if (count < 1 || count > 10) {
    const [side, bound] = count < 1 ? ["below minimum", ">= 1"] : ["above maximum", "<= 10"];
    const message = `Invalid 'n': integer ${side} value. Expected a value ${bound}, but got ${count} instead.`;
    throw refuse(message, `integer_${count < 1 ? "below_min" : "above_max"}_value`);
  }
  return count;
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
