// Reads the GraphQL parameters of an HTTP request, for every method and content type that the server takes.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLParams, Plugin } from "graphql-yoga";
import { requestError } from "../errors/codes.ts";
import type { ResultStream } from "../execution/result-stream.ts";
import { readJsonBody } from "../http/json-body.ts";
import { parseJson } from "../http/json-text.ts";
import { readBodyType } from "../http/request-head.ts";
import type { CallerContext } from "../limits/caller-context.ts";
import type { OperationRecord } from "../telemetry/operation-record.ts";
import { readMultipart, type UploadLimits } from "./multipart.ts";
import type { ResolveDocument } from "./trusted-documents.ts";

/** What the HTTP server hands to Yoga with each request. */
export interface NodeContext extends CallerContext {
  req: IncomingMessage;
  res: ServerResponse;
  /** Aborted when the client has gone. */
  signal: AbortSignal;
  /** A subscription's results as they come, before the hooks that look at each of them. */
  results?: ResultStream | undefined;
  /** What is known of the operation; undefined where nobody reads it. */
  operation?: OperationRecord | undefined;
}

/** The parameters that an operation may have, besides ids, which resolveDocument removes. */
const PARAMETERS: ReadonlySet<string> = new Set(["query", "operationName", "variables", "extensions"]);

/** Reads a request's parameters. */
export type ReadParams = (context: NodeContext) => Promise<GraphQLParams>;

/**
 * Builds the reader that replaces Yoga's own parsers: it reads bodies once, from the socket, up to their limit, and its
 * errors never quote them. Other methods and content types do not get this far: see checkHead. Every operation goes
 * through `resolveDocument`. The reader throws coded errors with an HTTP status for what is not a GraphQL request.
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-Request
 */
export function createReadParams(limits: UploadLimits, resolveDocument: ResolveDocument): ReadParams {
  function read({ req, res, operation }: NodeContext): unknown {
    if (req.method === "GET") return readQueryString(req.url ?? "");
    if (readBodyType(req) === "multipart/form-data") {
      return readMultipart(req, res, limits, (bytes) => {
        if (operation) operation.uploadBytes += bytes;
      });
    }
    return readJsonBody(req, res, limits.maxBodyBytes);
  }
  return async (context) => checkParams(resolveDocument(expectObject(await read(context))));
}

/** Has Yoga read parameters by `readParams`. */
export function useRequestParams(readParams: ReadParams): Plugin<object, NodeContext> {
  return {
    onRequestParse({ serverContext, setRequestParser }) {
      setRequestParser(() => readParams(serverContext));
    },
  };
}

function readQueryString(url: string): object {
  const start = url.indexOf("?");
  const search = start < 0 ? "" : url.slice(start + 1);
  try {
    // URLSearchParams would keep what it cannot decode as text.
    decodeURIComponent(search);
  } catch {
    throw requestError("BAD_REQUEST", 400, "The URL's query is not percent-encoded UTF-8.");
  }
  const parameters = new URLSearchParams(search);
  const json = (name: string) => {
    const value = parameters.get(name);
    return value ? parseJson(Buffer.from(value), `The query parameter "${name}"`) : undefined;
  };
  // A repeated name stays a list, which resolveDocument refuses.
  const ids = ["documentId", "doc_id", "id"].map((name) => {
    const values = parameters.getAll(name);
    return [name, values.length > 1 ? values : values[0]];
  });
  return {
    ...Object.fromEntries(ids),
    query: parameters.get("query") || undefined,
    operationName: parameters.get("operationName") || undefined,
    variables: json("variables"),
    extensions: json("extensions"),
  };
}

/** Throws for an array, which would be a batch of operations, and for what is not an object. */
function expectObject(body: unknown): object {
  if (Array.isArray(body))
    throw requestError("BAD_REQUEST", 400, "Arrays of operations are not served: send one operation a request.");
  if (typeof body === "object" && body !== null) return body;
  const fields = "with the field query, or with the id of a trusted document";
  throw requestError("BAD_REQUEST", 400, `The request body must be a JSON object ${fields}.`);
}

/** Checks what Yoga does not check, or would quote in its error. */
function checkParams(params: GraphQLParams): GraphQLParams {
  const { operationName } = params;
  if (operationName !== undefined && operationName !== null && typeof operationName !== "string") {
    throw requestError("BAD_REQUEST", 400, "operationName must be a string.");
  }
  for (const name in params) {
    if (!PARAMETERS.has(name) && (params[name as keyof GraphQLParams] ?? null) !== null)
      throw requestError("BAD_REQUEST", 400, `The request has a parameter other than ${[...PARAMETERS].join(", ")}.`);
  }
  return params;
}
