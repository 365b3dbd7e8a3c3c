// An endpoint of the upstream, and a request to one: everything that the client, the guard and the telemetry need to know
// of it. Each adapter file defines its own; no other file knows one by its path.
import { isRecord } from "../../json/json.ts";
import type { AnswerEnd, GatheredAnswer } from "./events/answer-end.ts";
import type { MultipartFields } from "./uploads/multipart.ts";

/** One request, with at most one of the two bodies. */
export interface UpstreamRequest {
  readonly endpoint: Endpoint;
  /** The values of the path's placeholders by name, not encoded. */
  readonly pathParameters?: Readonly<Record<string, string>>;
  /** The values of the query string by name, not encoded; absent ones are not sent. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly json?: unknown;
  readonly multipart?: MultipartFields;
}

/** How many tokens one call may use, estimated before it is made. */
export interface TokenEstimate {
  readonly prompt: number;
  /** All choices together. */
  readonly output: number;
  /** How many answers the model writes at once, at least 1. */
  readonly choices: number;
  /** Whether the upstream is known to give no more. */
  readonly isCapped: boolean;
  /** What the caller allows, all choices together, whether or not the upstream obeys it. Absent: no limit. */
  readonly cap?: number | undefined;
}

/** How far a stream has come. */
export interface StreamProgress {
  /** Takes note of an event. Never throws. */
  add(event: unknown): void;
  /** The same for an event that adds a text and does nothing else; see `readAddedText`. */
  addText(text: string): void;
  /** How many tokens have been written, at the very least. */
  readonly leastTokens: number;
  /** Whether the answer has come whole: nothing that follows costs anything. */
  readonly isComplete: boolean;
}

/** The tokens that the upstream reports. */
export interface TokenUsage {
  /** Undefined: not reported. */
  readonly input: number | undefined;
  /** Undefined: not reported. */
  readonly output: number | undefined;
  /** Input and output together; 0 if not reported. */
  readonly total: number;
}

/** Brings an answer or an event into OpenAI's form, in place. Never throws. */
export type Normalise = (body: Record<string, unknown>) => void;

interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the API's root. `{name}` is the place of a path parameter. */
  readonly path: string;
  /** Whether slashes in a path parameter separate segments of the path. Absent: they are encoded as all else is. */
  readonly keepsSlashes?: boolean;
  /** Where a request names its model: in the path's `{model}`, in the body's `model`, or nowhere. */
  readonly modelIn: "path" | "body" | "nowhere";
  /** The member of a whole answer whose long values stay bytes: see KeptMembers. Absent: none. */
  readonly keptMember?: string;
}

/** An endpoint that asks no model for anything and costs no tokens. */
interface FreeParts extends Route {
  readonly isPaid: false;
  readonly operationName?: undefined;
  /** Whether one answer is right for all callers with the same upstream account, so that it may be kept for them. */
  readonly isShared: boolean;
}

