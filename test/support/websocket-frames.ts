// A WebSocket client on a bare socket that breaks the protocol on purpose: it sends any frames, and answers none.
import { once } from "node:events";
import { connect } from "node:net";
import { onTestFinished } from "vitest";
import { portOf } from "./exchange.ts";

/** The bytes that ask for a WebSocket. */
export const UPGRADE =
  "GET /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n" +
  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n";

/** The frame of a text message, under a mask of zeros. */
export function textFrame(message: unknown): Buffer {
  return frame(0x1, Buffer.from(typeof message === "string" ? message : JSON.stringify(message)));
}

/** One frame, the last of its message. */
export function frame(opcode: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 2 ** 16 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (head.length === 2 ? payload.length : head.length === 4 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(payload.length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

/** An upgraded socket; `received` is all that came behind the handshake, which has these headers as well. */
export async function connectFrames(url: string, headers: Readonly<Record<string, string>> = {}) {
  const socket = connect(portOf(url), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  let bytes = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(UPGRADE.replace("\r\n", `\r\n${more.join("")}`));
  while (!bytes.includes("\r\n\r\n")) await once(socket, "data");
  const head = bytes.subarray(0, bytes.indexOf("\r\n\r\n") + 4).toString();
  return { socket, head, closed, received: () => bytes.subarray(head.length) };
}

/** The same, greeted. */
export async function greetFrames(url: string, headers: Readonly<Record<string, string>> = {}) {
  const connection = await connectFrames(url, headers);
  connection.socket.write(textFrame({ type: "connection_init" }));
  while (!connection.received().includes("connection_ack")) await once(connection.socket, "data");
  return connection;
}

/** The code of the close that came last, if one came. */
export function closeCodeIn(received: Buffer): number | undefined {
  const place = received.lastIndexOf(0x88);
  return place < 0 ? undefined : received.readUInt16BE(place + 2);
}
