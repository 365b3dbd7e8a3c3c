// One caller that takes all it may have: calls that hang, calls one after another, queries that cost nothing.
import { setTimeout as sleep } from "node:timers/promises";
import type { Attack, Target } from "./attack.ts";
import { Connection } from "./connection.ts";
import { chat, operation, STREAM_HEADERS } from "./requests.ts";

/** How long its calls hang before it leaves. */
const HOLD_MS = 3_000;

export const allowances: Attack[] = [
  {
    name: "hanging calls",
    limits: {},
    pauseMs: 5_000,
    async round(target) {
      const stream = operation(target.key, chat("hang", "chat(input: $input) { text }", true), STREAM_HEADERS);
      const whole = operation(target.key, chat("hang", "chat(input: $input) { text }"));
      const outcomes = await Promise.all(
        Array.from({ length: 140 }, (_, place) => hang(target, place % 2 === 0 ? stream : whole)),
      );
      return outcomes.flat();
    },
  },
  {
    name: "flood of chats",
    limits: { requestsPerMinute: 3_000 },
    pauseMs: 2_000,
    round: (target) => flood(target, operation(target.key, chat("quick", "chat(input: $input) { text }"))),
  },
  {
    name: "flood of queries",
    limits: {},
    pauseMs: 2_000,
    round: (target) => flood(target, operation(target.key, { query: "{ viewer { id used { requests } } }" })),
  },
];

async function hang({ port }: Target, request: Buffer): Promise<string[]> {
  const connection = await Connection.open(port);
  void connection.write(request);
  await connection.readUntil(() => false, HOLD_MS);
  connection.leave();
  return connection.outcomes().slice(0, 1);
}

/** 100 requests over 20 connections at once. */
async function flood({ port }: Target, request: Buffer): Promise<string[]> {
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, async (_, place) => {
      const connection = await Connection.open(port);
      await sleep(place * 10);
      for (let sent = 1; sent <= 5 && !connection.isEnded; sent++) {
        await connection.write(request);
        await connection.readUntil((received) => received.split("HTTP/1.1 ").length > sent, 3_000);
      }
      connection.leave();
      return connection.outcomes();
    }),
  );
  return outcomes.flat();
}
