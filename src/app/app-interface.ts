// The app's interface, as the command and embedders use it. A file of its own, so that its types need nothing of the inside.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** The server without its port. */
export interface App {
  /** Answers one request; for `http.createServer`. Never throws or rejects. */
  handle(req: IncomingMessage, res: ServerResponse): void;
  /**
   * The same for hosts with `Request` and `Response`: bodies stream both ways. The client has left once the request's signal
   * aborts or the answer's body is cancelled; that ends the upstream call. Rejects only for a request whose body has been read.
   */
  fetch(request: Request): Promise<Response>;
  /** Answers a request for `/metrics` and yields true, false for any other; for a port of its own. */
  answerMetrics: ((req: IncomingMessage, res: ServerResponse) => boolean) | undefined;
  /** Takes a WebSocket connection over; for the server's `upgrade` event. */
  handleUpgrade(req: IncomingMessage, socket: Socket, head: Buffer): void;
  /** Answers what could not be read as a request, and ends the connection; for the server's `clientError` event. */
  handleClientError(error: Error, socket: Socket): void;
  /** Reads the client keys' file and the upstream key's again, if there are any. Never throws. */
  reload(): void;
  /** From now on `/readyz` reports that the server is about to stop; all else goes on. */
  announceStop(): void;
  /** From now on refuses new work with SHUTTING_DOWN (503); what is under way goes on. */
  drain(): void;
  /** Closes the WebSocket connections that have nothing under way. */
  closeIdle(): void;
  /** Ends what is still under way with SHUTTING_DOWN, and its upstream calls. */
  endAll(): void;
  /** Closes all that is left: WebSocket connections, and those to the upstream and to Redis. */
  close(): Promise<void>;
}
