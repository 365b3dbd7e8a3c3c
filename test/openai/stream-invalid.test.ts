// Answers that are not a stream of chunks, or too large a one.
import { describe, expect, test } from "vitest";
import { chunk, done, event, startStreaming, streams, streamsThen, write } from "../support/stream.ts";
import { readStreamError } from "../support/stream-error.ts";
import { transports } from "../support/subscribe.ts";
import type { Answer } from "../support/upstream.ts";

const half = event(chunk("Hel"));

const page = "<!doctype html>\n<html>\n<head><title>Log in</title></head>\n\n<body>data: x</body></html>\n";
const body =
  (text: string, type: string): Answer =>
  (_, res) =>
    res.writeHead(200, { "content-type": type }).end(text);

describe("what is no stream of chunks is UPSTREAM_INVALID_RESPONSE:", () => {
  test.each<[string, string]>([
    ["broken JSON", event('{"choices": [')],
    ["JSON that goes on after its end", event("{} {}")],
    ["text", event("hello")],
    ["a list", event([])],
    ["a number", event("1")],
    ["a string", event('"hello"')],
  ])("an event of %s, after the text so far", async (_, text) => {
    const late = await readStreamError(streams(half, text + event(chunk("lo", "stop")) + done));
    expect(late.error).toMatchObject({
      message: "The upstream sent an event that is not a JSON object.",
      extensions: { code: "UPSTREAM_INVALID_RESPONSE" },
    });
    await readStreamError(streams(text + done), 0);
  });

  test.each<[string, Answer]>([
    ["a page", body(page, "text/html; charset=utf-8")],
    ["a page that claims to be a stream", body(page, "text/event-stream")],
    ["a page on one line that claims to be a stream", body(page.replaceAll("\n", ""), "text/event-stream")],
    ["lines of JSON", body(`${JSON.stringify(chunk("Hel"))}\n`.repeat(3), "application/x-ndjson")],
    ["plain text", body("upstream connect error", "text/plain")],
    ["an empty JSON body", body("", "application/json")],
    ["a redirect", (_, res) => res.writeHead(302, { location: "/" }).end()],
    [
      "gzip without a label",
      (_, res) =>
        res
          .writeHead(200, { "content-type": "text/event-stream" })
          .end(Buffer.from("1f8b08000000000000034b4c4a4e494d", "hex")),
    ],
  ])("%s", async (_, answer) => {
    const { error } = await readStreamError(answer, 0);
    expect(error.extensions.code).toBe("UPSTREAM_INVALID_RESPONSE");
    expect(error.message).not.toMatch(/Log in|Hello|connect|[{<]/);
  });

  test.each(transports)("over $transport: a page", async ({ subscribe }) => {
    const { server } = await startStreaming(body(page, "text/html"));
    const { results, ended } = await subscribe(server.url);
    expect(await ended).toBe("complete");
    expect(results).toMatchObject([{ errors: [{ extensions: { code: "UPSTREAM_INVALID_RESPONSE" } }] }]);
  });

  test.each<[string, string, string]>([
    ["line", "data: ", "x".repeat(64_000)],
    ["comment", ":", "x".repeat(64_000)],
    ["event", "", `data: ${"x".repeat(64_000)}\n`],
  ])("an endless %s, which is not read on", async (_, start, more) => {
    let written = 0;
    const { error, upstream } = await readStreamError(
      streamsThen(half + start, async (res) => {
        for (; !res.destroyed; written += more.length) await write(res, more);
      }),
    );
    expect(error).toMatchObject({
      message: "The upstream sent an event of over 8388608 characters.",
      extensions: { code: "UPSTREAM_INVALID_RESPONSE" },
    });
    await upstream.requests[0]?.closed;
    expect(written).toBeLessThan(24 * 2 ** 20);
  });

  test("a stream of more than MAX_UPSTREAM_BYTES", async () => {
    const answer = streamsThen(half, async (res) => {
      while (!res.destroyed) await write(res, `: ${"x".repeat(1_000)}\n`);
    });
    const { error } = await readStreamError(answer, 1, { MAX_UPSTREAM_BYTES: "100000" });
    expect(error.extensions.code).toBe("UPSTREAM_INVALID_RESPONSE");
  });
});
