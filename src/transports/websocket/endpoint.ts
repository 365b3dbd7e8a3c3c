// The WebSocket endpoint on the GraphQL endpoint's own path: its connections, from the upgrade to the server's stop. What is
// said on them is graphql-ws's. https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { handleProtocols } from "graphql-ws";
import { type ServerOptions, WebSocketServer } from "ws";
import type { Authenticator } from "../../callers/authenticate.ts";
import { requestIdOf } from "../../http/request-id.ts";
import type { BeginOperation } from "../../telemetry/operations.ts";
import { createConnectionCaller } from "./caller.ts";
import { GOING_AWAY, TRY_AGAIN_LATER } from "./closes.ts";
import { type Connection, openConnection } from "./connection.ts";
import type { Greeting } from "./handshake.ts";
import { createGraphQLServer, type GraphQLOptions } from "./protocol.ts";
import { createWaitingRoom } from "./waiting-room.ts";

/** How long a client may take to answer a close, in milliseconds, before it is cut off. */
const CLOSE_TIMEOUT_MS = 1_000;

export interface WebSocketOptions extends Omit<GraphQLOptions, "isDraining"> {
  authenticator: Authenticator;
  beginOperation: BeginOperation;
  /** Largest message of a client's, in bytes. */
  maxBodyBytes: number;
  /** Called for faults of this server alone. */
  report(fault: unknown): void;
}

export interface WebSocketEndpoint {
  /** Takes an HTTP upgrade over that createHandshake has accepted. */
  handleUpgrade(req: IncomingMessage, socket: Socket, head: Buffer, greeting: Greeting): void;
  /** Refuses operations with SHUTTING_DOWN from now on; those under way go on. */
  drain(): void;
  /** Closes the connections that have no operation under way. */
  closeIdle(): void;
  /** Cuts every connection off. */
  close(): Promise<void>;
}

/** Serves every operation of the schema, subscription or not; opens no port. */
export function createWebSocketEndpoint(webSocketOptions: WebSocketOptions): WebSocketEndpoint {
  const { authenticator, beginOperation, maxBodyBytes, report, ...options } = webSocketOptions;
  let draining = false;
  const graphqlServer = createGraphQLServer({ ...options, isDraining: () => draining });
  const server = new WebSocketServer(readOptions(maxBodyBytes));
  server.on("headers", (headers, req) => headers.push(`x-request-id: ${requestIdOf(req)}`));
  const connections = new Set<Connection>();
  const waitingRoom = createWaitingRoom();

  return {
    handleUpgrade(req, socket, head, { token, isKnown }) {
      server.handleUpgrade(req, socket, head, (client) => {
        let operations = 0;
        const connection = openConnection(graphqlServer, {
          client,
          req,
          socket,
          caller: createConnectionCaller(authenticator, token),
          beginOperation: () => beginOperation(req, "websocket", `${requestIdOf(req)}:${++operations}`),
          onAcknowledge: () => waitingRoom.leave(socket),
          report,
        });
        if (!isKnown) waitingRoom.enter(socket, () => connection.close(TRY_AGAIN_LATER));
        connections.add(connection);
        client.once("close", () => connections.delete(connection));
      });
    },
    drain() {
      draining = true;
    },
    closeIdle() {
      for (const connection of connections) if (connection.underWay() === 0) connection.close(GOING_AWAY);
    },
    async close() {
      for (const connection of connections) connection.terminate();
    },
  };
}

function readOptions(maxPayload: number): ServerOptions {
  // Which the types do not know yet.
  const closeTimeout = { closeTimeout: CLOSE_TIMEOUT_MS };
  return {
    noServer: true,
    clientTracking: false,
    maxPayload,
    handleProtocols,
    // One message each turn of the event loop; the next is not even read.
    allowSynchronousEvents: false,
    // keepAlive answers.
    autoPong: false,
    ...closeTimeout,
  };
}
