// An operation as the body of its request.
import { readActiveTab } from "./operations/active-tab.ts";
import { readKnownSchema } from "./operations/known-schema.ts";
import { readChosenFiles } from "./uploads/chosen-files.ts";
import { buildMultipartForm } from "./uploads/multipart-form.ts";

/** What GraphiQL asks its fetcher to send. */
export interface Operation {
  query: string;
  variables?: unknown;
  operationName?: string | null | undefined;
}

/** The body and its type; the browser itself names that of a form. */
export interface Body {
  type: string | undefined;
  body: BodyInit;
}

/** Yields the operation as JSON, or as a form if files were chosen for its places. */
export function writeBody(operation: Operation): Body {
  const form = buildMultipartForm(operation, readChosenFiles(readActiveTab()), readKnownSchema());
  if (form) return { type: undefined, body: form };
  return { type: "application/json", body: JSON.stringify(operation) };
}
