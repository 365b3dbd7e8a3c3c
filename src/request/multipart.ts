// Reads GraphQL multipart requests with graphql-upload-minimal, and shields clients and the process from its known faults.
// https://github.com/jaydenseric/graphql-multipart-request-spec
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { MIMEType } from "node:util";
import { GraphQLError } from "graphql";
import { processRequest, Upload } from "graphql-upload-minimal";
import { requestError } from "../errors/codes.ts";
import type { HeldBytes } from "../http/held-bytes.ts";
import { continueBody } from "../http/request-head.ts";
import { untilStalled } from "../http/stall.ts";
import { markNumbers, readMarks } from "../json/exact-numbers.ts";
import { FileSplitter } from "./file-splitter.ts";
import { createFieldCheck, misordered } from "./multipart-fields.ts";
import { type Reception, UploadedFile } from "./uploaded-file.ts";

/** Limits of a multipart request. */
export interface UploadLimits {
  /** Largest `operations` or `map` field, in bytes. */
  maxBodyBytes: number;
  /** Largest file, in bytes. */
  maxUploadBytes: number;
  maxFiles: number;
  /** Longest time without progress, in milliseconds. */
  uploadStallMs: number;
}

/** Messages of the library and its parser, each with the one for clients: the originals quote what the client wrote. */
const PROBLEMS: readonly [RegExp, string][] = [
  [/^Misordered multipart fields/, misordered],
  [/^Missing multipart field/, "a field 'map' must be beside 'operations'."],
  [/^Unexpected end/, "it ends before its last boundary."],
  [/^Malformed part header/, "a part has a malformed header."],
];

/** Longest boundary, in characters, by the RFC. */
const MAX_BOUNDARY = 70;
const badBoundary = `its content type must name a boundary of at most ${MAX_BOUNDARY} characters.`;

/** The part of the library's parser (busboy) that the guards need. */
interface Parser extends NodeJS.WritableStream {
  emit(event: string | symbol, ...parameters: unknown[]): boolean;
}

/**
 * Yields the operation as soon as `operations` and `map` have arrived. An UploadedFile stands in the place of each file;
 * none is read before the first of them is opened, and `countBytes` is then called with the number of their bytes. What is
 * held of fields and files is counted in `held`, which may refuse it: see HeldBytes.take. Throws BAD_REQUEST (400) or
 * PAYLOAD_TOO_LARGE (413).
 */
export async function readMultipart(
  req: IncomingMessage,
  res: ServerResponse,
  limits: UploadLimits,
  held: HeldBytes,
  countBytes: (bytes: number) => void = () => {},
): Promise<unknown> {
  const boundary = readBoundary(req);
  // The library knows the media type in lower case only, and quotes any other.
  req.headers["content-type"] = `multipart/form-data; boundary="${boundary.replace(/["\\]/g, "\\$&")}"`;
  const fieldsEnd = guardParser(req, boundary, limits, held);
  continueBody(req, res);
  try {
    // No maxFileSize: the library cuts files there without an error. UploadedFile counts the bytes itself.
    const processed = processRequest(req, res, {
      // The parser reports a field of exactly its limit as cut.
      maxFieldSize: limits.maxBodyBytes + 1,
      maxFiles: limits.maxFiles,
    });
    const stall = { ...limits, receivedBytes: () => req.socket.bytesRead };
    const operations = await untilStalled(processed, stall, () => malformed(`no byte for ${limits.uploadStallMs} ms.`));
    fieldsEnd();
    readMarks(operations);
    let need = () => {};
    const needed = new Promise<void>((resolve) => {
      need = resolve;
    });
    // A body that does not tell its length comes in chunks.
    const length = Number(req.headers["content-length"]) || Number.POSITIVE_INFINITY;
    const mostBytes = Math.min(limits.maxUploadBytes, length);
    const reception = { ...stall, mostBytes, held, countBytes, need, needed };
    return replaceUploads(operations, reception, countUses(operations));
  } catch (error) {
    throw toRequestError(error, limits);
  }
}

