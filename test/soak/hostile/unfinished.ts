// Bodies and messages that never end, and files that are kept for an operation which may not run.
import { setTimeout as sleep } from "node:timers/promises";
import { CONTENT_TYPE, END, filePart, writePart } from "../../support/multipart.ts";
import type { Attack, Target } from "./attack.ts";
import { Connection } from "./connection.ts";
import { headOf, JSON_HEADERS } from "./requests.ts";
import { frameHead, openWebSocket, outcomeOf } from "./websocket.ts";

const MEBIBYTE = 2 ** 20;
/** How long the bytes stay with the server. */
const HOLD_MS = 3_000;
/** All that the default MAX_BODY_BYTES lets through, but for the end. */
const BODY = 8 * MEBIBYTE;
const ALMOST = BODY - MEBIBYTE / 4;
const begin = '{"query":"{ __typename }","variables":{"a":"';

export const unfinished: Attack[] = [
  {
    name: "unfinished bodies",
    limits: { requestsPerMinute: 1, operations: ["Query"] },
    pauseMs: 12_000,
    round: (target) => many(100, (place) => sendBody(target, place % 2 === 0)),
  },
  {
    name: "unfinished messages",
    limits: { requestsPerMinute: 1, operations: ["Query"] },
    pauseMs: 12_000,
    round: (target) => many(50, (place) => sendMessage(target, place % 2 === 0)),
  },
  {
    name: "files for two variables",
    limits: { operations: ["Query"] },
    pauseMs: 12_000,
    round: (target) => many(10, () => sendFile(target)),
  },
];

async function many(count: number, send: (place: number) => Promise<string>): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, place) => send(place)));
}

async function sendBody({ port, key }: Target, isChunked: boolean): Promise<string> {
  const connection = await Connection.open(port);
  const endsAt = performance.now() + HOLD_MS;
  await connection.write(headOf(key, "POST", "/graphql", JSON_HEADERS, isChunked ? null : BODY));
  await connection.write(isChunked ? chunk(Buffer.from(begin)) : begin);
  await connection.pour(ALMOST, endsAt, isChunked ? chunk : undefined);
  return finish(connection, endsAt);
}

async function sendMessage(target: Target, isFragmented: boolean): Promise<string> {
  const connection = await openWebSocket(target, true);
  const endsAt = performance.now() + HOLD_MS;
  await connection.write(frameHead(0x1, isFragmented ? 0 : BODY, !isFragmented));
  const fragment = (piece: Buffer) => Buffer.concat([frameHead(0x0, piece.length, false), piece]);
  await connection.pour(ALMOST, endsAt, isFragmented ? fragment : undefined);
  await sleep(Math.max(0, endsAt - performance.now()));
  connection.leave();
  return outcomeOf(connection);
}

async function sendFile({ port, key }: Target): Promise<string> {
  const endsAt = performance.now() + 2 * HOLD_MS;
  const field = (name: string) => `${name}: imageVariations(input: { image: $${name} }) { data { url } }`;
  const query = `mutation ($a: Upload!, $b: Upload!) { ${field("a")} ${field("b")} }`;
  const start = Buffer.concat([
    writePart({ name: "operations", body: JSON.stringify({ query, variables: { a: null, b: null } }) }),
    writePart({ name: "map", body: '{"0":["variables.a","variables.b"]}' }),
    writePart(filePart("")).subarray(0, -2),
  ]);
  const end = Buffer.concat([Buffer.from("\r\n"), END]);
  const connection = await Connection.open(port);
  const headers = { ...JSON_HEADERS, "content-type": CONTENT_TYPE };
  await connection.write(headOf(key, "POST", "/graphql", headers, 49 * MEBIBYTE + start.length + end.length));
  await connection.write(start);
  await connection.pour(49 * MEBIBYTE, endsAt);
  await connection.write(end);
  return finish(connection, endsAt);
}

async function finish(connection: Connection, endsAt: number): Promise<string> {
  await connection.readUntil((received) => received.includes("\r\n\r\n"), endsAt - performance.now());
  connection.leave();
  return connection.outcomes("held")[0] ?? "";
}

function chunk(piece: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]);
}