/** An endpoint that costs tokens. Its functions take anything that an upstream may send, and never throw. */
interface PaidParts extends Route {
  readonly isPaid: true;
  /**
   * `gen_ai.operation.name`: OpenTelemetry's name, or our own if OpenTelemetry has none.
   * https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/
   */
  readonly operationName: string;
  /**
   * What a call may cost, on an upstream that obeys these of the fields that cap an answer. Absent: all of them. Of a request
   * with files it is asked once more when the call has ended: by then it is known how many bytes they had.
   */
  estimate(request: UpstreamRequest, obeyedCaps?: ReadonlySet<string>): TokenEstimate;
  /** Brings a whole answer into OpenAI's form, in place, whatever its server makes of it. Absent: there is one form. */
  normalise?(answer: Record<string, unknown>): void;
  /** The same for the events of a stream, each of which is known by those before. */
  createEventNormaliser?(): Normalise;
  /** Fields whose text shows that an object is an answer, although an error may have its words there. Absent: none. */
  readonly answerFields?: readonly string[];
  /**
   * The value of a whole answer that is text, where the request asks for text. Undefined: the answer is to be JSON. Absent: it
   * always is.
   */
  readText?(text: string, request: UpstreamRequest): unknown;
  /**
   * The event that brings these bytes of an answer, or its value if they are all of it. Absent: the endpoint sends no bytes.
   * `contentType` is the upstream's header; empty if there is none.
   */
  readBytes?(bytes: Uint8Array, contentType: string): Record<string, unknown>;
  /** Whether one event of a stream may be as large as a whole answer. Absent: it is no larger than 8 MiB. */
  readonly hasLargeEvents?: boolean;
  /** A whole answer that comes in place of a stream, as the one event of it. Throws OpenAIError if it is no answer. */
  toEvent?(answer: unknown): Record<string, unknown>;
  /**
   * Puts events that come in place of a whole answer together, brought into OpenAI's form by `normalise`, with at most
   * `maxValues` values. Absent: one event is the answer.
   */
  gather?(normalise: Normalise, request: UpstreamRequest, maxValues: number): GatheredAnswer;
  /** Follows a stream to its end. Absent: the endpoint does not stream. */
  followEnd?(request: UpstreamRequest): AnswerEnd;
  /** What the upstream reports with a whole answer or with one event of a stream. Undefined: nothing. */
  readUsage(answer: unknown): TokenUsage | undefined;
  /**
   * The output in a whole answer or in one event of a stream, in estimated tokens; it counts if no usage is reported.
   * Undefined: the answer does not show it, and the call costs what was estimated.
   */
  countOutput(answer: unknown): number | undefined;
  /** Whether an event of a stream brings any output. */
  hasOutput(event: unknown): boolean;
  /**
   * The text that an event of a stream adds, if it does nothing else: no usage, no end, no second choice. The output in such an
   * event, and whether there is any, follows from its text. Absent: every event is read for itself.
   */
  readAddedText?(event: unknown): string | undefined;
  /** Begins to count what a stream brings, of as many answers as are estimated. Absent: the endpoint does not stream. */
  followStream?(choices: number): StreamProgress;
  /** Whether output shows only once it is whole: until then a stream's cost goes by the time, also after its first output. */
  readonly hidesOutput?: boolean;
}

interface Named {
  /** Method and path, as logs, metrics and errors name it: `GET /models/{model}`. */
  readonly name: string;
}

export type FreeEndpoint = FreeParts & Named;
export type PaidEndpoint = PaidParts & Named;
/** One endpoint; `isPaid` distinguishes the two kinds. */
export type Endpoint = FreeEndpoint | PaidEndpoint;

/** Names an endpoint and freezes it. */
export function defineEndpoint(parts: FreeParts | PaidParts): Endpoint {
  return Object.freeze<Endpoint>({ ...parts, name: `${parts.method} ${parts.path}` });
}

/**
 * The path of a request below the API's root, with `search`, the query of all requests, and its own query. Throws TypeError if a
 * path parameter is missing.
 */
export function targetOf(request: UpstreamRequest, search = ""): string {
  const path = pathOf(request);
  if (!request.query) return path + search;
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(request.query)) if (value !== undefined) query.append(name, value);
  return query.size > 0 ? `${path}?${query}` : path;
}

function pathOf({ endpoint, pathParameters }: UpstreamRequest): string {
  if (!endpoint.path.includes("{")) return endpoint.path;
  return endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = pathParameters?.[name];
    if (value === undefined) throw new TypeError(`A request to ${endpoint.name} needs the path parameter ${name}.`);
    return endpoint.keepsSlashes ? value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(value);
  });
}

/** The model that a request names. Undefined: it names none. */
export function modelOf({ endpoint, pathParameters, json, multipart }: UpstreamRequest): string | undefined {
  switch (endpoint.modelIn) {
    case "path":
      return pathParameters?.model;
    case "body": {
      const model = multipart ? multipart.model : isRecord(json) ? json.model : undefined;
      return typeof model === "string" ? model : undefined;
    }
    case "nowhere":
      return undefined;
  }
}

/** The end user whom a request names: `safety_identifier`, or `user`, which it replaces. Undefined: nobody. */
export function endUserOf({ json, multipart }: UpstreamRequest): string | undefined {
  const body: unknown = multipart ?? json;
  if (!isRecord(body)) return undefined;
  return nameIn(body.safety_identifier) ?? nameIn(body.user);
}

function nameIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
