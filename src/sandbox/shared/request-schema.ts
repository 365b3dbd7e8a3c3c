// Owns checking a request's body against a zod schema, with OpenAI's error messages. Knows no endpoint.
import * as zod from "zod";
import { HttpError } from "./http-error.ts";

type Issue = zod.core.$ZodIssue;

/** A number that OpenAI calls a decimal, within an inclusive range; null counts as absent. */
export function decimal(minimum: number, maximum: number) {
  return zod.number().min(minimum, "decimal").max(maximum, "decimal").nullish();
}

/** An integer within an inclusive range; null counts as absent. */
export function integer(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  return zod.int().min(minimum, "integer").max(maximum, "integer").nullish();
}

/** The body as the schema types it. Throws 400 in OpenAI's words, with `param` naming the field at fault. */
export function parseRequest<Schema extends zod.ZodType>(schema: Schema, body: unknown): zod.output<Schema> {
  const result = schema.safeParse(body, { reportInput: true });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw new HttpError(400, "Invalid request.");
  throw describeIssue(issue, []);
}

function describeIssue(issue: Issue, parents: readonly PropertyKey[]): HttpError {
  const path = [...parents, ...issue.path];
  const param = fieldName(path);
  const refuse = (message: string, code: string | null) => new HttpError(400, message, { param, code });
  if (issue.input === undefined && ["invalid_type", "invalid_value", "invalid_union"].includes(issue.code)) {
    return path.length === 1 && param === "model"
      ? new HttpError(400, "you must provide a model parameter")
      : refuse(`Missing required parameter: '${param}'.`, "missing_required_parameter");
  }
  switch (issue.code) {
    case "invalid_type":
      return refuse(
        `Invalid type for '${param}': expected ${nounOf(issue.expected)}, but got ${kindOf(issue.input)} instead.`,
        "invalid_type",
      );
    case "invalid_value":
      return refuse(`Invalid value: '${show(issue.input)}'. ${supported(issue.values.map(String))}`, "invalid_value");
    case "too_big":
    case "too_small":
      return refuse(...describeRange(issue, param));
    case "unrecognized_keys":
      return path.length === 0
        ? new HttpError(
            400,
            `Unrecognized request argument${issue.keys.length > 1 ? "s" : ""} supplied: ${issue.keys.join(", ")}`,
          )
        : refuse(`Unknown parameter: '${param}.${issue.keys[0]}'.`, "unknown_parameter");
    case "invalid_union":
      return describeUnion(issue, path);
    case "invalid_format":
      return refuse(
        `Invalid '${param}': string does not match pattern. Expected a string that matches the pattern '${issue.message}'.`,
        "invalid_value",
      );
    default:
      return refuse(`Invalid value for '${param}'.`, "invalid_value");
  }
}

function describeRange(issue: zod.core.$ZodIssueTooBig | zod.core.$ZodIssueTooSmall, param: string): [string, string] {
  const above = issue.code === "too_big";
  const bound = above ? issue.maximum : issue.minimum;
  const side = above ? "maximum" : "minimum";
  if (issue.origin === "array" || issue.origin === "string") {
    const length = Array.isArray(issue.input) || typeof issue.input === "string" ? issue.input.length : 0;
    const noun = nounOf(issue.origin);
    const fault = length === 0 ? `empty ${issue.origin}` : `${issue.origin} too ${above ? "long" : "short"}`;
    const got = length === 0 ? `an empty ${issue.origin}` : `${noun} with length ${length}`;
    return [
      `Invalid '${param}': ${fault}. Expected ${noun} with ${side} length ${bound}, but got ${got} instead.`,
      length === 0 ? `empty_${issue.origin}` : `${issue.origin}_${above ? "above_max" : "below_min"}_length`,
    ];
  }
  return [
    `Invalid '${param}': ${issue.message} ${above ? "above maximum" : "below minimum"} value. ` +
      `Expected a value ${above ? "<=" : ">="} ${bound}, but got ${show(issue.input)} instead.`,
    `${issue.message}_${above ? "above_max" : "below_min"}_value`,
  ];
}

/** Reports the branch that got furthest into the value; if none got inside, the value's type is wrong. */
function describeUnion(issue: zod.core.$ZodIssueInvalidUnion, path: readonly PropertyKey[]): HttpError {
  const first = issue.errors.map((errors) => errors[0]).filter((error) => error !== undefined);
  const inside = first.find((error) => error.path.length > 0 || error.code !== "invalid_type");
  if (inside !== undefined) return describeIssue(inside, path);
  const expected = first.flatMap((error) => (error.code === "invalid_type" ? [nounOf(error.expected)] : []));
  const param = fieldName(path);
  return new HttpError(
    400,
    `Invalid type for '${param}': expected one of ${expected.join(" or ")}, but got ${kindOf(issue.input)} instead.`,
    { param, code: "invalid_type" },
  );
}

/** The sentence in which OpenAI lists the values that it accepts. */
export function supported(values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`);
  const last = quoted.pop() ?? "";
  if (quoted.length === 0) return `Value must be ${last}.`;
  return `Supported values are: ${quoted.join(", ")}${quoted.length > 1 ? "," : ""} and ${last}.`;
}

function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((key, depth) => (typeof key === "number" ? `[${key}]` : `${depth > 0 ? "." : ""}${String(key)}`))
    .join("");
}

function nounOf(kind: string): string {
  const nouns: Record<string, string> = { number: "a decimal", int: "an integer", record: "an object", null: "null" };
  return nouns[kind] ?? `${/^[aeio]/.test(kind) ? "an" : "a"} ${kind}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "number") return Number.isInteger(value) ? "an integer" : "a decimal";
  return nounOf(Array.isArray(value) ? "array" : typeof value);
}

function show(value: unknown): string {
  return typeof value === "object" && value !== null ? kindOf(value) : String(value).slice(0, 200);
}
