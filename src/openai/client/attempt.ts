// One upstream call: sent, and sent again if that may help, within its deadline.
import { writeJson } from "../../json/exact-numbers.ts";
import { isEventStream } from "./answer.ts";
import type { AnswerBytes } from "./bytes/arrived.ts";
import type { Connections, Proxies } from "./connections/connections.ts";
import type { Deadline } from "./deadline.ts";
import { decodeBody, isEncoded } from "./decoded-body.ts";
import { targetOf, type UpstreamRequest } from "./endpoint.ts";
import { readRequestId } from "./error-answer.ts";
import { type Exchange, exchange } from "./exchange.ts";
import { OpenAIError, toOpenAIError } from "./failures/errors.ts";
import { mayHaveBeenPaid } from "./failures/payment.ts";
import { isRetryable, retryDelayMs } from "./failures/retry.ts";
import { Sending } from "./failures/sending.ts";
import { type Credentials, createFixedHeaders, findSecrets } from "./secrets/credentials.ts";
import type { StreamUsage } from "./stream-options.ts";
import { untilNextTurn } from "./turns.ts";
import { createMultipart, filesOf } from "./uploads/multipart.ts";
import type { StreamedFile } from "./uploads/streamed-file.ts";

/** A body of this length, in characters, takes a few milliseconds to write. */
const LARGE_LENGTH = 2 ** 20;

const NO_FILES: readonly StreamedFile[] = [];

/** Where and how to call the upstream. */
export interface OpenAIClientOptions extends Credentials {
  /** Called once the upstream is dead, and once it has answered after that: see UpstreamHealth. */
  onUpstreamChange?: ((isDead: boolean) => void) | undefined;
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
  /** Most values of an answer or an event. */
  maxUpstreamValues: number;
  /** Whether streams ask for their usage. Absent: `auto`. */
  streamUsage?: StreamUsage | undefined;
  /** Absent: the upstream is reached straight. */
  proxies?: Proxies | undefined;
}

/** How the guard follows a call. */
export interface CallHooks {
  /**
   * Called after `failure`, before each further attempt, which counts like a call. If it yields false, the failure stands.
   */
  mayRepeat(failure: OpenAIError): Promise<boolean>;
  observer: AttemptObserver | undefined;
  /** Undefined: nobody counts the bytes of answers. */
  held: AnswerBytes | undefined;
}

/** Observes each attempt of a call. None of its functions throws. */
export interface AttemptObserver {
  /** An attempt begins; yields headers to send with it beside the client's own. */
  attemptBegins(): Readonly<Record<string, string>> | undefined;
  /** The head of its answer has come; `requestId` is the upstream's. */
  answerBegins(status: number, requestId: string | undefined, isStream: boolean): void;
  /** It failed before its answer was accepted: with OpenAIError, or the reason for which the call was ended. */
  attemptFails(failure: unknown): void;
}

/** Sends the request until `read` accepts an answer or no further attempt is due. Throws what the last one threw. */
export type Attempt = <Result>(
  request: UpstreamRequest,
  hooks: CallHooks | undefined,
  deadline: Deadline,
  read: (answer: Exchange) => Promise<Result>,
) => Promise<Result>;

/** Prepares what all calls with the same credentials have in common. */
export function createAttempt(connections: Connections, options: OpenAIClientOptions): Attempt {
  const { baseUrl, maxRetries } = options;
  const root = baseUrl.pathname.replace(/(?<!\/)\/+$/, "");
  const fixed = createFixedHeaders(options);
  const secrets = findSecrets(options);

  function createBody({ json, multipart }: UpstreamRequest) {
    if (multipart) {
      const { headers, body } = createMultipart(multipart);
      return { headers: { ...fixed.plain, ...headers }, body };
    }
    if (json === undefined) return { headers: fixed.plain, body: null };
    return { headers: fixed.json, body: writeJson(json) };
  }

  /** Sends the request once and waits for the head of the answer. */
  async function send(request: UpstreamRequest, hooks: CallHooks | undefined, deadline: Deadline): Promise<Exchange> {
    const observer = hooks?.observer;
    const more = observer?.attemptBegins();
    const { headers, body } = createBody(request);
    const sent = {
      method: request.endpoint.method,
      path: root + targetOf(request, baseUrl.search),
      headers: more ? { ...headers, ...more } : headers,
      body: typeof body === "string" && body.length > LARGE_LENGTH ? await encode(body) : body,
    };
    const sending = new Sending();
    let answer: Exchange;
    try {
      answer = await exchange(connections, sent, { deadline, held: hooks?.held, sending });
    } catch (error) {
      throw isOwnFault(error) ? error : toOpenAIError(error, options, sending);
    }
    if (isEncoded(answer)) answer = decodeBody(answer, options.maxUpstreamBytes, hooks?.held);
    observer?.answerBegins(answer.statusCode, readRequestId(answer.headers, secrets), isEventStream(answer));
    return answer;
  }

  return async (request, hooks, deadline, read) => {
    const observer = hooks?.observer;
    const files = request.multipart ? filesOf(request.multipart) : NO_FILES;
    for (const file of files) {
      file.limitTaking(options.idleTimeoutMs, () => {
        const message = `The upstream took no byte of the upload for ${options.idleTimeoutMs} ms.`;
        // Nobody works on what has not come whole.
        deadline.abort(new OpenAIError("timeout", message, { isUntouched: true }));
      });
    }
    for (let retry = 0; ; retry++) {
      try {
        return await read(await send(request, hooks, deadline));
      } catch (error) {
        observer?.attemptFails(deadline.over ? deadline.over.reason : error);
        deadline.check();
        for (const file of files) if (file.failure) throw file.failure;
        const { method } = request.endpoint;
        const mayHelp = error instanceof OpenAIError && isRetryable(error, method);
        if (!mayHelp || retry >= maxRetries || files.some(({ isGone }) => isGone)) throw error;
        const delayMs = retryDelayMs(error, retry);
        if (delayMs >= deadline.remainingMs() || (hooks && !(await hooks.mayRepeat(error)))) throw error;
        await deadline.sleep(delayMs, !mayHaveBeenPaid(error));
      }
    }
  };
}

/** A large body in bytes. To write it, to encode it and to send it have a turn of the event loop each. */
async function encode(body: string): Promise<Buffer> {
  await untilNextTurn();
  const bytes = Buffer.from(body);
  await untilNextTurn();
  return bytes;
}

/** Whether undici refused the request itself, for example because a configured key has characters that no header allows. */
function isOwnFault(error: unknown): boolean {
  return (error as { code?: unknown }).code === "UND_ERR_INVALID_ARG";
}
