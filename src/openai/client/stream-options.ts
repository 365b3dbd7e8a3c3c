// `stream_options`, which asks for a stream's usage, and which some servers refuse: it is left out for one that has.
import { isRecord } from "../../json/json.ts";
import type { UpstreamRequest } from "./endpoint.ts";
import { OpenAIError } from "./failures/errors.ts";

const NAME = "stream_options";

export class StreamOptions {
  #areRefused = false;

  /** The request as this upstream takes it. */
  fit(request: UpstreamRequest): UpstreamRequest {
    if (!this.#areRefused || !isRecord(request.json) || !(NAME in request.json)) return request;
    const { [NAME]: _, ...json } = request.json;
    return { ...request, json };
  }

  /** Whether the upstream has refused the request for its `stream_options` alone, so that it is to be sent once more. */
  areRefusedBy(error: unknown, request: UpstreamRequest): boolean {
    // Not whether it is known by now: of requests that were sent at once, each is to be sent again.
    if (!isRecord(request.json) || !(NAME in request.json)) return false;
    if (!(error instanceof OpenAIError) || error.reason !== "status") return false;
    const { status = 0, param = "" } = error.details;
    if (status < 400 || status >= 500 || !`${param} ${error.message}`.includes(NAME)) return false;
    this.#areRefused = true;
    return true;
  }
}