/**
 * Listens to the parser's errors: after a malformed part header it emits a second one, which would end the process. Also
 * checks `map` before the library follows its paths, which may lead into prototypes. Counts what arrives in `held`. The
 * function that is returned is to be called after the fields: from then on they alone count.
 */
function guardParser(req: IncomingMessage, boundary: string, limits: UploadLimits, held: HeldBytes): () => void {
  let areFields = true;
  let arrivedBytes = 0;
  let fieldBytes = 0;
  const pipe = req.pipe.bind(req) as (parser: Parser) => Parser;
  const findFieldProblem = createFieldCheck();
  const guarded = (parser: Parser): Parser => {
    const emit = parser.emit.bind(parser);
    const parse = parser.write.bind(parser) as (bytes: Buffer) => boolean;
    const end = parser.end.bind(parser) as () => Parser;
    const splitter = new FileSplitter(boundary, { parse, onDrain: () => emit("drain") });
    parser.on("error", () => {});
    parser.write = (chunk: unknown) => {
      try {
        const { length } = chunk as Buffer;
        if (areFields) held.take(length);
        if (areFields) arrivedBytes += length;
        return splitter.write(chunk as Buffer);
      } catch (error) {
        return emit("error", error);
      }
    };
    parser.end = () => {
      splitter.end();
      return end();
    };
    parser.emit = (event, ...parameters) => {
      if (event === "filesLimit") return emit("error", tooManyFiles(limits));
      // What it has parsed at once does not let the client send more of a file.
      if (event === "drain" && splitter.isFull) return false;
      if (event === "file") {
        const [name, own, facts] = parameters as [string, Readable, object];
        return emit(event, name, splitter.openFile(own), facts);
      }
      if (event !== "field") return emit(event, ...parameters);
      const [name, value, { valueTruncated }] = parameters as [string, string, { valueTruncated: boolean }];
      if (valueTruncated) return emit("error", tooLargeField(limits));
      fieldBytes += value.length;
      const problem = findFieldProblem(name, value);
      // The library parses it again.
      return problem ? emit("error", malformed(problem)) : emit(event, name, markNumbers(value), parameters[2]);
    };
    return pipe(parser);
  };
  req.pipe = guarded as unknown as typeof req.pipe;
  return () => {
    areFields = false;
    held.giveBack(arrivedBytes - fieldBytes);
  };
}

/** In how many places each upload stands: a file with several must be kept until all of them have read it. */
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

/** The library throws plain errors with a `status`, the parser throws them without one. */
function toRequestError(error: unknown, limits: UploadLimits): Error {
  if (error instanceof GraphQLError) return error;
  const { message, status = 400 } = error as Error & { status?: number };
  if (status === 413) return tooManyFiles(limits);
  if (status === 500)
    return requestError("BAD_REQUEST", 400, "The multipart request holds neither 'operations' nor 'map'.");
  const [, problem = "it could not be read."] = PROBLEMS.find(([pattern]) => pattern.test(message)) ?? [];
  return malformed(problem);
}

/** Linear in the body as long as boundaries are short: https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1 */
function readBoundary(req: IncomingMessage): string {
  let boundary: string | null = null;
  try {
    boundary = new MIMEType(req.headers["content-type"] ?? "").params.get("boundary");
  } catch {
    // It is not named in a way that can be read.
  }
  if (!boundary || boundary.length > MAX_BOUNDARY) throw malformed(badBoundary);
  return boundary;
}

function malformed(problem: string): Error {
  return requestError("BAD_REQUEST", 400, `The multipart request is malformed: ${problem}`);
}

function tooManyFiles({ maxFiles }: UploadLimits): Error {
  return requestError("PAYLOAD_TOO_LARGE", 413, `A request may hold at most ${maxFiles} files.`);
}

function tooLargeField({ maxBodyBytes }: UploadLimits): Error {
  const problem = `A multipart field that is no file must be at most ${maxBodyBytes} bytes.`;
  return requestError("PAYLOAD_TOO_LARGE", 413, problem);
}
