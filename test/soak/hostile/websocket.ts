// WebSockets on bare connections: frames that end, and frames that do not.
import type { Target } from "./attack.ts";
import { Connection } from "./connection.ts";
import { headOf } from "./requests.ts";

/** An upgraded connection, greeted if `isGreeted`. The handshake shows the target's key, if there is one. */
export async function openWebSocket({ port, key }: Target, isGreeted: boolean): Promise<Connection> {
  const connection = await Connection.open(port);
  const headers = {
    connection: "upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-protocol": "graphql-transport-ws",
  };
  await connection.write(headOf(key, "GET", "/graphql", headers));
  await connection.readUntil((received) => received.includes("\r\n\r\n"), 3_000);
  if (!isGreeted) return connection;
  await connection.write(textFrame({ type: "connection_init" }));
  await connection.readUntil((received) => received.includes("connection_ack"), 3_000);
  return connection;
}

/** A whole text message. */
export function textFrame(message: object): Buffer {
  const payload = Buffer.from(JSON.stringify(message));
  return Buffer.concat([frameHead(0x1, payload.length, true), payload]);
}

/** The head of a frame, under a mask of zeros; `isLast` of its message. */
export function frameHead(opcode: number, length: number, isLast: boolean): Buffer {
  const head = Buffer.alloc(length < 126 ? 2 : length < 2 ** 16 ? 4 : 10);
  head[0] = (isLast ? 0x80 : 0) | opcode;
  head[1] = 0x80 | (head.length === 2 ? length : head.length === 4 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, Buffer.alloc(4)]);
}

/** What became of a WebSocket: refused with a status, open, or closed by the server with a code. */
export function outcomeOf(connection: Connection): string {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(connection.received)?.[1];
  if (status !== "101") return connection.outcomes()[0] ?? "";
  const messages = connection.received.slice(connection.received.indexOf("\r\n\r\n") + 4);
  const place = messages.lastIndexOf("\x88");
  const code = place < 0 ? undefined : messages.charCodeAt(place + 2) * 256 + messages.charCodeAt(place + 3);
  const error = /"code":"([A-Z_]+)"/.exec(messages)?.[1];
  if (code !== undefined && code >= 1000) return `closed with ${code}`;
  return connection.isEnded ? "ended by the server" : (error ?? "open");
}
