// The fields operations and map of a multipart request, looked at before graphql-upload-minimal parses and follows them.
// https://github.com/jaydenseric/graphql-multipart-request-spec
import { findExcess, notJson } from "./json-text.ts";

/** Yields what finds the problem of each field of one request, by its name and text, in the order in which they come. */
export function createFieldCheck(): (name: string, text: string) => string | undefined {
  let operations: unknown;
  return (name, text) => {
    const badText = findBadText(name, text);
    if (badText) return badText;
    if (name === "operations") operations = parseJson(text);
    return name === "map" ? findProblem(operations, parseJson(text)) : undefined;
  };
}

/**
 * What keeps a field from being parsed at all. The parser has decoded it and put a replacement character for what is no
 * UTF-8; whoever means that character writes it as an escape.
 */
function findBadText(name: string, text: string): string | undefined {
  if (name !== "operations" && name !== "map") return undefined;
  if (text.includes("\ufffd")) return `'${name}' ${notJson}`;
  const excess = findExcess(Buffer.from(text));
  return excess && `'${name}' ${excess}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * What the library does not see in `map`: a file without a place would never be read and hold up those after it, and a
 * place that is not `null` in `operations` is none. What is no map at all is the library's to refuse.
 */
function findProblem(operations: unknown, map: unknown): string | undefined {
  if (operations === undefined || typeof map !== "object" || map === null) return undefined;
  const places: unknown[] = Object.values(map);
  if (places.some((paths) => Array.isArray(paths) && paths.length === 0)) return "'map' has a file without a path.";
  const paths = places.flat().filter((path) => typeof path === "string");
  if (new Set(paths).size < paths.length) return "'map' has the same path twice.";
  const badPath = paths.find((path) => readPlace(operations, path) !== null);
  return badPath === undefined ? undefined : `'map' has a path to what is not null in 'operations': ${badPath}`;
}

/** The value at `path`, through own properties alone. */
function readPlace(operations: unknown, path: string): unknown {
  let value = operations;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
