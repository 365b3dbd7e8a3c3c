// Builds the form of an operation with files. https://github.com/jaydenseric/graphql-multipart-request-spec
import { type GraphQLSchema, parse } from "graphql";
import { findUploadSlotsOf, type UploadSlot } from "./upload-slots.ts";

/** Files for one place in the variables. */
export interface ChosenFile {
  files: readonly File[];
  /** Whether the place is a list. */
  isList: boolean;
}

/** Files by their place, such as `image` and `input.image`. */
export type ChosenFiles = ReadonlyMap<string, ChosenFile>;

/** What is sent besides the files. */
interface Operation {
  query: string;
  variables?: unknown;
  operationName?: string | null | undefined;
}

/**
 * Yields the form: the operation with null in the place of each file, the places, then the files; undefined if the
 * operation takes none of the files: they may have been chosen for one that stood there before. What the variables hold in
 * those places is not sent; objects that they lack are made.
 */
export function buildMultipartForm(
  operation: Operation,
  chosen: ChosenFiles,
  schema: GraphQLSchema | null | undefined,
): FormData | undefined {
  if (chosen.size === 0) return undefined;
  const slots = readSlots(operation, schema);
  const used = [...chosen].filter(([place, { isList }]) =>
    slots.some(({ path, takesSeveral }) => path === place && takesSeveral === isList),
  );
  if (used.length === 0) return undefined;
  const variables: Record<string, unknown> = structuredClone(Object(operation.variables ?? {}));
  const map: Record<string, string[]> = {};
  const parts: File[] = [];
  for (const [path, { files, isList }] of used) {
    setAt(variables, path, isList ? files.map(() => null) : null);
    for (const [index, file] of files.entries()) {
      map[parts.length] = [`variables.${path}${isList ? `.${index}` : ""}`];
      parts.push(file);
    }
  }
  const form = new FormData();
  form.set("operations", JSON.stringify({ ...operation, variables }));
  form.set("map", JSON.stringify(map));
  for (const [index, file] of parts.entries()) form.set(String(index), file);
  return form;
}

/** A document that does not parse has none: the server says what is wrong with it. */
function readSlots(
  { query, variables, operationName }: Operation,
  schema: GraphQLSchema | null | undefined,
): UploadSlot[] {
  try {
    return findUploadSlotsOf(parse(query, { noLocation: true }), operationName, schema, variables);
  } catch {
    return [];
  }
}

function setAt(variables: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let holder = variables;
  for (const [depth, key] of keys.entries()) {
    const inner = holder[key];
    const isThere = typeof inner === "object" && inner !== null;
    const made = /^\d+$/.test(keys[depth + 1] ?? last) ? [] : {};
    const next = (isThere ? inner : made) as Record<string, unknown>;
    holder[key] = next;
    holder = next;
  }
  holder[last] = value;
}
