// Builds the form of an operation with files. https://github.com/jaydenseric/graphql-multipart-request-spec
import { Kind, parse } from "graphql";

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
}

/**
 * Yields the form: the operation with null in the place of each file, the places, then the files; undefined if none of the
 * files belongs to a variable of the document. What the variables hold in those places is not sent; objects that they lack are
 * made.
 */
export function buildMultipartForm(operation: Operation, chosen: ChosenFiles): FormData | undefined {
  const declared = readVariableNames(operation.query);
  const used = [...chosen].filter(([path]) => declared.has(path.split(".")[0] ?? ""));
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

/** Those of all operations. A document that does not parse has none: the server says what is wrong with it. */
function readVariableNames(query: string): Set<string> {
  try {
    const { definitions } = parse(query, { noLocation: true });
    const operations = definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
    return new Set(
      operations.flatMap(({ variableDefinitions = [] }) => variableDefinitions.map((node) => node.variable.name.value)),
    );
  } catch {
    return new Set();
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
