// Checks the fields `operations` and `map` of a multipart request before graphql-upload-minimal parses and follows them: its
// own errors quote what the client wrote. https://github.com/jaydenseric/graphql-multipart-request-spec
import { findExcess, notJson } from "../http/json-text.ts";

/** Most keys in a path. An upload is about four deep; thousands of paths of hundreds of keys would take 0.3 seconds. */
const MAX_KEYS = 32;
/** Keys that would lead a path out of the operations' own properties; the library refuses them, and empty keys, too. */
const BAD_KEYS: ReadonlySet<string> = new Set(["", "__proto__", "constructor"]);

/** Yields a function for the fields of one request, to be called in their order: it finds the problem of each, if any. */
export function createFieldCheck(): (name: string, text: string) => string | undefined {
  let operations: unknown;
  return (name, text) => {
    if (name !== "operations" && name !== "map") return undefined;
    const excess = findExcess(text);
    if (excess) return `'${name}' ${excess}`;
    const value = parseText(text);
    if (value === undefined) return `'${name}' ${notJson}`;
    if (typeof value !== "object" || value === null || (name === "map" && Array.isArray(value))) {
      return `'${name}' must be a JSON object.`;
    }
    if (name === "map") return operations === undefined ? misordered : findProblem(operations, value);
    operations = value;
    return undefined;
  };
}

/** The problem of parts in a wrong order, found here or by the library. */
export const misordered = "'operations' must come first, then 'map', then the files.";

/**
 * The JSON value; undefined if the text is not valid JSON. The parser has already decoded the text and replaced what is
 * not UTF-8 by a replacement character; a client that means this character writes it as an escape.
 */
function parseText(text: string): unknown {
  if (text.includes("\ufffd")) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * What is wrong with `map`. A file without a place would never be read and would block the files after it; a place must be
 * `null` in `operations`.
 */
function findProblem(operations: unknown, map: object): string | undefined {
  const places: unknown[] = Object.values(map);
  if (!places.every(Array.isArray)) return "'map' must have a list of paths for each file.";
  if (places.some((paths) => paths.length === 0)) return "'map' has a file without a path.";
  const paths: unknown[] = places.flat();
  if (!paths.every((path) => typeof path === "string")) return "'map' has a path that is not a string.";
  if (paths.some((path) => path.split(".", MAX_KEYS + 1).length > MAX_KEYS)) {
    return `'map' has a path of more than ${MAX_KEYS} keys.`;
  }
  if (new Set(paths).size < paths.length) return "'map' has the same path twice.";
  const isNull = (path: string) => readPlace(operations, path) === null;
  return paths.every(isNull) ? undefined : "'map' has a path to what is not null in 'operations'.";
}

/** The value at `path`, following own properties only. */
function readPlace(operations: unknown, path: string): unknown {
  let value = operations;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || BAD_KEYS.has(key) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
