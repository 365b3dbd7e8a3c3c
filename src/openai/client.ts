// One upstream call over undici: key, deadlines, abort, retries, size limit, errors. Knows no endpoint.
import { type Dispatcher, errors, Pool } from "undici";
import { readAnswer } from "./answer.ts";
import { type Credentials, createFixedHeaders, findSecrets } from "./credentials.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { OpenAIError, toOpenAIError } from "./errors.ts";
import { type EventStreamEnd, readEventStream } from "./event-stream.ts";
import { createMultipart, type MultipartFields, StreamedFile } from "./multipart.ts";
import { isRetryable, retryDelayMs } from "./retry.ts";
import { closeBody, isEventStream } from "./stream-body.ts";

/** Where and how to call the upstream. */
export interface OpenAIClientOptions extends Credentials {
  /** Longest wait for the head of an answer, in milliseconds. */
  headersTimeoutMs: number;
  /** Longest silence inside an answer's body, in milliseconds. */
  idleTimeoutMs: number;
  /** Longest time for the whole call, retries and waits included, in milliseconds. */
  totalTimeoutMs: number;
  /** Attempts after the first. */
  maxRetries: number;
  /** Largest answer, in bytes. */
  maxUpstreamBytes: number;
}

/** One request: a path below the root and at most one of the two bodies. */
export interface UpstreamRequest {
  method: "GET" | "POST";
  path: string;
  json?: unknown;
  multipart?: MultipartFields;
}

/** Calls one upstream over kept-alive connections. */
export interface OpenAIClient {
  /**
   * Sends the request and yields the answer's JSON value, whatever its shape.
   * Throws OpenAIError; or `signal`'s reason once it is aborted; or what a file part's own stream threw.
   */
  request(request: UpstreamRequest, signal: AbortSignal): Promise<unknown>;
  /**
   * Sends the request and yields the JSON object of each event as it comes; returns how the events ended. An attempt is
   * repeated by the same rules up to the head of an answer that streams, and never after.
   * Throws as `request` does. Leaving the iteration ends the upstream call.
   */
  stream(request: UpstreamRequest, signal: AbortSignal): AsyncGenerator<Record<string, unknown>, EventStreamEnd>;
  /** Closes the connections once the calls under way have ended. */
  close(): Promise<void>;
}

/** Builds the client; opens no connection yet. */
export function createOpenAIClient(options: OpenAIClientOptions): OpenAIClient {
  const { baseUrl, maxRetries } = options;
  const pool = new Pool(baseUrl.origin, {
    headersTimeout: options.headersTimeoutMs,
    bodyTimeout: options.idleTimeoutMs,
    maxResponseSize: options.maxUpstreamBytes,
    pipelining: 1,
  });
  const root = baseUrl.pathname.replace(/\/+$/, "");
  const headers = createFixedHeaders(options);
  const secrets = findSecrets(options);

  /** Sends the request once and waits for the head of the answer. */
  function send(request: UpstreamRequest, signal: AbortSignal) {
    return pool
      .request({
        method: request.method,
        path: root + request.path + baseUrl.search,
        headers: request.json === undefined ? headers.plain : headers.json,
        body: createBody(request),
        signal,
      })
      .catch((error: unknown) => {
        throw isOwnFault(error) ? error : toOpenAIError(error, "unavailable", options);
      });
  }

  async function readWhole(response: Dispatcher.ResponseData): Promise<unknown> {
    const text = await readText(response, options.maxUpstreamBytes).catch((error: unknown) => {
      // An error status says enough, whatever became of its reason.
      if (response.statusCode >= 400) return "";
      throw toOpenAIError(error, "interrupted", options);
    });
    return readAnswer(response, text, secrets);
  }

  /** Throws what a whole answer in place of a stream says: its error, or that it is none. */
  async function openStream(response: Dispatcher.ResponseData): Promise<Dispatcher.ResponseData> {
    if (isEventStream(response)) return response;
    await readWhole(response);
    throw new OpenAIError("invalid_response", "The upstream sent a whole answer where a stream was asked for.");
  }

  /** Sends the request until `read` accepts an answer or no further attempt is due. */
  async function attempt<Result>(
    request: UpstreamRequest,
    deadline: Deadline,
    read: (response: Dispatcher.ResponseData) => Promise<Result>,
  ): Promise<Result> {
    const files = Object.values(request.multipart ?? {}).filter((part) => part instanceof StreamedFile);
    for (const file of files) {
      file.limitTaking(options.idleTimeoutMs, () => {
        const message = `The upstream took no byte of the upload for ${options.idleTimeoutMs} ms.`;
        deadline.abort(new OpenAIError("timeout", message));
      });
    }
    for (let retry = 0; ; retry++) {
      try {
        return await read(await send(request, deadline.signal));
      } catch (error) {
        deadline.signal.throwIfAborted();
        for (const file of files) if (file.failure) throw file.failure;
        const retryable = error instanceof OpenAIError && isRetryable(error) && !files.some((file) => file.started);
        if (!retryable || retry >= maxRetries) throw error;
        const delayMs = retryDelayMs(error, retry);
        if (delayMs >= deadline.remainingMs()) throw error;
        await deadline.sleep(delayMs);
      }
    }
  }

  return {
    async request(request, callerSignal) {
      callerSignal.throwIfAborted();
      const deadline = startDeadline(options.totalTimeoutMs, callerSignal);
      try {
        return await attempt(request, deadline, readWhole);
      } finally {
        deadline.end();
      }
    },
    async *stream(request, callerSignal) {
      callerSignal.throwIfAborted();
      const deadline = startDeadline(options.totalTimeoutMs, callerSignal);
      let body: Dispatcher.ResponseData["body"] | undefined;
      let end: EventStreamEnd = "body";
      try {
        const response = await attempt(request, deadline, openStream);
        body = response.body;
        // Not closed by the iteration, which would break the connection after `[DONE]` too, but below.
        const bytes = body.iterator({ destroyOnReturn: false });
        end = yield* readEventStream(bytes, response.headers, secrets);
        return end;
      } catch (error) {
        deadline.signal.throwIfAborted();
        throw error instanceof OpenAIError ? error : toOpenAIError(error, "interrupted", options);
      } finally {
        if (body) closeBody(body, end === "done");
        deadline.end();
      }
    },
    close: () => pool.close(),
  };
}

/** The whole body. One that tells beforehand that it is too large is not read at all; undici stops any other. */
function readText({ headers, body }: Dispatcher.ResponseData, maxBytes: number): Promise<string> {
  if (!(Number(headers["content-length"]) > maxBytes)) return body.text();
  body.on("error", () => {}).destroy();
  return Promise.reject(new errors.ResponseExceededMaxSizeError());
}

/** Whether undici refused the request itself, as where a configured key has characters that no header may hold. */
function isOwnFault(error: unknown): boolean {
  return (error as { code?: unknown }).code === "UND_ERR_INVALID_ARG";
}

function createBody({ json, multipart }: UpstreamRequest) {
  if (multipart) return createMultipart(multipart);
  return json === undefined ? null : JSON.stringify(json);
}
