// Batches of results that are far larger than what the upstream sent: textSoFar repeats the whole text in each of them.
import { once } from "node:events";
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test, vi } from "vitest";
import { BytesInFlight } from "../../src/http/bytes-in-flight.ts";
import type { Take } from "../../src/openai/client/event-stream.ts";
import { EVENT_STREAM, writeEvents } from "../../src/transports/sse.ts";

/** Writes one batch to a client that has not begun to read. */
async function writeBatch(count: number, length: number) {
  const batch = Array.from({ length: count }, () => ({ data: { text: "x".repeat(length) } }));
  const left = vi.fn();
  let made = 0;
  const responses: ServerResponse[] = [];
  const server = createServer((_, res) => {
    responses.push(res.writeHead(200, EVENT_STREAM));
    const results = {
      async run(take: Take<object>) {
        await take(batch);
        return undefined;
      },
      toResult(value: object) {
        made++;
        return value;
      },
      toText: () => undefined,
      leave: left,
    };
    const options = {
      held: new BytesInFlight(2 ** 20).open(undefined),
      pingMs: 1000,
      maxBytes: 2 ** 26,
      signal: new AbortController().signal,
      fail: () => ({}),
    };
    void writeEvents(res, results, options);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const req = get({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", agent: false });
  req.on("error", () => {});
  onTestFinished(() => void req.destroy());
  const [answer] = (await once(req, "response")) as [IncomingMessage];
  const [res] = responses as [ServerResponse];
  return { answer, res, countMade: () => made, left, req };
}

test("of a batch no more is written than the client takes, and then the rest", async () => {
  const { answer, res, countMade, left } = await writeBatch(200, 200_000);
  await vi.waitFor(() => expect(res.writableNeedDrain).toBe(true));
  expect(res.writableLength).toBeLessThan(1_000_000);
  expect(countMade()).toBeLessThan(100);
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
  const { res, countMade, left, req } = await writeBatch(200, 200_000);
  await vi.waitFor(() => expect(res.writableNeedDrain).toBe(true));
  req.destroy();
  await vi.waitFor(() => expect(left).toHaveBeenCalledOnce());
  expect(countMade()).toBeLessThan(100);
});
