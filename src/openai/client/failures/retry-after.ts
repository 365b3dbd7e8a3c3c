// How long an upstream asks to wait before the next attempt.

/** The header fields of an answer, names in lower case, as undici gives them. */
export type ResponseHeaders = Record<string, string | string[] | undefined>;

/** Google's RetryInfo, wherever it is: gateways put the error that they got into the text of their own. */
const RETRY_DELAY = /\bretryDelay[\\"']{0,8}\s{0,8}:\s{0,8}[\\"']{0,8}(\d{1,9}(?:\.\d{1,9})?)s\b/;

/**
 * Reads `retry-after-ms`, or else `retry-after` in seconds or as an HTTP date, or else Google's RetryInfo in the body, in
 * milliseconds from now.
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 * @see https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
 */
export function readRetryAfterMs(headers: ResponseHeaders, body: string): number | undefined {
  const milliseconds = Number.parseFloat(String(headers["retry-after-ms"]));
  if (milliseconds >= 0 && Number.isFinite(milliseconds)) return Math.ceil(milliseconds);
  const value = String(headers["retry-after"] ?? "");
  const seconds = Number.parseFloat(value);
  const waitMs = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return Number.isFinite(waitMs) ? Math.max(0, Math.ceil(waitMs)) : readRetryInfo(body);
}

/** `"retryDelay": "34.5s"` */
function readRetryInfo(body: string): number | undefined {
  const [, seconds] = RETRY_DELAY.exec(body) ?? [];
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000);
}
