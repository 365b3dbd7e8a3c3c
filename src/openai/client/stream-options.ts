// `stream_options`, which asks for a stream's usage, and which some servers refuse: it is left out for one that has.
import { isRecord } from "../../json/json.ts";
import type { UpstreamRequest } from "./endpoint.ts";
import { OpenAIError } from "./failures/errors.ts";
import { mayHaveBeenPaid } from "./failures/payment.ts";

const NAME = "stream_options";

/** `always` and `never` as they say; `auto`: until the upstream refuses it. */
export type StreamUsage = "auto" | "always" | "never";

export class StreamOptions {
  readonly #usage: StreamUsage;
  #areLeftOut: boolean;

  constructor(usage: StreamUsage = "auto") {
    this.#usage = usage;
    this.#areLeftOut = usage === "never";
  }

  /** The request as this upstream takes it. */
  fit(request: UpstreamRequest): UpstreamRequest {
    return this.#areLeftOut ? withoutStreamOptions(request) : request;
  }

  /**
   * Whether the upstream seems to have refused the request for its `stream_options`, in whatever words: it names them, or the
   * one field in them. It has not worked on it.
   */
  mayBeRefusedBy(error: unknown, request: UpstreamRequest): boolean {
    if (this.#usage !== "auto" || !hasStreamOptions(request)) return false;
    if (!(error instanceof OpenAIError) || error.reason !== "status" || mayHaveBeenPaid(error)) return false;
    const { status = 0, param = "", isEmbedded } = error.details;
    return (
      !isEmbedded &&
      status >= 400 &&
      status < 500 &&
      /stream_?options|include_?usage/i.test(`${param} ${error.message}`)
    );
  }

  /** From now on requests go out without them. */
  leaveOut(): void {
    this.#areLeftOut = true;
  }
}

/** The same request without `stream_options`. */
export function withoutStreamOptions(request: UpstreamRequest): UpstreamRequest {
  if (!hasStreamOptions(request)) return request;
  const { [NAME]: _, ...json } = request.json;
  return { ...request, json };
}

function hasStreamOptions(request: UpstreamRequest): request is UpstreamRequest & { json: Record<string, unknown> } {
  return isRecord(request.json) && NAME in request.json;
}
