// `extraBody` of a request that is sent as a form, whose fields are text.
import { ExactNumber } from "../../json/exact-numbers.ts";
import type { JSONObject } from "./builder.ts";
import { refuse } from "./checks.ts";

/** Its fields as text; the same value if it is none. Throws BAD_USER_INPUT for anything but text, numbers, true and false. */
export function readFormExtra(extraBody: JSONObject | null | undefined): JSONObject | null | undefined {
  return extraBody && Object.fromEntries(Object.entries(extraBody).map(([name, value]) => [name, asText(name, value)]));
}

function asText(name: string, value: unknown): string {
  if (value instanceof ExactNumber) return value.text;
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  return refuse("input.extraBody", `must hold text, numbers, true and false alone; "${name.slice(0, 64)}" is none.`);
}
