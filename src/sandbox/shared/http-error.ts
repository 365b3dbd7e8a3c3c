// Owns OpenAI's error envelope: what every failed answer of the sandbox looks like. Knows no endpoint.

/** One refusal as OpenAI words it; the server turns it into a status and `{"error": {…}}`. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  /** OpenAI's coarse class of error, such as invalid_request_error. */
  readonly type: string;
  /** The request field at fault; null when none is. */
  readonly param: string | null;
  /** OpenAI's machine-readable reason; null when it gives none. */
  readonly code: string | null;

  constructor(
    status: number,
    message: string,
    details: { type?: string; param?: string | null; code?: string | null } = {},
  ) {
    super(message);
    this.status = status;
    this.type = details.type ?? "invalid_request_error";
    this.param = details.param ?? null;
    this.code = details.code ?? null;
  }
}

/** The status and body for anything thrown: an HttpError as it says, everything else as OpenAI's own 500. Never throws. */
export function errorReply(thrown: unknown): { status: number; body: object } {
  const error =
    thrown instanceof HttpError
      ? thrown
      : new HttpError(500, "The server had an error while processing your request. Sorry about that!", {
          type: "server_error",
        });
  const { status, message, type, param, code } = error;
  return { status, body: { error: { message, type, param, code } } };
}
