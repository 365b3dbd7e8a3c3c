// A node:http response that becomes a fetch Response when its head is written. Its body is passed on one chunk at a time, when
// the reader asks for it: a reader that is slow holds back whoever writes.
import { Writable } from "node:stream";
import type { FetchConnection } from "./connection.ts";
import type { FetchedRequest } from "./request.ts";

type HeaderValue = number | string | readonly string[];

/** Headers about the connection to the client, which is the host's. */
const OF_CONNECTION = new Set(["connection", "keep-alive", "transfer-encoding"]);
/** Statuses of answers that have no body. */
const WITHOUT_BODY = new Set([204, 205, 304]);
/** The status of an answer that nobody waits for: nginx's "client closed request". */
const CLIENT_LEFT = 499;

/** As much of a ServerResponse as is used of one. */
export class FetchedResponse extends Writable {
  statusCode = 200;
  statusMessage = "";
  headersSent = false;
  readonly req: FetchedRequest;
  readonly socket: FetchConnection;
  /** Resolves when the head is written, or the client has left before; never rejects. */
  readonly response: Promise<Response>;
  readonly #headers = new Map<string, HeaderValue>();
  #resolve: (response: Response) => void = () => {};
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** What is written next, and what is to be called when it has been taken. */
  #next: { readonly chunk: Buffer; readonly taken: () => void } | undefined;
  #isWanted = false;

  constructor(req: FetchedRequest, connection: FetchConnection) {
    super();
    this.req = req;
    this.socket = connection;
    this.response = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.on("error", () => {});
  }

  setHeader(name: string, value: HeaderValue): this {
    this.#headers.set(name.toLowerCase(), value);
    return this;
  }

  appendHeader(name: string, value: string | readonly string[]): this {
    const before = this.#headers.get(name.toLowerCase()) ?? [];
    return this.setHeader(name, [before, value].flat().map(String));
  }

  getHeader(name: string): HeaderValue | undefined {
    return this.#headers.get(name.toLowerCase());
  }

  getHeaders(): Record<string, HeaderValue> {
    return Object.fromEntries(this.#headers);
  }

  getHeaderNames(): string[] {
    return [...this.#headers.keys()];
  }

  hasHeader(name: string): boolean {
    return this.#headers.has(name.toLowerCase());
  }

  removeHeader(name: string): void {
    this.#headers.delete(name.toLowerCase());
  }

  writeHead(status: number, reason?: string | Record<string, HeaderValue>, headers = reason): this {
    this.statusCode = status;
    if (typeof reason === "string") this.statusMessage = reason;
    if (typeof headers === "object") for (const name in headers) this.setHeader(name, headers[name] ?? "");
    this.flushHeaders();
    return this;
  }

  /** Whether the client waits with its body is the host's affair. */
  writeContinue(): void {}

  /** Hands out the Response, whose body is yet to come. */
  flushHeaders(): void {
    if (this.headersSent || this.destroyed) return;
    this.headersSent = true;
    const headers = new Headers();
    for (const [name, value] of this.#headers) {
      if (OF_CONNECTION.has(name)) continue;
      for (const one of [value].flat()) headers.append(name, String(one));
    }
    const init = { status: this.statusCode, statusText: this.statusMessage, headers };
    const hasBody = this.req.method !== "HEAD" && !WITHOUT_BODY.has(this.statusCode);
    this.#resolve(new Response(hasBody ? this.#openBody() : null, init));
  }

  #openBody(): ReadableStream<Uint8Array> {
    const source: UnderlyingDefaultSource<Uint8Array> = {
      start: (controller) => {
        this.#body = controller;
      },
      pull: () => {
        this.#isWanted = true;
        this.#pass();
      },
      cancel: () => void this.socket.destroy(),
    };
    return new ReadableStream(source, { highWaterMark: 0 });
  }

  #pass(): void {
    if (!this.#isWanted || !this.#next) return;
    const { chunk, taken } = this.#next;
    this.#isWanted = false;
    this.#next = undefined;
    this.socket.bytesTaken += chunk.length;
    this.#body?.enqueue(chunk);
    taken();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: () => void): void {
    this.flushHeaders();
    if (!this.#body || chunk.length === 0) return void taken();
    this.#next = { chunk, taken };
    this.#pass();
  }

  override _final(done: () => void): void {
    this.flushHeaders();
    this.#body?.close();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.headersSent) this.#resolve(new Response(null, { status: CLIENT_LEFT }));
    if (!this.writableFinished) this.#body?.error(error ?? new Error("The answer broke off."));
    done(error);
  }
}
