// A worker that runs and does not answer is replaced; one that is only busy, or that is stopping, is not.
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import { isAlive, listChildren, startProcess } from "../support/process.ts";

const MAIN = fileURLToPath(new URL("../support/few-workers.mjs", import.meta.url));
const SILENT_MS = 1_000;

async function start() {
  const server = startProcess({ SILENT_MS: String(SILENT_MS) }, [], MAIN);
  return { server, url: await server.url, before: listChildren(server.child) };
}

const block = async (url: string, query: string) => Number(await (await fetch(`${url}?${query}`)).text());

/** Resolves when two workers run that are not the one with the id `ended`. */
async function expectReplaced({ server, before }: Awaited<ReturnType<typeof start>>, ended: number) {
  await vi.waitFor(() => expect(isAlive(ended)).toBe(false), 10_000);
  await vi.waitFor(() => expect(listChildren(server.child)).toHaveLength(2), 5_000);
  const kept = before.filter((pid) => pid !== ended);
  expect(listChildren(server.child)).toEqual(expect.arrayContaining(kept));
  expect(server.output().match(/A worker ended.*/g)).toEqual([
    `A worker ended (SIGKILL, as it had not answered for ${SILENT_MS} ms). Another one is started in 100 ms.`,
  ]);
}

test("one that is stopped by SIGSTOP is killed and replaced, and the log says why", async () => {
  const running = await start();
  const [stopped = 0] = running.before;
  process.kill(stopped, "SIGSTOP");
  await expectReplaced(running, stopped);
});

test("so is one whose event loop is blocked", async () => {
  const running = await start();
  const blocked = block(running.url, "block=60000");
  await expect(blocked).rejects.toThrow();
  // Its connections close a moment before it is gone.
  const ended = await vi.waitFor(() => {
    const gone = running.before.find((pid) => !isAlive(pid));
    if (gone === undefined) throw new Error("Every worker is alive.");
    return gone;
  });
  await expectReplaced(running, ended);
});

test("one that is busy for three times as long, and answers now and then, stays", async () => {
  const { server, url, before } = await start();
  const busy = await block(url, `block=${3 * SILENT_MS}&piece=200`);
  expect(before).toContain(busy);
  expect(listChildren(server.child)).toEqual(before);
  expect(server.output()).not.toContain("A worker ended");
});

test("one that is stopping has its own time for it", async () => {
  const { server } = await start();
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  expect(server.output().match(/stopped in its own time/g)).toHaveLength(2);
  expect(server.output()).not.toContain("A worker ended");
});

test("by default a worker has 10 seconds", async () => {
  const server = startProcess({ PORT: "0", WORKERS: "2" });
  await server.url;
  const [stopped = 0, other = 0] = listChildren(server.child);
  const at = performance.now();
  process.kill(stopped, "SIGSTOP");
  await vi.waitFor(() => expect(isAlive(stopped)).toBe(false), 16_000);
  expect(performance.now() - at).toBeGreaterThan(9_000);
  await server.printed("A worker ended (SIGKILL, as it had not answered for 10000 ms).");
  await vi.waitFor(() => expect(listChildren(server.child)).toHaveLength(2), 5_000);
  expect(listChildren(server.child)).toContain(other);
}, 30_000);
