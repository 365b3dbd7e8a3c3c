// Reads the GraphQL parameters of an HTTP request, for every method and content type that the server takes.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLError } from "graphql";
import type { Caller } from "../callers/caller.ts";
import { codedError, requestError } from "../errors/codes.ts";
import type { OperationContext, OperationParams } from "../execution/engine.ts";
import type { HeldBytes } from "../http/held-bytes.ts";
import { readJsonBody } from "../http/json-body.ts";
import { parseJson } from "../http/json-text.ts";
import { readBodyType } from "../http/request-head.ts";
import type { Rates } from "../limits/rates.ts";
import { readClientTimeout } from "./client-timeout.ts";
import { readIdempotencyKey } from "./idempotency-key.ts";
import { readMultipart, type UploadLimits } from "./multipart.ts";
import type { ResolveDocument } from "./trusted-documents.ts";

/** What an operation over HTTP is run with. */
export interface NodeContext extends OperationContext {
  req: IncomingMessage;
  res: ServerResponse;
  /** Counts the bytes that the operation holds. */
  held: HeldBytes;
  /** How far the caller's limits are used up. Undefined: it has none that are told. */
  rates?: Rates | undefined;
}

/** The parameters that an operation may have, besides ids, which resolveDocument takes out. */
const PARAMETERS: ReadonlySet<string> = new Set(["query", "operationName", "variables", "extensions"]);

export interface ReadParamsOptions {
  limits: UploadLimits;
  /** What keeps the caller from sending files. */
  checkUpload(caller: Caller): GraphQLError | undefined;
  resolveDocument: ResolveDocument;
}

/** Reads a request's parameters: at once if they have come whole, as most do. Throws, or rejects with, what is wrong with them. */
export type ReadParams = (context: NodeContext) => OperationParams | Promise<OperationParams>;

/**
 * Builds the reader of parameters: it reads bodies once, from the socket, up to their limit, and its
 * errors never quote them. Other methods and content types do not get this far: see checkHead. Every operation goes
 * through `resolveDocument`. The reader throws coded errors with an HTTP status for what is not a GraphQL request.
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-Request
 */
export function createReadParams({ limits, checkUpload, resolveDocument }: ReadParamsOptions): ReadParams {
  function read({ req, res, caller, held, operation }: NodeContext): unknown {
    if (req.method === "GET") return readQueryString(req.url ?? "");
    if (readBodyType(req) === "multipart/form-data") {
      const refusal = checkUpload(caller);
      if (refusal) throw refusal;
      return readMultipart(req, res, limits, held, (bytes) => {
        if (operation) operation.uploadBytes += bytes;
      });
    }
    return readJsonBody(req, res, limits.maxBodyBytes, held);
  }
  function toParams(context: NodeContext, body: unknown): OperationParams {
    const params = checkParams(resolveDocument(expectObject(body)));
    const timeoutMs = readClientTimeout(params.extensions, context.req.headers["x-request-timeout-ms"]);
    if (timeoutMs !== undefined) context.timeoutMs = timeoutMs;
    const key = readIdempotencyKey(params.extensions, context.req.headers["idempotency-key"]);
    if (key !== undefined) context.idempotencyKey = key;
    return params;
  }
  return (context) => {
    const body = read(context);
    return body instanceof Promise ? body.then((read) => toParams(context, read)) : toParams(context, body);
  };
}

async function readQueryString(url: string): Promise<object> {
  const start = url.indexOf("?");
  const search = start < 0 ? "" : url.slice(start + 1);
  try {
    // URLSearchParams would keep what it cannot decode as text.
    decodeURIComponent(search);
  } catch {
    throw requestError("BAD_REQUEST", 400, "The URL's query is not percent-encoded UTF-8.");
  }
  const parameters = new URLSearchParams(search);
  const json = async (name: string) => {
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
    variables: await json("variables"),
    extensions: await json("extensions"),
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

/** Checks what each parameter is; what is wrong with one is not quoted. */
function checkParams(params: OperationParams): OperationParams {
  const { query, operationName } = params as Record<keyof OperationParams, unknown>;
  if (operationName !== undefined && operationName !== null && typeof operationName !== "string") {
    throw requestError("BAD_REQUEST", 400, "operationName must be a string.");
  }
  // As in a URL, and as clients send it for an operation without a name.
  if (operationName === "") params.operationName = undefined;
  for (const name in params) {
    if (!PARAMETERS.has(name) && (params[name as keyof OperationParams] ?? null) !== null)
      throw requestError("BAD_REQUEST", 400, `The request has a parameter other than ${[...PARAMETERS].join(", ")}.`);
  }
  if (query === undefined || query === null) {
    const http = { spec: true, status: 400, headers: { allow: "GET, POST" } };
    throw codedError("BAD_REQUEST", "Must provide query string.", { http });
  }
  if (typeof query !== "string") throw unexpected("query", "a string", query);
  checkObject("variables", params.variables);
  checkObject("extensions", params.extensions);
  return params;
}

function checkObject(name: string, value: unknown): void {
  if (value === undefined || value === null || (typeof value === "object" && !Array.isArray(value))) return;
  throw unexpected(name, "empty or an object", value);
}

function unexpected(name: string, expected: string, value: unknown): Error {
  const given = Array.isArray(value) ? "array" : typeof value;
  const message = `Expected "${name}" param to be ${expected}, but given ${given}.`;
  return requestError("BAD_REQUEST", 400, message, { allow: "GET, POST" });
}
