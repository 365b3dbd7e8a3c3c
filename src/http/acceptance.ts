// Reads the Accept header, and headers of its form: what a client takes, and so which media type an answer has.
// Weights only exclude (0): no client of a GraphQL server relies on their order.
// https://www.rfc-editor.org/rfc/rfc9110#section-12.5
import { rememberByValue } from "./by-value.ts";

export type JsonType = "application/graphql-response+json" | "application/json";

/** What an Accept header asks for. */
export interface Acceptance {
  /** The type of an answer that does not stream. Undefined if the client takes no JSON. */
  json: JsonType | undefined;
  /** Whether an answer may stream as `text/event-stream`. */
  stream: boolean;
  /** Whether a query or mutation can be answered at all. */
  isServed: boolean;
}

/** One element of such a header. */
interface Range {
  /** In lower case, without parameters. */
  name: string;
  isRefused: boolean;
}

/** Most elements of a header that are read; browsers send about eight. The rest counts as absent. */
const MAX_RANGES = 32;

/** What queries and mutations can be answered with. */
const SERVED = ["application/graphql-response+json", "application/json", "multipart/mixed", "text/event-stream"];

/**
 * Reads an Accept header, once for each of its values. A client that sends none, or an empty one, accepts everything.
 * The first range that stands for a JSON type decides between the two, as in Yoga.
 * https://graphql.github.io/graphql-over-http/draft/#sec-Accept
 */
export function readAcceptance(header: string | null | undefined): Acceptance {
  return choose(header || "*/*");
}

/**
 * The names that a header of the Accept family lists, in its order and in lower case. Leaves out those with the weight 0
 * and those with a charset other than UTF-8.
 */
export function readAccepted(header: string | null | undefined): string[] {
  return readRanges(header ?? "").flatMap(({ name, isRefused }) => (isRefused ? [] : [name]));
}

const choose = rememberByValue((accept: string): Acceptance => {
  const ranges = readRanges(accept.trim() || "*/*");
  const accepts = (type: string) => acceptsType(ranges, type);
  return {
    json: ranges.flatMap(jsonTypesOf).find(accepts),
    stream: accepts("text/event-stream"),
    isServed: SERVED.some(accepts),
  };
});

/** By the range that matches the type most closely; of several alike, the first. */
function acceptsType(ranges: readonly Range[], type: string): boolean {
  const names = [type, type.replace(/\/.*/, "/*"), "*/*"];
  const matches = names.map((name) => ranges.find((range) => range.name === name));
  return matches.find((range) => range !== undefined)?.isRefused === false;
}

/** The types that a range stands for, first the one that older clients know. */
function jsonTypesOf({ name, isRefused }: Range): JsonType[] {
  if (isRefused) return [];
  if (name === "application/json" || name === "application/graphql-response+json") return [name];
  return name === "*/*" || name === "application/*" ? ["application/json", "application/graphql-response+json"] : [];
}

/** Takes charsets as narrowly as Yoga does, which otherwise refuses the answer after the operation has been executed. */
function readRanges(header: string): Range[] {
  return header.split(",", MAX_RANGES).map((element) => {
    const [name = "", ...parameters] = element.replace(/\s/g, "").toLowerCase().split(";");
    const isRefused = parameters.some(
      (parameter) =>
        /^q=0(?:\.0*)?$/.test(parameter) || (parameter.includes("charset=") && parameter !== "charset=utf-8"),
    );
    return { name, isRefused };
  });
}
