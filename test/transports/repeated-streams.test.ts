// Clients of event streams connect again by themselves: what they have had is not called for, and paid for, again.
import { expect, test } from "vitest";
import { startServed } from "../support/served-upstream.ts";
import { request } from "../support/server.ts";
import { chat, chunk, event, hello, streams, streamsThen } from "../support/stream.ts";
import { json } from "../support/upstream.ts";

const SSE = { accept: "text/event-stream" };
const post = (query: string, headers: Record<string, string>) => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify({ query }),
});

test("every event has an id, from the first byte on", async () => {
  const { server } = await startServed(streams(hello));
  const { text } = await request(server.url, post(chat, SSE));
  const ids = text
    .split("\n\n")
    .filter((part) => part.includes("event: next") || part.startsWith(":"))
    .map((part) => /^id: (.*)$/m.exec(part)?.[1]);
  expect(ids).toEqual(["0", "1", "2"]);
});

test("an event in pieces has its id at its end", async () => {
  const long = "a".repeat(100_000);
  const { server } = await startServed(streams(event(chunk(long)), event(chunk("b", "stop")), "data: [DONE]\n\n"));
  const { text } = await request(server.url, post(chat, SSE));
  expect(text).toContain(`${long}"}}}\nid: 1\n\nevent: next\ndata: {"data":{"chat":{"text":"b"}}}\nid: 2\n\n`);
});

test.each(["0", "1", "anything", ""])(
  "a subscription after the event %j is answered with 204, and calls nothing",
  async (id) => {
    const { upstream, server } = await startServed(streams(hello));
    const headers = { ...SSE, "last-event-id": id };
    const byGet = await request(`${server.url}?query=${encodeURIComponent(chat)}`, { headers });
    const byPost = await request(server.url, post(chat, headers));
    for (const { status, text } of [byGet, byPost]) expect([status, text]).toEqual([204, ""]);
    expect(upstream.requests).toEqual([]);
  },
);

test("a query or a mutation after an event is served", async () => {
  const { server } = await startServed(json({ id: "m" }));
  const { status, text } = await request(
    server.url,
    post('{ model(id: "m") { id } }', { ...SSE, "last-event-id": "3" }),
  );
  expect(status).toBe(200);
  expect(text).toContain('{"data":{"model":{"id":"m"}}}');
});

test("a stream that broke is not called for again", async () => {
  const { upstream, server } = await startServed(streamsThen(event(chunk("Hel")), (_, socket) => socket.destroy()));
  const { text } = await request(server.url, post(chat, SSE));
  expect(text).toContain("UPSTREAM_INTERRUPTED");
  const id = [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? "";
  expect((await request(server.url, post(chat, { ...SSE, "last-event-id": id }))).status).toBe(204);
  expect(upstream.requests).toHaveLength(1);
});
