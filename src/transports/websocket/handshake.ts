// Checks the HTTP request that asks for a WebSocket, and refuses it or hands it on. Browsers let every page open one,
// without a preflight.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { GraphQLError } from "graphql";
import type { Authenticator } from "../../callers/authenticate.ts";
import type { Caller } from "../../callers/caller.ts";
import { isOriginAllowed } from "../../edge/csrf.ts";
import type { OriginTest } from "../../edge/origins.ts";
import { refuseUpgrade } from "../../http/answer.ts";
import { checkTarget, readPath } from "../../http/request-target.ts";
import { createWaitingRoom } from "./waiting-room.ts";

/** What is known of a client by its handshake. */
export interface Greeting {
  /** The key in the handshake's headers, if there is one; a key in the connection's first message is for later. */
  token: string | undefined;
  /** Whether this server knows the key, and so who it is. */
  isKnown: boolean;
}

export interface HandshakeOptions {
  /** The one path that is served. */
  endpoint: string;
  /** Whose pages may connect, beside the server's own. */
  isListed: OriginTest;
  /** Called with each request that is refused for the page that sent it. */
  onRefuseOrigin(req: IncomingMessage): void;
  authenticator: Authenticator;
  isDraining(): boolean;
}

/** Calls `accept`, or answers with 400, 401, 403, 404 or 503 and closes. Never rejects. */
export function createHandshake(options: HandshakeOptions) {
  const { endpoint, isListed, onRefuseOrigin, authenticator, isDraining } = options;
  /** Those whose keys take time to check. */
  const checks = createWaitingRoom();

  function findRefusal(req: IncomingMessage): string | undefined {
    if (checkTarget(req)) return "400 Bad Request";
    if (readPath(req) !== endpoint) return "404 Not Found";
    if (!isOriginAllowed(req, isListed)) {
      onRefuseOrigin(req);
      return "403 Forbidden";
    }
    return isDraining() ? "503 Service Unavailable" : undefined;
  }

  async function greet(req: IncomingMessage, socket: Socket): Promise<Greeting> {
    const token = authenticator.readToken(req);
    if (token === undefined) return { token, isKnown: false };
    const caller = authenticator.identify(token);
    if (!(caller instanceof Promise)) return { token, isKnown: isKnown(caller) };
    const evicted = new Promise<never>((_, reject) => checks.enter(socket, () => reject(new Error("No room."))));
    try {
      return { token, isKnown: isKnown(await Promise.race([caller, evicted])) };
    } finally {
      checks.leave(socket);
    }
  }

  return async (req: IncomingMessage, socket: Socket, accept: (greeting: Greeting) => void): Promise<void> => {
    const refusal = findRefusal(req);
    if (refusal) return refuseUpgrade(req, socket, refusal);
    try {
      accept(await greet(req, socket));
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

/** Keys that only the upstream can check prove nothing here. */
function isKnown({ apiKey }: Caller): boolean {
  return apiKey === undefined;
}
