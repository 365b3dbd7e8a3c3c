// The HTTP request that asks for a WebSocket: refused here, in HTTP, or handed on. Browsers let every page open one, and
// ask no server before.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { GraphQLError } from "graphql";
import type { Authenticator } from "../guard/authenticate.ts";
import { requestIdOf } from "../telemetry/request-id.ts";
import { isOriginAllowed } from "./csrf.ts";
import { checkTarget, readPath } from "./request-target.ts";

export interface HandshakeOptions {
  /** The one path that is served. */
  endpoint: string;
  /** Whose pages may connect, beside the server's own. */
  origins: readonly string[] | undefined;
  authenticator: Authenticator;
  isDraining(): boolean;
}

/**
 * Calls `accept` with the key in the handshake's headers, if there is one; a key in the connection's first message is for
 * later. Otherwise answers with 400, 401, 403, 404 or 503 and closes. Never rejects.
 */
export function createHandshake({ endpoint, origins, authenticator, isDraining }: HandshakeOptions) {
  function findRefusal(req: IncomingMessage): string | undefined {
    if (checkTarget(req)) return "400 Bad Request";
    if (readPath(req) !== endpoint) return "404 Not Found";
    if (!isOriginAllowed(req, origins)) return "403 Forbidden";
    return isDraining() ? "503 Service Unavailable" : undefined;
  }

  return async (req: IncomingMessage, socket: Socket, accept: (token: string | undefined) => void): Promise<void> => {
    const refusal = findRefusal(req);
    if (refusal) return refuse(req, socket, refusal);
    try {
      const token = authenticator.readToken(req);
      if (token !== undefined) await authenticator.identify(token);
      accept(token);
    } catch (error) {
      const isUnknown = (error as GraphQLError).extensions?.code === "UNAUTHENTICATED";
      refuse(req, socket, isUnknown ? "401 Unauthorized\r\nwww-authenticate: Bearer" : "503 Service Unavailable");
    }
  };
}

/** Destroyed, because a client that keeps its half of the connection open would hold a stop up. */
function refuse(req: IncomingMessage, socket: Socket, status: string): void {
  const head = `HTTP/1.1 ${status}\r\nx-request-id: ${requestIdOf(req)}\r\nconnection: close`;
  socket.end(`${head}\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
}
