// The load of chats, and the first answer, which shows that a server is up.
import { setTimeout as sleep } from "node:timers/promises";
import { createNonce } from "../answers.mjs";
import { openConnection } from "./connection.mjs";
import { createCheckFor, createRequest, PLACE } from "./request.mjs";
import { measureLoad, runLoad } from "./run.mjs";

const CONNECTIONS = 16;
/** Requests until Node has compiled what often runs: before that, the larger servers cost twice as much. */
const WARM_UP = 3_000;
const POLL_MS = 2;
const START_WITHIN_MS = 60_000;
export const PROMPT = `${PLACE}: What makes a bridge hold? In three points, please, "short" ones.`;

/** What runLoad needs to ask the server for chats. */
export function chatLoad({ port, dialect }, prompt = PROMPT) {
  const entry = dialect.chat({ prompt });
  return {
    port,
    connections: CONNECTIONS,
    check: createCheckFor(entry),
    createFill: () => createRequest(entry, [PLACE]),
  };
}

/** Waits for the server's first right answer. Throws if the server ends, or takes longer than START_WITHIN_MS. */
export async function waitForAnswer(server) {
  const { check, createFill } = chatLoad(server);
  const endsAt = performance.now() + START_WITHIN_MS;
  for (;;) {
    if (server.hasEnded()) throw new Error(`${server.title} has ended; --log shows what it said.`);
    try {
      const connection = await openConnection(server.port);
      const nonce = createNonce();
      check(await connection.exchange(...createFill()([nonce])), [nonce]);
      connection.close();
      return;
    } catch (error) {
      if (performance.now() > endsAt)
        throw new Error(`It gave no right answer for ${START_WITHIN_MS / 1_000} s: ${error.message}`);
    }
    await sleep(POLL_MS);
  }
}

const warm = new WeakSet();

/** Runs chats, once for each server, until Node has compiled what often runs, but not for longer than `maxMs`. */
export async function warmUpChat(server, { durationMs, maxMs }) {
  if (warm.has(server)) return;
  warm.add(server);
  await runLoad({ ...chatLoad(server), count: WARM_UP, durationMs, maxMs });
}

export const chat = {
  needs: "chat",
  rows: {
    chatCpu: { title: "chat: CPU per request", unit: "µs", better: "less" },
    chatRate: { title: "chat: requests/s", unit: "/s", better: "more" },
    chatRss: { title: "chat: RSS after the run", unit: "MB", isPlain: true, better: "less" },
  },
  load: chatLoad,
  warmUp: warmUpChat,
  async run(server, { durationMs }) {
    const { cpuMsEach, perSecond } = await measureLoad(server, { ...chatLoad(server), durationMs });
    return { chatCpu: cpuMsEach * 1_000, chatRate: perSecond, chatRss: server.rssMb() };
  },
};
