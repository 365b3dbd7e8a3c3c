// The bytes of hostile requests, and the two ways in which most attacks send them.
import { setTimeout as sleep } from "node:timers/promises";
import type { Target } from "./attack.ts";
import { Connection } from "./connection.ts";

type Headers = Record<string, string>;

/** The head of a request; `length` null for a chunked body, undefined for none. */
export function headOf(key: string | null, method: string, path: string, headers: Headers, length?: number | null) {
  const lines = Object.entries({
    host: "localhost",
    ...(key !== null && { authorization: `Bearer ${key}` }),
    ...(typeof length === "number" && { "content-length": String(length) }),
    ...(length === null && { "transfer-encoding": "chunked" }),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

export const JSON_HEADERS: Headers = { "content-type": "application/json", "graphql-require-preflight": "1" };
export const STREAM_HEADERS: Headers = { ...JSON_HEADERS, accept: "text/event-stream" };

/** A whole POST of an operation. */
export function operation(key: string | null, body: object | string, headers: Headers = JSON_HEADERS): Buffer {
  const bytes = Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  return Buffer.concat([Buffer.from(headOf(key, "POST", "/graphql", headers, bytes.length)), bytes]);
}

/** A chat with a model of the hostile upstream. */
export function chat(kind: string, selection: string, isStream = false): object {
  const query = `${isStream ? "subscription" : "mutation"} ($input: ChatInput!) { ${selection} }`;
  return { query, variables: { input: { model: `attack-${kind}`, messages: [{ role: "USER", content: "Hello" }] } } };
}

/** One field, and as many aliases of it as a document may have. */
export function aliases(field: string, count = 30): string {
  return `${field} ${Array.from({ length: count }, (_, place) => `a${place}: ${field}`).join(" ")}`;
}

/** Sends one request, waits for its whole answer, or 64 KB of it, and leaves. */
export async function ask({ port }: Target, request: Buffer | string, withinMs = 5_000): Promise<string[]> {
  const connection = await Connection.open(port);
  void connection.write(request, withinMs);
  await connection.readUntil(isAnswered, withinMs);
  connection.leave();
  return connection.outcomes().slice(0, 1);
}

/** Sends one request, reads whatever comes for `holdMs`, and leaves. */
export async function readFor({ port }: Target, request: Buffer, holdMs: number): Promise<string[]> {
  const connection = await Connection.open(port);
  void connection.write(request, holdMs);
  await connection.readUntil(() => false, holdMs);
  connection.leave();
  return connection.outcomes().slice(0, 1);
}

/** Sends requests, reads nothing for `holdMs`, then a little, and leaves. */
export async function sendUnread({ port }: Target, requests: Buffer | string, holdMs: number): Promise<string[]> {
  const connection = await Connection.open(port);
  void connection.write(requests, holdMs);
  await sleep(holdMs);
  await connection.readUntil((received) => received.length >= 256 * 1024, 1_000);
  connection.leave();
  return connection.outcomes();
}

function isAnswered(received: string): boolean {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? Number.POSITIVE_INFINITY);
  return received.length >= Math.min(end + 4 + length, 64 * 1024) || received.endsWith("0\r\n\r\n");
}
