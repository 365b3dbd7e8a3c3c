// Checks the HTTP request that asks for a WebSocket, and refuses it or hands it on. Browsers let every page open one,
// without a preflight.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { GraphQLError } from "graphql";
import type { Authenticator } from "../../callers/authenticate.ts";
import { isOriginAllowed } from "../../edge/csrf.ts";
import { refuseUpgrade } from "../../http/answer.ts";
import { checkTarget, readPath } from "../../http/request-target.ts";
import type { WaitingRoom } from "./waiting-room.ts";

export interface HandshakeOptions {
  /** The one path that is served. */
  endpoint: string;
  /** Whose pages may connect, beside the server's own. */
  origins: readonly string[] | undefined;
  authenticator: Authenticator;
  /** Entered by each connection that is not refused; without room for one it is answered with 503. */
  waitingRoom: WaitingRoom;
  isDraining(): boolean;
}

/**
 * Calls `accept` with the key in the handshake's headers, if there is one; a key in the connection's first message is for
 * later. Otherwise answers with 400, 401, 403, 404 or 503 and closes. Never rejects.
 */
export function createHandshake(options: HandshakeOptions) {
  const { endpoint, origins, authenticator, waitingRoom, isDraining } = options;
  function findRefusal(req: IncomingMessage, socket: Socket): string | undefined {
    if (checkTarget(req)) return "400 Bad Request";
    if (readPath(req) !== endpoint) return "404 Not Found";
    if (!isOriginAllowed(req, origins)) return "403 Forbidden";
    return isDraining() || !waitingRoom.enter(socket) ? "503 Service Unavailable" : undefined;
  }

  return async (req: IncomingMessage, socket: Socket, accept: (token: string | undefined) => void): Promise<void> => {
    const refusal = findRefusal(req, socket);
    if (refusal) return refuseUpgrade(req, socket, refusal);
    try {
      const token = authenticator.readToken(req);
      if (token !== undefined) await authenticator.identify(token);
      accept(token);
    } catch (error) {
      const isUnknown = (error as GraphQLError).extensions?.code === "UNAUTHENTICATED";
      refuseUpgrade(
        req,
        socket,
        isUnknown ? "401 Unauthorized\r\nwww-authenticate: Bearer" : "503 Service Unavailable",
      );
    }
  };
}
