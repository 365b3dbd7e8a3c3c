// Which media type an answer has, by what the client accepts; as Yoga chooses, but found once for each Accept header.
// https://graphql.github.io/graphql-over-http/draft/#sec-Accept
import { LRUCache } from "lru-cache";
import { accepts, readAccepted } from "./accept.ts";

export type JsonType = "application/graphql-response+json" | "application/json";

/** What an Accept header asks for. */
export interface Acceptance {
  /** The type of an answer that does not stream. Undefined: none that is JSON. */
  json: JsonType | undefined;
  /** Whether an answer may stream as `text/event-stream`. */
  stream: boolean;
  /** Whether there is any way to answer a query or mutation. */
  isServed: boolean;
}

/** What queries and mutations can be answered with. */
const SERVED = ["application/graphql-response+json", "application/json", "multipart/mixed", "text/event-stream"];

/** Longest header that is remembered, in characters. */
const MAX_LENGTH = 256;
const known = new LRUCache<string, Acceptance>({ max: 100 });

/** Reads the header; without one, or with an empty one, anything is accepted. */
export function readAcceptance(header: string | null | undefined): Acceptance {
  const accept = header || "*/*";
  let acceptance = known.get(accept);
  if (!acceptance) {
    acceptance = {
      json: readAccepted(accept)
        .flatMap(jsonTypesOf)
        .find((type) => accepts(accept, type)),
      stream: accepts(accept, "text/event-stream"),
      isServed: SERVED.some((type) => accepts(accept, type)),
    };
    if (accept.length <= MAX_LENGTH) known.set(accept, acceptance);
  }
  return acceptance;
}

/** The types that a range stands for, the one that older clients know first. */
function jsonTypesOf(range: string): JsonType[] {
  if (range === "application/json" || range === "application/graphql-response+json") return [range];
  return range === "*/*" || range === "application/*" ? ["application/json", "application/graphql-response+json"] : [];
}
