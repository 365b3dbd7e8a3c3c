// The HTTP client of the upstream: sends a request, and yields a whole answer, a stream of events or an error.
import { Pool } from "undici";
import { isRecord } from "../../json/json.ts";
import { readAnswer } from "./answer.ts";
import { type CallHooks, createAttempt, type OpenAIClientOptions } from "./attempt.ts";
import { openBody } from "./body-form.ts";
import { readText } from "./body-text.ts";
import { type Deadline, Deadlines } from "./deadline.ts";
import type { UpstreamRequest } from "./endpoint.ts";
import { type EventStreamEnd, readEventStream, type Take } from "./event-stream.ts";
import type { Repeat } from "./events/event-form.ts";
import type { Exchange } from "./exchange.ts";
import { OpenAIError, toOpenAIError } from "./failures/errors.ts";
import { findSecrets } from "./secrets/credentials.ts";
import { StreamOptions } from "./stream-options.ts";
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
  const known = { health, streamOptions: new StreamOptions() };
  return {
    ...createCalls(pool, options, known, true),
    withApiKey: (apiKey) =>
      createCalls(pool, { ...options, apiKey, organization: undefined, project: undefined }, known, false),
    isDead: () => health.isDead(),
    stats: () => pool.stats,
    close: () => pool.close(),
  };
}

const NOT_A_STREAM = "The upstream sent a whole answer where a stream was asked for.";

function createCalls(
  pool: Pool,
  options: OpenAIClientOptions,
  { health, streamOptions }: { health: UpstreamHealth; streamOptions: StreamOptions },
  isServersAccount: boolean,
): FollowedClient {
  const attempt = health.watch(createAttempt(pool, options));
  const deadlines = new Deadlines(options.totalTimeoutMs);
  const reading = { secrets: findSecrets(options), maxValues: options.maxUpstreamValues };

  async function readWhole(answer: Exchange): Promise<unknown> {
    let text = "";
    try {
      text = await readText(answer, options.maxUpstreamBytes);
    } catch (error) {
      // An error status is enough, even if its body could not be read.
      if (answer.statusCode < 400) throw toOpenAIError(error, options);
    }
    try {
      return await readAnswer(answer, text, reading);
    } catch (error) {
      answer.forget();
      throw error;
    }
  }

  /** The answer as a stream, or its value where the upstream gives a whole answer. Throws the error in it. */
  async function openStream(answer: Exchange): Promise<Exchange | { value: unknown }> {
    const { statusCode } = answer;
    if (statusCode < 200 || statusCode >= 300) return { value: await readWhole(answer) };
    const { isWhole, answer: opened } = await openBody(answer);
    return isWhole ? { value: await readWhole(opened) } : opened;
  }

  /** Opens a stream; once more without `stream_options` if the upstream refuses the request for them. */
  async function open(request: UpstreamRequest, hooks: CallHooks | undefined, deadline: Deadline) {
    const fitted = streamOptions.fit(request);
    try {
      return await attempt(fitted, hooks, deadline, openStream);
    } catch (error) {
      if (!streamOptions.areRefusedBy(error, fitted)) throw error;
      if (hooks && !(await hooks.mayRepeat(error as OpenAIError))) throw error;
      return attempt(streamOptions.fit(request), hooks, deadline, openStream);
    }
  }

  return {
    async request(request, callerSignal, hooks) {
      callerSignal.throwIfAborted();
      const deadline = deadlines.start(callerSignal);
      try {
        const body = await attempt(request, hooks, deadline, readWhole);
        if (request.endpoint.isPaid && isRecord(body)) request.endpoint.normalise?.(body);
        return body;
      } catch (error) {
        throw error instanceof OpenAIError ? error.with({ isServersAccount }) : error;
      } finally {
        deadline.end();
      }
    },
    async stream(request, callerSignal, take, hooks) {
      callerSignal.throwIfAborted();
      const deadline = deadlines.start(callerSignal);
      let answer: Exchange | undefined;
      let end: EventStreamEnd = "body";
      try {
        const { readAddedText, createEventNormaliser, toEvent } = request.endpoint.isPaid ? request.endpoint : {};
        const opened = await open(request, hooks, deadline);
        if ("value" in opened) {
          const event = toEvent?.(opened.value);
          if (!event) throw new OpenAIError("invalid_response", NOT_A_STREAM);
          await take([event]);
          return "done";
        }
        answer = opened;
        end = await readEventStream(answer, take, { readAddedText, normalise: createEventNormaliser?.(), ...reading });
        return end;
      } catch (error) {
        deadline.check();
        const failure = error instanceof OpenAIError ? error : toOpenAIError(error, options);
        throw failure.with({ isServersAccount });
      } finally {
        answer?.close(end === "done");
        answer?.forget();
        deadline.end();
      }
    },
  };
}
