// Builds the form of an operation with files. https://github.com/jaydenseric/graphql-multipart-request-spec

/** An operation as GraphiQL's fetchers get it. */
export interface OperationParameters {
  query: string;
  operationName?: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: GraphiQL's own type.
  variables?: any;
}

/** Files by the place in the variables that they go to, such as `input.image`. A place with several files is a list. */
export type FilesByPath = ReadonlyMap<string, readonly File[]>;

/**
 * Yields the form: the operation with null in the place of each file, the places, then the files. What the variables have in
 * those places is not sent, and objects that are not there are made.
 */
export function buildMultipartForm(
  parameters: OperationParameters,
  files: FilesByPath,
  lists: ReadonlySet<string>,
): FormData {
  const variables = structuredClone(parameters.variables ?? {});
  const map: Record<string, string[]> = {};
  const parts: File[] = [];
  for (const [path, chosen] of files) {
    const isList = lists.has(path);
    setAt(variables, path, isList ? chosen.map(() => null) : null);
    for (const [index, file] of chosen.entries()) {
      map[parts.length] = [`variables.${path}${isList ? `.${index}` : ""}`];
      parts.push(file);
    }
  }
  const form = new FormData();
  form.set("operations", JSON.stringify({ ...parameters, variables }));
  form.set("map", JSON.stringify(map));
  for (const [index, file] of parts.entries()) form.set(String(index), file);
  return form;
}

function setAt(variables: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let holder: Record<string, unknown> = variables;
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
