// Takes requests for an upgrade from node:http: WebSocket connections, and what is refused instead.
import type { IncomingMessage } from "node:http";
import type { GraphQLError } from "graphql";
import { refuseUpgrade } from "../http/answer.ts";
import { isInUse } from "../http/line.ts";
import { watchWriteStall } from "../http/stall.ts";
import type { createWebSocketEndpoint } from "../transports/websocket/endpoint.ts";
import type { createHandshake, Greeting } from "../transports/websocket/handshake.ts";
import type { App } from "./app-interface.ts";

export interface UpgradesOptions {
  /** See createHostCheck. */
  checkHost(req: IncomingMessage): GraphQLError | undefined;
  handshake: ReturnType<typeof createHandshake>;
  webSockets: Pick<ReturnType<typeof createWebSocketEndpoint>, "handleUpgrade">;
  /** Called with each request that is refused here. */
  tellRefused(req: IncomingMessage): void;
  /** See watchWriteStall. */
  writeStallMs: number;
}

/** Yields the listener for the server's `upgrade` event. */
export function createUpgrades(options: UpgradesOptions): App["handleUpgrade"] {
  const { checkHost, handshake, webSockets, tellRefused, writeStallMs } = options;
  return (req, socket, head) => {
    // Node removes its error listener from a socket that it hands over. Without one, a client's reset would end the process.
    socket.on("error", () => {});
    watchWriteStall(socket, writeStallMs);
    const isEarly = isInUse(socket);
    if (isEarly || checkHost(req)) {
      tellRefused(req);
      // An answer would come among those that are still due.
      return isEarly ? void socket.destroy() : refuseUpgrade(req, socket, "400 Bad Request");
    }
    let isAccepted = false;
    const accept = (greeting: Greeting) => {
      isAccepted = true;
      webSockets.handleUpgrade(req, socket, head, greeting);
    };
    void handshake(req, socket, accept).then(() => isAccepted || tellRefused(req));
  };
}
