// Runs one operation over both transports, which must refuse it in the same way.
import { once } from "node:events";
import { expect } from "vitest";
import type { TestServer } from "./server.ts";
import { greetWebSocket, type Message, subscribeMessage } from "./websocket.ts";

/** The errors of an operation that comes to nothing, over HTTP and over a WebSocket; they must be the same. */
export async function refuse(
  server: TestServer,
  query: string,
  variables?: Record<string, unknown>,
): Promise<Message[]> {
  const { body } = await server.query(query, variables);
  expect(Object.values(body.data ?? {}).filter((field) => field !== null)).toEqual([]);
  const { socket, messages, send } = await greetWebSocket(server.url);
  send(subscribeMessage(query, "1", { variables }));
  await once(socket, "message");
  const [{ type, payload }] = messages;
  const errors = type === "error" ? payload : payload.errors;
  expect(errors).toEqual(body.errors);
  return errors;
}
