// Batches of results that are far larger than what the upstream sent: textSoFar repeats the whole text in each of them.
import { once } from "node:events";
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test, vi } from "vitest";
import { BytesInFlight } from "../../src/http/bytes-in-flight.ts";
import { EVENT_STREAM, writeEvents } from "../../src/transports/sse.ts";

/** Writes one batch to a client that has not begun to read. */
async function writeBatch(count: number, length: number) {
  const batch = Array.from({ length: count }, () => ({ data: { text: "x".repeat(length) } }));
  const batches = [batch];
  const left = vi.fn(async () => undefined);
  const responses: ServerResponse[] = [];
  const server = createServer((_, res) => {
    responses.push(res.writeHead(200, EVENT_STREAM));
    const nextBatch = async () => {
      const value = batches.pop();
      return value ? { value, done: false as const } : { value: undefined, done: true as const };
    };
    const options = {
      held: new BytesInFlight(2 ** 20).open(undefined),
      pingMs: 1000,
      maxBytes: 2 ** 26,
      signal: new AbortController().signal,
      fail: () => ({}),
    };
    void writeEvents(res, { nextBatch, return: left }, options);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const req = get({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", agent: false });
  req.on("error", () => {});
  onTestFinished(() => void req.destroy());
  const [answer] = (await once(req, "response")) as [IncomingMessage];
  const [res] = responses as [ServerResponse];
  return { answer, res, batch, left, req };
}

test("of a batch no more is written than the client takes, and then the rest", async () => {
  const { answer, res, batch, left } = await writeBatch(200, 200_000);
  await vi.waitFor(() => expect(res.writableNeedDrain).toBe(true));
  expect(res.writableLength).toBeLessThan(1_000_000);
  expect(batch.length).toBeGreaterThan(100);
  const all = await text(answer);
  expect(all.match(/^event: next$/gm)).toHaveLength(200);
  expect(all.endsWith("event: complete\ndata:\n\n")).toBe(true);
  expect(left).not.toHaveBeenCalled();
});

test("small results leave in one write", async () => {
  const { answer } = await writeBatch(100, 10);
  const writes: string[] = [];
  for await (const write of answer) writes.push(String(write));
  expect(writes.join("").match(/^event: next$/gm)).toHaveLength(100);
  expect(writes.length).toBeLessThan(5);
});

test("a client that leaves in the middle of a batch ends it", async () => {
  const { res, batch, left, req } = await writeBatch(200, 200_000);
  await vi.waitFor(() => expect(res.writableNeedDrain).toBe(true));
  req.destroy();
  await vi.waitFor(() => expect(left).toHaveBeenCalledOnce());
  expect(batch.length).toBeGreaterThan(100);
});
