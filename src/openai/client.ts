// One upstream call over undici: key, deadlines, abort, retries, size limit, errors. Knows no endpoint.
import { Pool } from "undici";
import { readAnswer } from "./answer.ts";
import { startDeadline } from "./deadline.ts";
import { OpenAIError, toOpenAIError } from "./errors.ts";
import { createMultipart, type MultipartFields, StreamedFile } from "./multipart.ts";
import { isRetryable, retryDelayMs } from "./retry.ts";

/** Where and how to call the upstream. */
export interface OpenAIClientOptions {
  /** The API's root, for example `https://api.openai.com/v1`. Credentials in it are sent as Basic where there is no key. */
  baseUrl: URL;
  apiKey: string | undefined;
  /** Sent as `OpenAI-Organization`. */
  organization: string | undefined;
  /** Sent as `OpenAI-Project`. */
  project: string | undefined;
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
        throw toOpenAIError(error, "unavailable", options);
      });
    const text = await response.body.text().catch((error: unknown) => {
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

function createFixedHeaders({ apiKey, baseUrl, organization, project }: OpenAIClientOptions) {
  const plain: Record<string, string> = { accept: "application/json", "user-agent": "openai-graphql-server" };
  const credentials = `${decodeURIComponent(baseUrl.username)}:${decodeURIComponent(baseUrl.password)}`;
  if (apiKey) plain.authorization = `Bearer ${apiKey}`;
  else if (credentials !== ":") plain.authorization = `Basic ${Buffer.from(credentials).toString("base64")}`;
  if (organization) plain["openai-organization"] = organization;
  if (project) plain["openai-project"] = project;
  return { plain, json: { ...plain, "content-type": "application/json" } };
}

/** What must stand in no message, however an upstream quotes it. */
function findSecrets({ apiKey, baseUrl }: OpenAIClientOptions): string[] {
  return [apiKey ?? "", baseUrl.password, baseUrl.host].filter((secret) => secret.length > 3);
}

function createBody({ json, multipart }: UpstreamRequest) {
  if (multipart) return createMultipart(multipart);
  return json === undefined ? null : JSON.stringify(json);
}
