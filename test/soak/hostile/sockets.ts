// Connections that are held and say nothing, and clients that read slowly or reset.
import { setTimeout as sleep } from "node:timers/promises";
import type { Attack, Target } from "./attack.ts";
import { Connection } from "./connection.ts";
import { chat, operation, STREAM_HEADERS } from "./requests.ts";
import { openWebSocket, outcomeOf, textFrame } from "./websocket.ts";

const HOLD_MS = 4_000;

export const sockets: Attack[] = [
  {
    name: "silent sockets",
    pauseMs: 8_000,
    round: (target) => hold(400, async () => await Connection.open(target.port), target),
  },
  {
    name: "halves of heads",
    pauseMs: 8_000,
    round: (target) =>
      hold(
        100,
        async ({ port }) => {
          const connection = await Connection.open(port);
          await connection.write("POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: Bear");
          return connection;
        },
        target,
      ),
  },
  {
    name: "silent WebSockets",
    pauseMs: 8_000,
    round: (target) => hold(300, (where) => openWebSocket(where, false), target, outcomeOf),
  },
  {
    name: "unread WebSockets",
    limits: {},
    pauseMs: 6_000,
    async round(target) {
      const connection = await openWebSocket(target, true);
      connection.stopReading();
      const body = { query: '{ model(id: "attack-wide") { permission { organization } } }' };
      const messages = Array.from({ length: 256 }, (_, id) =>
        textFrame({ id: String(id), type: "subscribe", payload: body }),
      );
      void connection.write(Buffer.concat(messages), HOLD_MS);
      await sleep(HOLD_MS);
      connection.leave();
      return [outcomeOf(connection)];
    },
  },
  {
    name: "slow readers",
    limits: {},
    pauseMs: 8_000,
    round: (target) => hold(8, readSlowly, target),
  },
  {
    name: "resets",
    limits: {},
    pauseMs: 3_000,
    async round(target) {
      const body = operation(target.key, chat("hang", "chat(input: $input) { text }", true), STREAM_HEADERS);
      const cuts = [1, 0.98, 0.7, 0.3];
      await Promise.all(
        Array.from({ length: 40 }, async (_, place) => {
          const connection = await Connection.open(target.port);
          await connection.write(body.subarray(0, body.length * (cuts[place % cuts.length] ?? 1)));
          await sleep(place);
          connection.reset();
        }),
      );
      return ["reset"];
    },
  },
];

/** Opens connections, holds them, and says what each came to. */
async function hold(
  count: number,
  open: (target: Target) => Promise<Connection>,
  target: Target,
  outcome: (connection: Connection) => string = (connection) => connection.outcomes("held")[0] ?? "",
): Promise<string[]> {
  const connections = await Promise.all(Array.from({ length: count }, () => open(target)));
  for (const connection of connections) connection.read();
  await sleep(HOLD_MS);
  const outcomes = connections.map(outcome);
  for (const connection of connections) connection.leave();
  return outcomes;
}

/** A long stream, of which it reads a little ten times a second. */
async function readSlowly({ port, key }: Target): Promise<Connection> {
  const connection = await Connection.open(port);
  await connection.write(operation(key, chat("tokens", "chat(input: $input) { text }", true), STREAM_HEADERS));
  for (let time = 0; time < 30; time++) {
    connection.read();
    await sleep(1);
    connection.stopReading();
    await sleep(100);
  }
  return connection;
}
