// From HTTP request to GraphQL parameters, for every method and content type that the server takes.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLParams, Plugin } from "graphql-yoga";
import { requestError } from "./errors.ts";
import { readJsonBody } from "./json-body.ts";
import { readMultipart, type UploadLimits } from "./uploads.ts";

/** What the HTTP server hands to Yoga with each request. */
export interface NodeContext {
  req: IncomingMessage;
  res: ServerResponse;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
}

/**
 * Takes the place of Yoga's own parsers: bodies are read once, from the socket, up to their limit, and what is wrong
 * with them is told without quoting them.
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-Request
 */
export function useRequestParams(limits: UploadLimits): Plugin<object, NodeContext> {
  return {
    onRequestParse({ request, serverContext: { req, res }, setRequestParser }) {
      if (request.method === "GET") setRequestParser(() => readQueryString(req.url ?? ""));
      if (request.method !== "POST") return;
      const contentType = req.headers["content-type"] ?? "";
      const [mediaType = "", ...parameters] = contentType
        .toLowerCase()
        .split(";")
        .map((part) => part.trim());
      if (mediaType === "multipart/form-data") {
        setRequestParser(async () => expectParams(await readMultipart(req, res, limits)));
      } else if (mediaType === "application/json" && parameters.every(isUtf8OrOther)) {
        setRequestParser(async () => expectParams(await readJsonBody(req, limits.maxBodyBytes)));
      } else {
        setRequestParser(() => {
          throw requestError(
            "BAD_REQUEST",
            415,
            "A POST request must have the content type application/json (UTF-8) or multipart/form-data.",
          );
        });
      }
    },
  };
}

function isUtf8OrOther(parameter: string): boolean {
  return !parameter.startsWith("charset=") || /^charset="?utf-?8"?$/.test(parameter);
}

function readQueryString(url: string): GraphQLParams {
  const search = new URLSearchParams(url.split("?")[1] ?? "");
  const json = (name: string) => {
    const value = search.get(name);
    if (!value) return undefined;
    try {
      return JSON.parse(value);
    } catch {
      throw requestError("BAD_REQUEST", 400, `The query parameter "${name}" is not valid JSON.`);
    }
  };
  return expectParams({
    query: search.get("query") || undefined,
    operationName: search.get("operationName") || undefined,
    variables: json("variables"),
    extensions: json("extensions"),
  });
}

/** One operation; Yoga checks the rest of its fields. */
function expectParams(body: unknown): GraphQLParams {
  if (Array.isArray(body))
    throw requestError("BAD_REQUEST", 400, "Arrays of operations are not served: send one operation a request.");
  if (typeof body !== "object" || body === null) {
    throw requestError("BAD_REQUEST", 400, "The request body must be a JSON object with the field query.");
  }
  const { operationName } = body as GraphQLParams;
  if (operationName !== undefined && operationName !== null && typeof operationName !== "string") {
    throw requestError("BAD_REQUEST", 400, "operationName must be a string.");
  }
  return body;
}
