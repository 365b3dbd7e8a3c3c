// A log that nobody reads: the server goes on, holds little of it, and counts what it drops.
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { portOf } from "../support/exchange.ts";
import { scrape } from "../support/metrics.ts";
import { startProcess } from "../support/process.ts";
import { request } from "../support/server.ts";

const MEBIBYTE = 2 ** 20;
const COUNT = 6_000;
const PIPELINED = 10;
/** A line of about 400 bytes. */
const REFUSED = `GET /${"p".repeat(98)} HTTP/1.1\r\nhost: localhost\r\nx-request-id: ${"i".repeat(128)}\r\n\r\n`;

/** Has `count` requests refused, each of which is a line of the log. */
async function refuse(url: string, count: number): Promise<void> {
  const socket = connect(portOf(url), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let sent = 0;
  let answered = 0;
  let text = "";
  /** Asks for as many as have been answered, so that there are never more under way. */
  const send = (more: number) => {
    const asked = Math.min(more, count - sent);
    sent += asked;
    socket.write(REFUSED.repeat(asked));
  };
  send(PIPELINED);
  for await (const data of socket) {
    const parts = (text + data).split("HTTP/1.1 404");
    text = (parts.at(-1) ?? "").slice(-16);
    answered += parts.length - 1;
    if (answered === count) break;
    send(parts.length - 1);
  }
}

test("a blocked log takes 1 MiB, the rest is counted and dropped, and it goes on when it is read again", async () => {
  const server = startProcess({ PORT: "0", LOG_LEVEL: "debug" });
  const url = await server.url;
  const page = new URL("/metrics", url).href;
  const memory = async () => (await scrape(page)).value("process_resident_memory_bytes") ?? 0;
  const dropped = async () => (await scrape(page)).value("graphql_log_lines_dropped_total") ?? 0;
  const lines = () => server.output().match(/"msg":"(?:refused|operation)"/g)?.length ?? 0;

  await refuse(url, 1_000);
  await expect.poll(lines, { timeout: 5_000 }).toBe(1_000);
  expect(await dropped()).toBe(0);

  server.child.stdout?.pause();
  await refuse(url, COUNT);
  await expect.poll(dropped, { timeout: 5_000 }).toBeGreaterThan(0);
  const before = await memory();
  await refuse(url, COUNT);
  // Megabytes of lines more, and nothing is held of them.
  expect((await memory()) - before).toBeLessThan(24 * MEBIBYTE);
  expect(
    (
      await request(url, {
        method: "POST",
        body: '{"query":"{ __typename }"}',
        headers: { "content-type": "application/json" },
      })
    ).status,
  ).toBe(200);

  const read = server.output().length;
  server.child.stdout?.resume();
  // The refused requests, and the one operation, whose shorter line may still have fitted.
  await expect.poll(async () => lines() + (await dropped()), { timeout: 10_000 }).toBe(1_000 + 2 * COUNT + 1);
  // What waited in the process, and in the kernel.
  expect(server.output().length - read).toBeLessThan(2 * MEBIBYTE);
  const afterwards = lines();
  await refuse(url, 100);
  await expect.poll(lines, { timeout: 5_000 }).toBe(afterwards + 100);
});
