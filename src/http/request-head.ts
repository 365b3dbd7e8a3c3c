// Checks the head of a request to the endpoint before its body is read: method, media type, length. Knows no Yoga.
// https://graphql.github.io/graphql-over-http/draft/#sec-Request
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLError } from "graphql";
import { requestError } from "../errors/codes.ts";
import { rememberByValue } from "./by-value.ts";

/** The media types of request bodies that the server takes. */
export type BodyType = "application/json" | "multipart/form-data";

/**
 * Yields an error for a request that can be refused by its head alone: 400, 405, 413 (a JSON body declared larger
 * than `maxBodyBytes`), 415 or 417. Does not check which web page sent it: see checkCsrf.
 */
export function checkHead(req: IncomingMessage, maxBodyBytes: number): GraphQLError | undefined {
  const { method, headers } = req;
  if (hasExpectation(req) && !waitsForContinue(req)) {
    return requestError("BAD_REQUEST", 417, "The only expectation that is met is 100-continue.");
  }
  if (method !== "GET" && method !== "POST") {
    return requestError("BAD_REQUEST", 405, "GraphQL is served by GET and POST.", { allow: "GET, POST" });
  }
  if (method === "GET") return undefined;
  if (!/^chunked$/i.test(headers["transfer-encoding"] ?? "chunked")) {
    return requestError("BAD_REQUEST", 400, "The only transfer coding that is read is chunked.");
  }
  if (!/^identity$/i.test(headers["content-encoding"] ?? "identity")) {
    return requestError("BAD_REQUEST", 415, "The request body must not be compressed.", {
      "accept-encoding": "identity",
    });
  }
  const bodyType = readBodyType(req);
  if (!bodyType) {
    const types = "application/json (UTF-8) or multipart/form-data";
    return requestError("BAD_REQUEST", 415, `A POST request must have the content type ${types}.`);
  }
  const isTooLarge = bodyType === "application/json" && Number(headers["content-length"]) > maxBodyBytes;
  return isTooLarge ? payloadTooLarge(maxBodyBytes) : undefined;
}

/** The media type of the request's body; undefined for a type or a charset (not UTF-8) that the server does not take. */
export function readBodyType(req: IncomingMessage): BodyType | undefined {
  return typeOf(req.headers["content-type"] ?? "");
}

const typeOf = rememberByValue((contentType: string): BodyType | undefined => {
  const parts = contentType.toLowerCase().split(";");
  const [mediaType, ...parameters] = parts.map((part) => part.trim());
  if (mediaType === "multipart/form-data") return mediaType;
  const charsets = parameters.filter((parameter) => parameter.startsWith("charset"));
  const isUtf8 = charsets.length < 2 && charsets.every((charset) => /^charset=(?:utf-?8|"utf-?8")$/.test(charset));
  return mediaType === "application/json" && isUtf8 ? mediaType : undefined;
});

/** Sends 100 Continue to a client that waits for it. Call it when the body is about to be read. */
export function continueBody(req: IncomingMessage, res: ServerResponse): void {
  if (hasExpectation(req) && waitsForContinue(req) && !req.complete) res.writeContinue();
}

/** The error for a JSON body that is larger than `maxBytes`, as declared or as counted. */
export function payloadTooLarge(maxBytes: number): GraphQLError {
  return requestError("PAYLOAD_TOO_LARGE", 413, `The request body must be at most ${maxBytes} bytes.`);
}

/** HTTP/1.0 has no expectations. */
function hasExpectation({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.expect !== undefined && httpVersion === "1.1";
}

function waitsForContinue({ headers }: IncomingMessage): boolean {
  return headers.expect?.toLowerCase() === "100-continue";
}
