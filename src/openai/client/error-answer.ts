// Reads an error out of an upstream answer, in any of the shapes that servers of this API send.

import { isRecord, readJson } from "../../json/json.ts";
import { readWords } from "./failures/error-words.ts";
import { OpenAIError, type OpenAIErrorDetails } from "./failures/errors.ts";
import { impliedStatus } from "./failures/implied-status.ts";
import { type ResponseHeaders, readRetryAfterMs } from "./failures/retry-after.ts";
import { redact } from "./secrets/redact.ts";
import type { Secrets } from "./secrets/secrets.ts";

/**
 * Reads an error, whatever its shape (see readWords), plain text or a page. The upstream's own words are kept where they are
 * JSON, and as plain text for 4xx only: a server's text about its own fault is a page or a trace. Never throws.
 */
export function readErrorAnswer(
  httpStatus: number,
  headers: ResponseHeaders,
  text: string,
  secrets: Secrets,
): OpenAIError {
  const json = readJson(text);
  const body = Array.isArray(json) ? json[0] : json;
  const outside = isRecord(body) ? body : {};
  const first = Array.isArray(outside.errors) ? outside.errors[0] : undefined;
  const error = isRecord(outside.error) ? outside.error : isRecord(first) ? first : outside;
  const words = redact(
    json !== undefined ? readWords(json) : httpStatus >= 400 && httpStatus < 500 ? text : "",
    secrets,
  );
  const status = httpStatus >= 400 ? httpStatus : impliedStatus({ ...outside, ...error }, words);
  return new OpenAIError(
    "status",
    words || `The upstream ${status < 500 ? "refused" : "failed"} with status ${status}.`,
    compact({
      status,
      type: token(error.type ?? outside.error_type, secrets),
      code: token(error.code, secrets),
      param: token(error.param, secrets),
      requestId: readRequestId(headers, secrets),
      retryAfterMs: readRetryAfterMs(headers, text),
      isForeign: (json === undefined && text.trim() !== "") || undefined,
      shouldRetry: readShouldRetry(headers),
      isEmbedded: httpStatus < 400 || undefined,
    }),
  );
}

/** The upstream's own id of the request; undefined if it sent none, or something that is not an id. */
export function readRequestId(headers: ResponseHeaders, secrets: Secrets): string | undefined {
  const id = headers["x-request-id"];
  // Most ids look like this. They can hold no more than a part of a secret in hexadecimal digits.
  const isUsual = typeof id === "string" && USUAL_REQUEST_ID.test(id) && !secrets.isInHexadecimal(id);
  return isUsual ? id : token(id, secrets);
}

/** OpenAI's, and a UUID. */
const USUAL_REQUEST_ID = /^(?:req_[\da-f]{1,64}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/;

function readShouldRetry({ "x-should-retry": asked }: ResponseHeaders): boolean | undefined {
  return asked === "true" || (asked === "false" ? false : undefined);
}

/** A short word for machines (an error code, a field path, an id). Anything longer or of other characters is left out. */
function token(value: unknown, secrets: Secrets): string | undefined {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && /^[\w.[\]:/-]{1,128}$/.test(text) ? redact(text, secrets) : undefined;
}

function compact(
  details: { [Key in keyof OpenAIErrorDetails]: OpenAIErrorDetails[Key] | undefined },
): OpenAIErrorDetails {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}
