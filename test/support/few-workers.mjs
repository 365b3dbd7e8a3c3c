// Two workers of the real primary, that wait as long for an answer as SILENT_MS says. As a worker: answers with its id, after
// it has blocked its event loop for as long as the request says, in pieces of `piece` milliseconds.
import cluster from "node:cluster";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { obeyPrimary, startWorkers } from "../../dist/process/cluster.js";

if (cluster.isPrimary) {
  const workers = await startWorkers({
    count: 2,
    environment: {},
    stopWithinMs: 10_000,
    silentMs: Number(process.env.SILENT_MS),
    report: (fault) => console.log(fault),
  });
  process.once("SIGTERM", async () => {
    await workers.stop();
    process.exit(0);
  });
  console.log(workers.url);
} else {
  const server = createServer(async (req, res) => {
    const { searchParams } = new URL(req.url, "http://localhost");
    const end = performance.now() + Number(searchParams.get("block"));
    while (performance.now() < end) {
      const pieceEnd = performance.now() + Number(searchParams.get("piece") ?? "Infinity");
      while (performance.now() < Math.min(end, pieceEnd));
      await new Promise(setImmediate);
    }
    res.setHeader("connection", "close").end(String(process.pid));
  });
  server.listen(0, "127.0.0.1", () => {
    const stop = async () => {
      // Longer than the primary waits for an answer of one that serves, and without one.
      await sleep(0);
      const end = performance.now() + 2 * Number(process.env.SILENT_MS);
      while (performance.now() < end);
      console.log("stopped in its own time");
      process.exit(0);
    };
    obeyPrimary(`http://127.0.0.1:${server.address().port}/graphql`, { reload() {}, stop });
  });
}
