// One WebSocket under graphql-ws, from its opening to its end. Stands in for graphql-ws's own adapter to `ws`, which prints
// to the console what clients do wrong, and that they have left. Knows no GraphQL.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { CloseCode, type Server } from "graphql-ws";
import type { WebSocket } from "ws";
import type { OperationParams } from "../../execution/engine.ts";
import type { HeldBytes } from "../../http/held-bytes.ts";
import { findExcess } from "../../http/json-text.ts";
import { markNumbers, readMarks } from "../../json/exact-numbers.ts";
import { isRecord, readJson } from "../../json/json.ts";
import type { OperationRecord } from "../../telemetry/operation-record.ts";
import type { ConnectionCaller } from "./caller.ts";
import { isInvalidMessage, reasonOf, TOO_LARGE, TRY_AGAIN_LATER } from "./closes.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import { keepAlive } from "./pings.ts";
import { countReceived } from "./received-bytes.ts";
import { limitGreeting } from "./waiting-room.ts";

/** What graphql-ws passes along with a connection's operations. */
export interface ConnectionExtra {
  /** The handshake. */
  req: IncomingMessage;
  socket: Socket;
  caller: ConnectionCaller;
  /** Begins the record of an operation, if anybody reads records. */
  beginOperation(): OperationRecord | undefined;
  connection: Connection;
}

export interface Connection {
  /** Sends messages. */
  readonly inbox: Pick<Inbox, "send" | "sendAll">;
  /**
   * How many of the client's messages are being handled: an operation from its request until its last answer has left. One
   * that the client has completed counts until it has really ended.
   */
  underWay(): number;
  /** The variables of the operation with this id that has just come, if they hold numbers that no double does: see readMarks. */
  takeExactVariables(id: string): OperationParams["variables"];
  /**
   * To be called when the client is identified; `held` counts what it sends from then on. Until then it may send little, and
   * nothing waits for its closing handshake.
   */
  acknowledge(held: HeldBytes): void;
  /** An operation of a caller who was identified begins to run; the function is to be called when it has ended. */
  begin(): () => void;
  /**
   * To be called when the token or key of the connection is no longer valid. Closes it with 4403 as soon as nothing runs on it:
   * clients then connect anew, and ask for a token that is valid.
   */
  expire(): void;
  /** Closes with this code and its words, unless it is closing already. */
  close(code: number): void;
  /** Cuts it off. */
  terminate(): void;
}

export interface OpenConnectionOptions extends Omit<ConnectionExtra, "connection"> {
  client: WebSocket;
  onAcknowledge(): void;
  /** Called for faults of this server alone. */
  report(fault: unknown): void;
}

/** Serves `client` until it closes. */
export function openConnection(
  server: Server<ConnectionExtra>,
  { client, onAcknowledge, report, ...extra }: OpenConnectionOptions,
): Connection {
  const { socket } = extra;
  let handle = async (_text: string): Promise<void> => {};
  let underWay = 0;
  let running = 0;
  let hasExpired = false;
  let isAcknowledged = false;
  let exact: { id: unknown; variables: OperationParams["variables"] } | undefined;
  const inbox = createInbox(client, socket, (message) => void take(message));
  const received = countReceived(client, socket);
  const stopLimit = limitGreeting(socket, () => connection.close(TOO_LARGE));

  async function take(message: Buffer): Promise<void> {
    const text = String(message);
    if (findExcess(text)) return connection.close(CloseCode.BadRequest);
    keepExactVariables(text);
    underWay++;
    try {
      await handle(text);
    } catch (error) {
      fail(error);
    } finally {
      underWay--;
      received.done(message);
      if (isAcknowledged) void leaveIfExpired();
    }
  }

  /** What runs was begun by a caller who was valid then, and is paid for. */
  async function leaveIfExpired(): Promise<void> {
    if (running > 0) return;
    hasExpired ||= !(await extra.caller.isValid());
    if (hasExpired && running === 0) connection.close(CloseCode.Forbidden);
  }

  /** graphql-ws parses the message again: it must never see a mark, as it repeats some of what it reads. */
  function keepExactVariables(text: string): void {
    exact = undefined;
    const marked = markNumbers(text);
    if (marked === text) return;
    const message = readMarks(readJson(marked));
    if (!isRecord(message) || !isRecord(message.payload)) return;
    const { variables } = message.payload;
    if (isRecord(variables)) exact = { id: message.id, variables };
  }

  function fail(error: unknown): void {
    if (isInvalidMessage(error)) connection.close(CloseCode.BadRequest);
    else {
      report(error);
      // A close that failed half way is not tried again.
      if (client.readyState === client.OPEN) connection.close(CloseCode.InternalServerError);
      else client.terminate();
    }
  }

  const connection: Connection = {
    inbox,
    underWay: () => underWay,
    takeExactVariables(id) {
      const variables = exact?.id === id ? exact.variables : undefined;
      exact = undefined;
      return variables;
    },
    acknowledge(held) {
      isAcknowledged = true;
      stopLimit();
      const refuse = () => {
        connection.close(TRY_AGAIN_LATER);
        // What it still sends would be held until it answers the close.
        socket.destroySoon();
      };
      received.begin(held, refuse, inbox.rest);
      onAcknowledge();
    },
    begin() {
      running++;
      return () => {
        running--;
      };
    },
    expire() {
      hasExpired = true;
      void leaveIfExpired();
    },
    close(code) {
      if (client.readyState !== client.OPEN) return;
      client.close(code, reasonOf(code));
      inbox.close();
      hurry();
    },
    terminate: () => client.terminate(),
  };

  /** Does not wait for the closing handshake of a client that is not identified: the connection ends when the close has left. */
  function hurry(): void {
    if (!isAcknowledged) socket.destroySoon();
  }

  const closed = server.opened(
    {
      protocol: client.protocol,
      send: inbox.send,
      close: connection.close,
      onMessage(callback) {
        handle = callback;
      },
    },
    { ...extra, connection },
  );
  keepAlive(client, socket, () => isAcknowledged && void leaveIfExpired());
  // Without a listener it would end the process. A client's invalid frame has closed the connection already.
  client.on("error", hurry);
  client.once("close", (code, reason) => {
    closed(code, String(reason)).catch(report);
  });
  return connection;
}
