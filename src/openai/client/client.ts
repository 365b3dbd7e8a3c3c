// The HTTP client of the upstream: sends a request, and yields a whole answer, a stream of events or an error.
import { Pool } from "undici";
import { isEventStream, readAnswer } from "./answer.ts";
import { type CallHooks, createAttempt, type OpenAIClientOptions } from "./attempt.ts";
import { readText } from "./body-text.ts";
import { Deadline } from "./deadline.ts";
import type { UpstreamRequest } from "./endpoint.ts";
import { OpenAIError, toOpenAIError } from "./errors.ts";
import { type EventStreamEnd, readEventStream, type Take } from "./event-stream.ts";
import type { Repeat } from "./events/event-form.ts";
import type { Exchange } from "./exchange.ts";
import { findSecrets } from "./secrets/credentials.ts";
import { UpstreamHealth } from "./upstream-health.ts";

/** The JSON object of one event of a stream. */
export type OpenAIEvent = Record<string, unknown>;

/** Calls the upstream. */
export interface OpenAIClient {
  /**
   * Sends the request and yields the answer's JSON value, whatever its shape.
   * Throws OpenAIError; or `signal`'s reason once it is aborted; or what a file part's own stream threw.
   */
  request(request: UpstreamRequest, signal: AbortSignal): Promise<unknown>;
  /**
   * Sends the request and hands the JSON objects of the events to `take` as they come, all that one read brought at once;
   * yields how the events ended. An attempt is repeated by the same rules up to the head of an answer that streams, and never
   * after.
   * Throws as `request` does, after the events so far; what `take` throws ends the upstream call.
   */
  stream(request: UpstreamRequest, signal: AbortSignal, take: Take<OpenAIEvent | Repeat>): Promise<EventStreamEnd>;
}

/** Calls the upstream. Its users can follow each call by `hooks`. */
export interface FollowedClient extends OpenAIClient {
  request(request: UpstreamRequest, signal: AbortSignal, hooks?: CallHooks): ReturnType<OpenAIClient["request"]>;
  stream(
    request: UpstreamRequest,
    signal: AbortSignal,
    take: Take<OpenAIEvent | Repeat>,
    hooks?: CallHooks,
  ): ReturnType<OpenAIClient["stream"]>;
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
export interface OpenAIConnection extends FollowedClient {
  /** The same upstream for a caller who has an account there: its own key, and nothing of the server's account. */
  withApiKey(apiKey: string): FollowedClient;
  /** Whether the last calls show that the upstream is not there: see UpstreamHealth. */
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

function createCalls(pool: Pool, options: OpenAIClientOptions, health: UpstreamHealth): FollowedClient {
  const attempt = health.watch(createAttempt(pool, options));
  const reading = { secrets: findSecrets(options), maxValues: options.maxUpstreamValues };

  async function readWhole(answer: Exchange): Promise<unknown> {
    const text = await readText(answer, options.maxUpstreamBytes).catch((error: unknown) => {
      // An error status is enough, even if its body could not be read.
      if (answer.statusCode >= 400) return "";
      throw toOpenAIError(error, "interrupted", options);
    });
    try {
      return await readAnswer(answer, text, reading);
    } catch (error) {
      answer.forget();
      throw error;
    }
  }

  /** For a whole answer in place of a stream: throws the error in it, or an error because it is not a stream. */
  async function openStream(answer: Exchange): Promise<Exchange> {
    if (isEventStream(answer)) return answer;
    await readWhole(answer);
    throw new OpenAIError("invalid_response", "The upstream sent a whole answer where a stream was asked for.");
  }

  return {
    async request(request, callerSignal, hooks) {
      callerSignal.throwIfAborted();
      const deadline = new Deadline(options.totalTimeoutMs, callerSignal);
      try {
        return await attempt(request, hooks, deadline, readWhole);
      } finally {
        deadline.end();
      }
    },
    async stream(request, callerSignal, take, hooks) {
      callerSignal.throwIfAborted();
      const deadline = new Deadline(options.totalTimeoutMs, callerSignal);
      let answer: Exchange | undefined;
      let end: EventStreamEnd = "body";
      try {
        answer = await attempt(request, hooks, deadline, openStream);
        const { readAddedText } = request.endpoint.isPaid ? request.endpoint : {};
        end = await readEventStream(answer, take, { readAddedText, ...reading });
        return end;
      } catch (error) {
        deadline.check();
        throw error instanceof OpenAIError ? error : toOpenAIError(error, "interrupted", options);
      } finally {
        answer?.close(end === "done");
        answer?.forget();
        deadline.end();
      }
    },
  };
}
