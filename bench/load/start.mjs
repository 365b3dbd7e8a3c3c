// Measures a start: the time until the first right answer, and the memory that the idle process then holds.
import { setTimeout as sleep } from "node:timers/promises";
import { waitForAnswer } from "./chat.mjs";

/** The wait until garbage of the start has been collected, as far as it will be. */
const IDLE_AFTER_MS = 500;

export const start = {
  needs: "chat",
  rows: {
    coldStart: { title: "start to first answer", unit: "ms", better: "less" },
    idleRss: { title: "RSS, idle", unit: "MB", isPlain: true, better: "less" },
  },
  /** Starts a second server of the kind. The one that runs has shown that it works, and its files are in memory. */
  async run(_, { startAnother }) {
    const server = await startAnother();
    await waitForAnswer(server);
    const coldStart = performance.now() - server.spawnedAt;
    await sleep(IDLE_AFTER_MS);
    const idleRss = server.rssMb();
    await server.stop();
    return { coldStart, idleRss };
  },
};
