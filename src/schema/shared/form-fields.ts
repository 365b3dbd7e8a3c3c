// What `extraBody` may hold where a request is a form: its fields are texts.
import { ExactNumber } from "../../json/exact-numbers.ts";
import type { JSONObject } from "./builder.ts";
import { refuse } from "./checks.ts";

/** Refuses fields that are not text, numbers, true or false, naming the `field` that holds them. */
export function checkFormFields(field: string, fields: JSONObject | null | undefined): void {
  const wrong = Object.entries(fields ?? {}).find(([, value]) => !isFormValue(value));
  if (!wrong) return;
  refuse(
    field,
    `must hold text, numbers, true and false alone, as the request is a form; "${wrong[0].slice(0, 64)}" is not.`,
  );
}

function isFormValue(value: unknown): boolean {
  return ["string", "number", "boolean"].includes(typeof value) || value instanceof ExactNumber;
}
