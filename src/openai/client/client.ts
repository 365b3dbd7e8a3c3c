// The HTTP client of the upstream: sends a request, and yields a whole answer, a stream of events or an error.
import { isRecord } from "../../json/json.ts";
import { createAnswerReader } from "./answer-body.ts";
import { type CallHooks, createAttempt, type OpenAIClientOptions } from "./attempt.ts";
import type { Connections, PoolStats } from "./connections/connections.ts";
import { openConnections } from "./connections/pool.ts";
import { type Deadline, Deadlines } from "./deadline.ts";
import type { UpstreamRequest } from "./endpoint.ts";
import type { Take } from "./event-stream.ts";
import type { Repeat } from "./events/event-form.ts";
import type { Exchange } from "./exchange.ts";
import { OpenAIError } from "./failures/errors.ts";
import { StreamOptions, withoutStreamOptions } from "./stream-options.ts";
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
   * Sends the request and hands the JSON objects of the events to `take` as they come, all that one read brought at once.
   * Resolves if the answer is whole. An attempt is repeated by the same rules up to the head of an answer that streams, and never
   * after.
   * Throws as `request` does, after the events so far; what `take` throws ends the upstream call.
   */
  stream(request: UpstreamRequest, signal: AbortSignal, take: Take<OpenAIEvent | Repeat>): Promise<void>;
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

/** The upstream over kept-alive connections. */
export interface OpenAIConnection extends FollowedClient {
  /** The same upstream for a caller who has an account there: its own key, and nothing of the server's account. */
  withApiKey(apiKey: string): FollowedClient;
  /** From now on calls of the server's own account use this key; those under way go on with the one they have. */
  changeApiKey(apiKey: string): void;
  /** Whether the last calls show that the upstream is not there: see UpstreamHealth. */
  isDead(): boolean;
  /** How many connections there are, and how many requests use one or wait for one, now. */
  stats(): PoolStats;
  /** Closes the connections once the calls under way have ended. */
  close(): Promise<void>;
}

/** Builds the client; opens no connection yet. */
export function createOpenAIClient(options: OpenAIClientOptions): OpenAIConnection {
  const connections = openConnections(options.baseUrl.origin, options);
  const health = new UpstreamHealth(undefined, options.onUpstreamChange);
  const known = { health, streamOptions: new StreamOptions(options.streamUsage) };
  const { organization: _, project: __, headers: ___, ...withoutAccount } = options;
  let { apiKey: ownKey } = options;
  let calls = createCalls(connections, options, known, true);
  return {
    request: (request, signal, hooks) => calls.request(request, signal, hooks),
    stream: (request, signal, take, hooks) => calls.stream(request, signal, take, hooks),
    withApiKey: (apiKey) =>
      createCalls(
        connections,
        { ...withoutAccount, apiKey, organization: undefined, project: undefined },
        known,
        false,
      ),
    changeApiKey(apiKey) {
      calls = createCalls(connections, { ...options, apiKey, formerKey: ownKey }, known, true);
      ownKey = apiKey;
    },
    isDead: () => health.isDead(),
    stats: () => connections.stats,
    close: () => connections.close(),
  };
}

const NOT_A_STREAM = "The upstream sent a whole answer where a stream was asked for.";

function createCalls(
  connections: Connections,
  options: OpenAIClientOptions,
  { health, streamOptions }: { health: UpstreamHealth; streamOptions: StreamOptions },
  isServersAccount: boolean,
): FollowedClient {
  const attempt = health.watch(createAttempt(connections, options));
  const deadlines = new Deadlines(options.totalTimeoutMs);
  const { readValue, openStream, readEvents, readPieces } = createAnswerReader(options);

  /** Opens a stream; once more without `stream_options` if the upstream refuses the request for them. */
  async function open(request: UpstreamRequest, hooks: CallHooks | undefined, deadline: Deadline) {
    const fitted = streamOptions.fit(request);
    const read = (answer: Exchange) => openStream(answer, request);
    try {
      return await attempt(fitted, hooks, deadline, read);
    } catch (error) {
      if (!streamOptions.mayBeRefusedBy(error, fitted)) throw error;
      const opened = await attempt(withoutStreamOptions(request), hooks, deadline, read);
      // Without them it is served: so it was they that were refused, and not what else the message may quote.
      streamOptions.leaveOut();
      return opened;
    }
  }

  return {
    async request(request, callerSignal, hooks) {
      callerSignal.throwIfAborted();
      const deadline = deadlines.start(callerSignal);
      try {
        const body = await attempt(request, hooks, deadline, (answer) => readValue(answer, request));
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
      try {
        const { endpoint } = request;
        const { readAddedText, createEventNormaliser, toEvent, followEnd } = endpoint.isPaid ? endpoint : {};
        const opened = await open(request, hooks, deadline);
        if ("value" in opened) {
          const event = toEvent?.(opened.value);
          if (!event) throw new OpenAIError("invalid_response", NOT_A_STREAM);
          await take([event]);
          return;
        }
        answer = opened.body;
        if (opened.form === "bytes") await readPieces(answer, take, endpoint);
        else {
          const end = followEnd?.(streamOptions.fit(request));
          await readEvents(answer, take, endpoint, { readAddedText, normalise: createEventNormaliser?.(), end });
        }
      } catch (error) {
        deadline.check();
        throw error instanceof OpenAIError ? error.with({ isServersAccount }) : error;
      } finally {
        answer?.forget();
        deadline.end();
      }
    },
  };
}
