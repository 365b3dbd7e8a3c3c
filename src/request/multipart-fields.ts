// The fields operations and map of a multipart request, checked before graphql-upload-minimal parses and follows them: its own
// errors quote what the client wrote. https://github.com/jaydenseric/graphql-multipart-request-spec
import { findExcess, notJson } from "../http/json-text.ts";

/** Most keys in a path. An upload lies four deep or so; thousands of paths of hundreds of keys take a third of a second. */
const MAX_KEYS = 32;
/** Names by which a path would leave the operations' own properties; the library takes no such path, nor an empty name. */
const BAD_KEYS: ReadonlySet<string> = new Set(["", "__proto__", "constructor"]);

/** Yields what finds the problem of each field of one request, by its name and text, in the order in which they come. */
export function createFieldCheck(): (name: string, text: string) => string | undefined {
  let operations: unknown;
  return (name, text) => {
    if (name !== "operations" && name !== "map") return undefined;
    const excess = findExcess(Buffer.from(text));
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

/** What is wrong with the order of the parts, whoever finds it. */
export const misordered = "'operations' must come first, then 'map', then the files.";

/**
 * The JSON value; undefined for what is none. The parser has decoded the text and put a replacement character for what is
 * no UTF-8; whoever means that character writes it as an escape.
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
 * What is wrong with `map`. A file without a place would never be read and hold up those after it, and a place that is not
 * `null` in `operations` is none.
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

/** The value at `path`, through own properties alone. */
function readPlace(operations: unknown, path: string): unknown {
  let value = operations;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || BAD_KEYS.has(key) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
