// One WebSocket under graphql-ws: its messages, its pings, its end. Stands in for graphql-ws's own adapter to `ws`, which
// prints to the console what clients do wrong, and that they have left. Knows no GraphQL.
import type { Socket } from "node:net";
import { CloseCode, type Server } from "graphql-ws";
import type { WebSocket } from "ws";
import type { OperationRecord } from "../telemetry/operation-record.ts";
import { findExcess } from "./json-text.ts";
import type { ConnectionCaller } from "./websocket-caller.ts";

/** What graphql-ws tells of a connection beside its operations. */
export interface ConnectionExtra {
  client: WebSocket;
  socket: Socket;
  caller: ConnectionCaller;
  /** Begins the record of an operation, if anybody reads records. */
  beginOperation(): OperationRecord | undefined;
}

/** How often a client is asked whether it is there. One that has not answered by the next time is cut off. */
const PING_EVERY_MS = 12_000;

/** Serves `extra.client` until it closes. `report` hears of faults of this server alone. */
export function serveConnection(
  server: Server<ConnectionExtra>,
  extra: ConnectionExtra,
  report: (fault: unknown) => void,
): void {
  const { client } = extra;
  const closed = server.opened(
    {
      protocol: client.protocol,
      // Resolves where the client has left, too: its close, which follows, ends what is under way.
      send: (message) =>
        new Promise((resolve) => {
          if (client.readyState === client.OPEN) client.send(message, () => resolve());
          else resolve();
        }),
      close: (code, reason) => client.close(code, reason),
      onMessage(handle) {
        client.on("message", (data: Buffer) => {
          if (findExcess(data)) return client.close(CloseCode.BadRequest, "Invalid message received");
          handle(String(data)).catch((error: unknown) => {
            if (isMisdirected(error)) return client.close(CloseCode.BadRequest, "Invalid message received");
            report(error);
            client.close(CloseCode.InternalServerError, "Internal server error");
          });
        });
      },
    },
    extra,
  );

  let hasAnswered = true;
  client.on("pong", () => {
    hasAnswered = true;
  });
  const pings = setInterval(() => {
    if (!hasAnswered) return client.terminate();
    hasAnswered = false;
    client.ping();
  }, PING_EVERY_MS);

  // Unheard it would end the process. What is wrong with a client's frame has closed the connection already.
  client.on("error", () => {});
  client.once("close", (code, reason) => {
    clearInterval(pings);
    closed(code, String(reason)).catch(report);
  });
}

/** Whether the message is one that only servers send, which graphql-ws throws at the server for. */
function isMisdirected(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Unexpected message of type");
}
