// Owns OpenAI's error format, which every failed request gets. Knows no endpoint.

/** One error, with OpenAI's message; the server answers with its status and `{"error": {…}}`. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  /** OpenAI's coarse class of error, such as invalid_request_error. */
  readonly type: string;
  /** The request field that is wrong; null if it is not one field. */
  readonly param: string | null;
  /** OpenAI's machine-readable reason; null if it gives none. */
  readonly code: string | null;
  /** Header fields of the answer, such as retry-after. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    details: {
      type?: string;
      param?: string | null;
      code?: string | null;
      headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(message);
    this.status = status;
    this.type = details.type ?? "invalid_request_error";
    this.param = details.param ?? null;
    this.code = details.code ?? null;
    this.headers = details.headers ?? {};
  }
}

/** The answer to anything thrown: an HttpError's own, and OpenAI's 500 for everything else. Never throws. */
export function errorReply(thrown: unknown): {
  status: number;
  headers: Readonly<Record<string, string>>;
  json: object;
} {
  const error =
    thrown instanceof HttpError
      ? thrown
      : new HttpError(500, "The server had an error while processing your request. Sorry about that!", {
          type: "server_error",
        });
  const { status, headers, message, type, param, code } = error;
  return { status, headers, json: { error: { message, type, param, code } } };
}
