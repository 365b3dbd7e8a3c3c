// The record of one operation: filled while it runs, and read once by observers that know nothing of each other. Holds no
// document, variable, key, prompt or answer.
import type { CallObserver, CallsObserver } from "../limits/call-observer.ts";
import type { CallerContext } from "../limits/caller-context.ts";
import type { OpenAIClient } from "../openai/client/client.ts";
import type { Endpoint } from "../openai/client/endpoint.ts";
import { type Outcome, outcomeOf, worseOf } from "./outcome.ts";
import type { RefusalObserver } from "./refused-requests.ts";
import { type CallListener, type UpstreamAttempt, UpstreamCall } from "./upstream-call.ts";

/** Reads records. None of its functions may throw, or keep its arguments beyond `operationEnds`. */
export interface Observer extends RefusalObserver {
  /** A subscription's answer begins to stream. */
  streamBegins?(operation: OperationRecord): void;
  /** A request is about to be sent to the upstream; what is yielded goes with it as headers. */
  attemptBegins?(
    attempt: UpstreamAttempt,
    call: UpstreamCall,
    field: RootField,
  ): Readonly<Record<string, string>> | undefined;
  /** The operation and all its calls are over; the record changes no more. */
  operationEnds?(operation: OperationRecord): void;
}

/** How the operation came. An answer to HTTP that streams is `sse`. */
export type Transport = "http" | "sse" | "websocket";

/** What a record takes from the head of a request. */
export interface OperationStart {
  requestId: string;
  transport: Transport;
  /** W3C trace context. https://www.w3.org/TR/trace-context/ */
  traceparent?: string | undefined;
  tracestate?: string | undefined;
}

/** One root field of an operation. */
export class RootField implements CallsObserver, CallListener {
  readonly operation: OperationRecord;
  /** Its name in the answer. */
  readonly key: string;
  /** Its name in the schema. */
  readonly name: string;
  /** The upstream for this field's resolver: its calls are this field's. */
  readonly openai: OpenAIClient | undefined;
  /** Undefined: the field was never begun. Times are performance.now()'s. */
  startedAt: number | undefined;
  endedAt: number | undefined;
  /** Undefined: as the operation's. */
  outcome: Outcome | undefined;
  readonly calls: UpstreamCall[] = [];

  constructor(operation: OperationRecord, key: string, name: string) {
    this.operation = operation;
    this.key = key;
    this.name = name;
    this.openai = operation.caller?.openai.within({ observer: this });
  }

  beginCall(endpoint: Endpoint, model: string | undefined, endUser?: string): CallObserver {
    const call = new UpstreamCall(endpoint, model, this, endUser);
    this.calls.push(call);
    this.operation.callBegins();
    return call;
  }

  attemptBegins(attempt: UpstreamAttempt, call: UpstreamCall): Readonly<Record<string, string>> | undefined {
    return this.operation.attemptBegins(attempt, call, this);
  }

  callEnds(): void {
    this.operation.callEnds();
  }

  readonly end = (): void => {
    this.endedAt ??= performance.now();
  };
}

/** Filled by plugins, root fields and the guard. */
export class OperationRecord {
  readonly requestId: string;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly startedAt = performance.now();
  transport: Transport;
  /** Undefined: not identified. */
  caller: CallerContext | undefined;
  /** A GraphQL name of up to 64 characters, which the client chose. */
  name: string | undefined;
  type: "query" | "mutation" | "subscription" | undefined;
  fields: readonly RootField[] = [];
  isStream = false;
  /** Bytes of files that the client has sent. */
  uploadBytes = 0;
  endedAt = 0;
  readonly #observers: readonly Observer[];
  #outcome: Outcome | undefined;
  #openCalls = 0;
  #hasEnded = false;
  #isAborted = false;
  #leftFields: readonly RootField[] = [];
  #isTold = false;

  constructor({ requestId, transport, traceparent, tracestate }: OperationStart, observers: readonly Observer[]) {
    this.requestId = requestId;
    this.transport = transport;
    this.traceparent = traceparent;
    this.tracestate = tracestate;
    this.#observers = observers;
  }

  /** The worst outcome so far. */
  get outcome(): Outcome {
    return this.#outcome ?? "OK";
  }

  get calls(): UpstreamCall[] {
    return this.fields.flatMap((field) => field.calls);
  }

  /** Takes the name that the client gave, if it is a GraphQL name. */
  nameAs(name: unknown): void {
    if (typeof name === "string" && /^[A-Z_a-z]\w{0,63}$/.test(name)) this.name = name;
  }

  /** A root field is about to be resolved. */
  beginField(key: string, name: string): RootField {
    let field = this.fields.find((candidate) => candidate.key === key);
    if (!field) {
      field = new RootField(this, key, name);
      this.fields = [...this.fields, field];
    }
    field.startedAt ??= performance.now();
    return field;
  }

  /** The answer streams. */
  beginStream(): void {
    this.isStream = true;
    if (this.transport === "http") this.transport = "sse";
    for (const observer of this.#observers) observer.streamBegins?.(this);
  }

  /** Takes the codes of a result, or of one of a stream's, as the client gets it. */
  readResult({ errors }: { readonly errors?: readonly Failure[] | undefined }): void {
    for (const error of errors ?? []) {
      const outcome = outcomeOf(error);
      this.#outcome = worseOf(this.#outcome, outcome);
      const key = error.path?.[0];
      const field = key === undefined ? undefined : this.fields.find((candidate) => candidate.key === key);
      if (field) field.outcome = worseOf(field.outcome, outcome);
    }
  }

  attemptBegins(attempt: UpstreamAttempt, call: UpstreamCall, field: RootField) {
    let headers: Readonly<Record<string, string>> | undefined;
    for (const observer of this.#observers) headers = observer.attemptBegins?.(attempt, call, field) ?? headers;
    return headers;
  }

  callBegins(): void {
    this.#openCalls++;
  }

  callEnds(): void {
    this.#openCalls--;
    this.#tellEnd();
  }

  /** The answer has left or, if `isAborted`, the client has. Only the first time counts. */
  end(isAborted: boolean): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#isAborted = isAborted;
    this.endedAt = performance.now();
    if (isAborted) this.#leftFields = this.fields.filter(({ endedAt }) => endedAt === undefined);
    for (const field of this.fields) field.end();
    this.#tellEnd();
  }

  /** Calls that are being given up end a little after the operation. Calls of later fields are refused after that. */
  #tellEnd(): void {
    if (!this.#hasEnded || this.#openCalls > 0 || this.#isTold) return;
    this.#isTold = true;
    if (this.#isAborted) {
      // A stream whose answer has come whole is left without a loss.
      const isWhole = this.isStream && this.calls.every(({ failure }) => failure === undefined);
      this.#outcome = isWhole ? "OK" : "ABORTED";
      for (const field of this.#leftFields) field.outcome = this.#outcome;
    }
    for (const observer of this.#observers) observer.operationEnds?.(this);
  }
}

/** An error as clients get it. */
interface Failure {
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}
