// A handler of node:http requests as a fetch handler, for hosts with Request and Response: Next.js, Hono, Bun, Deno. Own code, as
// the packages that do this (fetch-to-node, srvx, light-my-request) neither hold a writer back nor notice a reader that leaves.
import type { IncomingMessage, ServerResponse } from "node:http";
import { FetchConnection } from "./connection.ts";
import { FetchedRequest } from "./request.ts";
import { FetchedResponse } from "./response.ts";

/**
 * Yields a function that answers a Request by `handle`; the body is read, and the answer's body is made, as they are needed. A
 * client has left once the request's signal aborts or the answer's body is cancelled. Rejects with TypeError for a request whose
 * body has been read, and for nothing else.
 */
export function createFetch(
  handle: (req: IncomingMessage, res: ServerResponse) => void,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const connection = new FetchConnection();
    const req = new FetchedRequest(request, connection);
    const res = new FetchedResponse(req, connection);
    connection.carry(req, res);
    const { signal } = request;
    const leave = () => void connection.destroy();
    signal.addEventListener("abort", leave);
    connection.once("close", () => signal.removeEventListener("abort", leave));
    if (signal.aborted) leave();
    // They have what handlers of this server use; see the two classes.
    else handle(req as unknown as IncomingMessage, res as unknown as ServerResponse);
    return res.response;
  };
}
