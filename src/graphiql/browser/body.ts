// An operation as the body of its request.
import { readActiveTab } from "./operations/active-tab.ts";
import { readChosenFiles } from "./uploads/chosen-files.ts";
import { buildMultipartForm } from "./uploads/multipart-form.ts";

/** What GraphiQL asks its fetcher to send. */
export interface Operation {
  query: string;
  variables?: unknown;
  operationName?: string | null | undefined;
}

/** The body, and the headers that belong to it. */
export interface Body {
  headers: Record<string, string>;
  body: BodyInit;
}

/** Yields the operation as JSON, or as a form if files were chosen for its variables. The browser names the form's type. */
export function writeBody(operation: Operation): Body {
  const form = buildMultipartForm(operation, readChosenFiles(readActiveTab()));
  if (form) return { headers: {}, body: form };
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(operation) };
}
