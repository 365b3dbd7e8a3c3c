// A fetch Request in the form of a node:http request. Its body is read as it is asked for.
import { Readable } from "node:stream";
import type { FetchConnection } from "./connection.ts";

/** Headers that describe how a request came over its connection, which the host of this handler has dealt with. */
const OF_CONNECTION = new Set(["connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"]);

/** As much of an IncomingMessage as is used of one. */
export class FetchedRequest extends Readable {
  readonly httpVersion = "1.1";
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor = 1;
  readonly method: string;
  /** The path and the query. */
  readonly url: string;
  readonly headers: Record<string, string> = {};
  readonly rawHeaders: string[] = [];
  readonly socket: FetchConnection;
  /** Whether all of the body has come. */
  complete: boolean;
  readonly #body: ReadableStreamDefaultReader<unknown> | undefined;

  /** Throws TypeError for a request whose body has been read, or is being read. */
  constructor(request: Request, connection: FetchConnection) {
    super();
    if (request.bodyUsed) throw new TypeError("The request's body has been read already.");
    this.#body = request.body?.getReader();
    this.complete = this.#body === undefined;
    const { pathname, search, host } = new URL(request.url);
    this.method = request.method;
    this.url = `${pathname}${search}`;
    this.socket = connection;
    // A Request that was not made of a client's has none.
    if (!request.headers.has("host")) this.#addHeader("host", host);
    for (const [name, value] of request.headers) if (!OF_CONNECTION.has(name)) this.#addHeader(name, value);
    if (!this.#body) delete this.headers["content-length"];
    else if (this.headers["content-length"] === undefined) this.#addHeader("transfer-encoding", "chunked");
    // Readers learn of a failure by "close" as well; an "error" that nobody listens to would end the process.
    this.on("error", () => {});
  }

  #addHeader(name: string, value: string): void {
    this.headers[name] = value;
    this.rawHeaders.push(name, value);
  }

  override _read(): void {
    if (!this.#body) return void this.push(null);
    this.#body.read().then(
      ({ done, value }) => {
        if (done) {
          this.complete = true;
          this.push(null);
        } else if (value instanceof Uint8Array) {
          this.socket.bytesRead += value.byteLength;
          this.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
        } else this.socket.destroy(new TypeError("A request's body must be bytes."));
      },
      // The client has left while it was sending.
      (error: Error) => this.socket.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#body?.cancel(error).catch(() => {});
    done(error);
  }
}
