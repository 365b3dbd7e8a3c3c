// How long an upstream asks to wait before the next attempt.
import { isRecord } from "../../../json/json.ts";

/** The header fields of an answer, names in lower case, as undici gives them. */
export type ResponseHeaders = Record<string, string | string[] | undefined>;

const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";
/** Most details of an error that are looked at. */
const MAX_DETAILS = 16;

/**
 * Reads `retry-after-ms`, or else `retry-after` in seconds or as an HTTP date, or else Google's RetryInfo in the error, in
 * milliseconds from now.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 * @see https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
 */
export function readRetryAfterMs(headers: ResponseHeaders, error: unknown): number | undefined {
  const milliseconds = Number.parseFloat(String(headers["retry-after-ms"]));
  if (milliseconds >= 0 && Number.isFinite(milliseconds)) return Math.ceil(milliseconds);
  const value = String(headers["retry-after"] ?? "");
  const seconds = Number.parseFloat(value);
  const waitMs = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return Number.isFinite(waitMs) ? Math.max(0, Math.ceil(waitMs)) : readRetryInfo(error);
}

/** `{"details": [{"@type": "…RetryInfo", "retryDelay": "34.5s"}]}` */
function readRetryInfo(error: unknown): number | undefined {
  if (!isRecord(error) || !Array.isArray(error.details)) return undefined;
  const info = error.details.slice(0, MAX_DETAILS).find((detail) => isRecord(detail) && detail["@type"] === RETRY_INFO);
  const [, seconds] = /^(\d{1,9}(?:\.\d{1,9})?)s$/.exec(isRecord(info) ? String(info.retryDelay) : "") ?? [];
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000);
}
