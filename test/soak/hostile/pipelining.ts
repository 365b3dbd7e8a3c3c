// Many requests on one connection whose answers nobody reads.
import { setTimeout as sleep } from "node:timers/promises";
import type { Attack } from "./attack.ts";
import { Connection } from "./connection.ts";
import { chat, headOf, operation, sendUnread } from "./requests.ts";

export const pipelining: Attack[] = [
  {
    name: "pipelined scrapes",
    pauseMs: 8_000,
    async round(target) {
      const scrapes = headOf(null, "GET", "/metrics", {}).repeat(900);
      const outcomes = await Promise.all(Array.from({ length: 4 }, () => sendUnread(target, scrapes, 2_000)));
      return outcomes.flat();
    },
  },
  {
    name: "pipelined queries",
    limits: {},
    pauseMs: 8_000,
    round(target) {
      const query = operation(target.key, { query: '{ model(id: "attack-wide") { permission { organization } } }' });
      return sendUnread(target, Buffer.concat(Array(400).fill(query)), 2_000);
    },
  },
  {
    name: "pipelined chats",
    limits: { models: ["attack-*"] },
    pauseMs: 3_000,
    async round({ port, key }) {
      const hanging = operation(key, chat("hang", "chat(input: $input) { text }"));
      const refused = operation(key, { ...chat("hang", 'chat(input: { model: "other", messages: [] }) { text }') });
      const connection = await Connection.open(port);
      void connection.write(Buffer.concat([...Array(32).fill(hanging), ...Array(68).fill(refused)]));
      await sleep(500);
      // Half of them say goodbye first.
      if (Math.random() < 0.5) connection.endWriting();
      await sleep(100);
      connection.leave();
      return [connection.isEnded ? "ended by the server" : "left unread"];
    },
  },
];
