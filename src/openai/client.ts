// The upstream as this server sees it: a request, a whole answer or a stream of events, errors. Knows no endpoint.
import { type Dispatcher, errors, Pool } from "undici";
import { readAnswer } from "./answer.ts";
import { createAttempt, type UpstreamRequest } from "./attempt.ts";
import { type Credentials, findSecrets } from "./credentials.ts";
import { startDeadline } from "./deadline.ts";
import { OpenAIError, toOpenAIError } from "./errors.ts";
import { type EventStreamEnd, readEventStream } from "./event-stream.ts";
import { closeBody, isEventStream } from "./stream-body.ts";
import { UpstreamHealth } from "./upstream-health.ts";

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

/** Calls the upstream. */
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
}

/** The pool of connections at one moment. */
export interface PoolStats {
  /** Open connections. */
  readonly connected: number;
  /** Requests on a connection. */
  readonly running: number;
  /** Requests that wait for a connection. */
  readonly queued: number;
}

/** The upstream over kept-alive connections. */
export interface OpenAIConnection extends OpenAIClient {
  /** The same upstream for a caller who has an account there: its key in place of the server's, and nothing else of the server's account. */
  withApiKey(apiKey: string): OpenAIClient;
  /** Whether the upstream is known not to be there, by the last calls: see UpstreamHealth. */
  isDead(): boolean;
  /** How many connections there are, and how many requests use one or wait for one, now. */
  stats(): PoolStats;
  /** Closes the connections once the calls under way have ended. */
  close(): Promise<void>;
}

/** Builds the client; opens no connection yet. */
export function createOpenAIClient(options: OpenAIClientOptions): OpenAIConnection {
  const { baseUrl } = options;
  const pool = new Pool(baseUrl.origin, {
    headersTimeout: options.headersTimeoutMs,
    bodyTimeout: options.idleTimeoutMs,
    maxResponseSize: options.maxUpstreamBytes,
    pipelining: 1,
  });
  const health = new UpstreamHealth();
  return {
    ...createCalls(pool, options, health),
    withApiKey: (apiKey) =>
      createCalls(pool, { ...options, apiKey, organization: undefined, project: undefined }, health),
    isDead: () => health.isDead(),
    stats: () => pool.stats,
    close: () => pool.close(),
  };
}

function createCalls(pool: Pool, options: OpenAIClientOptions, health: UpstreamHealth): OpenAIClient {
  const attempt = health.watch(createAttempt(pool, options));
  const secrets = findSecrets(options);

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
  };
}

/** The whole body. One that tells beforehand that it is too large is not read at all; undici stops any other. */
function readText({ headers, body }: Dispatcher.ResponseData, maxBytes: number): Promise<string> {
  if (!(Number(headers["content-length"]) > maxBytes)) return body.text();
  body.on("error", () => {}).destroy();
  return Promise.reject(new errors.ResponseExceededMaxSizeError());
}
