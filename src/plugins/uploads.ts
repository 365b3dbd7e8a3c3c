// GraphQL multipart requests by graphql-upload-minimal, with its known faults kept from clients and from the process.
// https://github.com/jaydenseric/graphql-multipart-request-spec
import type { IncomingMessage, ServerResponse } from "node:http";
import { GraphQLError } from "graphql";
import { processRequest, Upload } from "graphql-upload-minimal";
import { requestError } from "./errors.ts";
import { type Reception, UploadedFile } from "./uploaded-file.ts";

/** What a multipart request may hold. */
export interface UploadLimits {
  /** Largest `operations` or `map` field, in bytes. */
  maxBodyBytes: number;
  /** Largest file, in bytes. */
  maxUploadBytes: number;
  maxFiles: number;
  /** Longest time without progress, in milliseconds. */
  uploadStallMs: number;
}

/** The part of the library's parser (busboy) that the guards need. */
interface Parser extends NodeJS.WritableStream {
  emit(event: string | symbol, ...parameters: unknown[]): boolean;
  destroy(error: Error): this;
}

/**
 * Yields the operation as soon as `operations` and `map` have come, an UploadedFile in the place of each file while
 * its bytes still arrive. Throws BAD_REQUEST (400) or PAYLOAD_TOO_LARGE (413).
 */
export async function readMultipart(req: IncomingMessage, res: ServerResponse, limits: UploadLimits): Promise<unknown> {
  guardParser(req);
  try {
    const operations = await processRequest(req, res, {
      maxFieldSize: limits.maxBodyBytes,
      // One more than allowed: the library cuts at its limit without a word, and also a file of exactly that size.
      maxFileSize: limits.maxUploadBytes + 1,
      maxFiles: limits.maxFiles,
    });
    const reception = { ...limits, receivedBytes: () => req.socket.bytesRead };
    return replaceUploads(operations, reception, countUses(operations));
  } catch (error) {
    throw toRequestError(error);
  }
}

/**
 * Keeps an ear on the parser: after a malformed part header it emits a second error that nobody else hears, which
 * would end the process. And checks `map` before the library follows its paths, which lead it into prototypes too.
 */
function guardParser(req: IncomingMessage): void {
  const pipe = req.pipe.bind(req) as (parser: Parser) => Parser;
  let operations: unknown;
  const guarded = (parser: Parser): Parser => {
    const emit = parser.emit.bind(parser);
    parser.on("error", () => {});
    parser.emit = (event, ...parameters) => {
      if (event !== "field") return emit(event, ...parameters);
      const [name, value] = parameters as [string, string];
      if (name === "operations") operations = parseJson(value);
      const badPath = name === "map" && findBadPath(operations, parseJson(value));
      if (!badPath) return emit(event, ...parameters);
      parser.destroy(
        requestError(
          "BAD_REQUEST",
          400,
          `The multipart field "map" has a path that is not in "operations": ${badPath}`,
        ),
      );
      return true;
    };
    return pipe(parser);
  };
  req.pipe = guarded as unknown as typeof req.pipe;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first path of `map` that does not lead through `operations`' own fields. What is no path at all is the library's to refuse. */
function findBadPath(operations: unknown, map: unknown): string | undefined {
  const paths = Object.values(map ?? {})
    .flat()
    .filter((path) => typeof path === "string");
  return paths.find((path) => {
    let value = operations;
    for (const key of path.split(".")) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return true;
      value = (value as Record<string, unknown>)[key];
    }
    return false;
  });
}

/** How many places each upload stands in: a file with several has to be kept until the last one has read it. */
function countUses(value: unknown, uses = new Map<Upload, number>()): Map<Upload, number> {
  if (value instanceof Upload) uses.set(value, (uses.get(value) ?? 0) + 1);
  else if (typeof value === "object" && value !== null)
    for (const child of Object.values(value)) countUses(child, uses);
  return uses;
}

function replaceUploads(operations: unknown, reception: Reception, uses: ReadonlyMap<Upload, number>): unknown {
  const files = new Map(
    [...uses].map(([upload, count]) => [upload, new UploadedFile(upload.promise, reception, count > 1)]),
  );
  const replace = (value: unknown): unknown => {
    if (value instanceof Upload) return files.get(value);
    if (typeof value !== "object" || value === null) return value;
    for (const [key, child] of Object.entries(value)) (value as Record<string, unknown>)[key] = replace(child);
    return value;
  };
  return replace(operations);
}

/** The library's errors are plain ones with a `status`, the parser's have not even that. */
function toRequestError(error: unknown): Error {
  if (error instanceof GraphQLError) return error;
  const { message, status = 400 } = error as Error & { status?: number };
  if (status === 413) return requestError("PAYLOAD_TOO_LARGE", 413, message);
  if (status === 500)
    return requestError("BAD_REQUEST", 400, 'The multipart request holds neither "operations" nor "map".');
  return requestError("BAD_REQUEST", 400, `The multipart request is malformed: ${message}`);
}
