// Measures the time that a server adds to one chat at a time, compared with the same call made to the upstream itself.

import { rest } from "../dialects/rest.mjs";
import { medianOf } from "../spread.mjs";
import { chatLoad, warmUpChat } from "./chat.mjs";
import { runLoad } from "./run.mjs";

/** How often the upstream and the server take turns, so that other work on the machine affects both. */
const TURNS = 4;

export const latency = {
  needs: "chat",
  rows: { latency: { title: "chat, 1 connection: p50 added to a direct call", unit: "µs", better: "less" } },
  warmUp: warmUpChat,
  async run(server, { durationMs, upstream }) {
    const direct = chatLoad({ port: upstream.port, dialect: rest });
    const directMs = [];
    const throughMs = [];
    const options = { connections: 1, durationMs: durationMs / TURNS / 2 };
    for (let turn = 0; turn < TURNS; turn++) {
      directMs.push(...(await runLoad({ ...direct, ...options })).latenciesMs);
      throughMs.push(...(await runLoad({ ...chatLoad(server), ...options })).latenciesMs);
    }
    return { latency: (medianOf(throughMs) - medianOf(directMs)) * 1_000 };
  },
};
