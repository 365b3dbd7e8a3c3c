// A WebSocket client that sends the protocol's messages one by one, as a test asks.
import { once } from "node:events";
import { expect, onTestFinished } from "vitest";
import { WebSocket } from "ws";

// biome-ignore lint/suspicious/noExplicitAny: tests look into messages of any shape
export type Message = any;

/** A socket that sends what it is told to; `messages` is what has come. */
export async function openWebSocket(url: string, protocol: string | string[] = "graphql-transport-ws") {
  const socket = new WebSocket(url.replace("http", "ws"), protocol);
  onTestFinished(() => socket.terminate());
  const messages: Message[] = [];
  socket.on("message", (data) => messages.push(JSON.parse(String(data))));
  const closed = once(socket, "close").then(([code, reason]) => [code, String(reason)]);
  closed.catch(() => {});
  await once(socket, "open");
  const send = (message: unknown) => socket.send(typeof message === "string" ? message : JSON.stringify(message));
  return { socket, messages, closed, send };
}

/** A socket that has been greeted. */
export async function greetWebSocket(url: string) {
  const connection = await openWebSocket(url);
  connection.send({ type: "connection_init" });
  await once(connection.socket, "message");
  expect(connection.messages.splice(0)).toEqual([{ type: "connection_ack" }]);
  return connection;
}

/** The message that begins an operation. */
export const subscribeMessage = (query: string, id = "1", more = {}) => ({
  id,
  type: "subscribe",
  payload: { query, ...more },
});
