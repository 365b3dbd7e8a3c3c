// A client that does not read an ordinary answer is cut off in time. One that reads slowly gets it whole.
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { connectRaw } from "../support/raw-client.ts";
import { startTestServer } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

/** More than the kernel holds for the two ends of a connection. */
const text = "x".repeat(20_000_000);
const body = JSON.stringify({
  query: 'mutation { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { text } }',
});
const request =
  `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n` +
  body;

async function start() {
  const upstream = await startUpstream(
    json({ choices: [{ index: 0, message: { role: "assistant", content: text } }] }),
  );
  const server = await startTestServer(upstream.url, { STREAM_WRITE_STALL_MS: "800" });
  const log = vi.spyOn(console, "error");
  onTestFinished(() => log.mockRestore());
  return { upstream, server, log };
}

describe("an answer over HTTP", () => {
  test.each([1, 3])("that is not read is given up after STREAM_WRITE_STALL_MS, %i on the connection", async (count) => {
    const { upstream, server, log } = await start();
    const client = await connectRaw(server.url);
    await client.send(request.repeat(count));
    await expect.poll(() => upstream.requests.length, { timeout: 5_000 }).toBeGreaterThan(0);
    const began = performance.now();
    // It does not read the end either; what it sends is refused from then on. Line ends before a request mean nothing.
    const knocks = setInterval(() => client.socket.write("\r\n"), 50);
    onTestFinished(() => clearInterval(knocks));
    await client.closed;
    expect(performance.now() - began).toBeGreaterThan(600);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(log).not.toHaveBeenCalled();
    expect(server.faults).toEqual([]);
  });

  test("that is read slowly and steadily comes whole, though it takes several times as long", async () => {
    const { server } = await start();
    const { socket, send } = await connectRaw(server.url);
    await send(request);
    const began = performance.now();
    let bytes = 0;
    await new Promise<void>((resolve, reject) => {
      socket.on("close", () => reject(new Error(`cut off at ${bytes} bytes`)));
      socket.on("data", (chunk) => {
        bytes += chunk.length;
        if (bytes > text.length) resolve();
        socket.pause();
        setTimeout(() => socket.resume(), 8);
      });
      socket.resume();
    });
    expect(performance.now() - began).toBeGreaterThan(2_000);
  });
});
