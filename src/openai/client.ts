// One upstream call over undici: key, deadlines, abort, retries, size limit, errors. Knows no endpoint.
import { Pool } from "undici";
import { readAnswer } from "./answer.ts";
import { type Credentials, createFixedHeaders, findSecrets } from "./credentials.ts";
import { startDeadline } from "./deadline.ts";
import { OpenAIError, toOpenAIError } from "./errors.ts";
import { createMultipart, type MultipartFields, StreamedFile } from "./multipart.ts";
import { isRetryable, retryDelayMs } from "./retry.ts";

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

  /** One try; the error it throws says whether another may help. */
  async function attempt(request: UpstreamRequest, signal: AbortSignal): Promise<unknown> {
    const response = await pool
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
    const text = await response.body.text().catch((error: unknown) => {
      // An error status says enough, whatever became of its reason.
      if (response.statusCode >= 400) return "";
      throw toOpenAIError(error, "interrupted", options);
    });
    return readAnswer(response, text, secrets);
  }

  return {
    async request(request, callerSignal) {
      callerSignal.throwIfAborted();
      const files = Object.values(request.multipart ?? {}).filter((part) => part instanceof StreamedFile);
      const deadline = startDeadline(options.totalTimeoutMs, callerSignal);
      try {
        for (let retry = 0; ; retry++) {
          try {
            return await attempt(request, deadline.signal);
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
      } finally {
        deadline.end();
      }
    },
    close: () => pool.close(),
  };
}

/** Whether undici refused the request itself, as where a configured key has characters that no header may hold. */
function isOwnFault(error: unknown): boolean {
  return (error as { code?: unknown }).code === "UND_ERR_INVALID_ARG";
}

function createBody({ json, multipart }: UpstreamRequest) {
  if (multipart) return createMultipart(multipart);
  return json === undefined ? null : JSON.stringify(json);
}
