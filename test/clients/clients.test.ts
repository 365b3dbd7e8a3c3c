// The clients that frontends use, over both transports: the whole text, the end, an error in the middle, an early stop.
import { describe, expect, test } from "vitest";
import { chatCompletion, models } from "../support/answers.ts";
import { clients, httpClients, type Subscribe } from "../support/clients.ts";
import { request, startTestServer } from "../support/server.ts";
import { chunk, done, event, hello, startStreaming, streams, streamsThen } from "../support/stream.ts";
import { json, startUpstream } from "../support/upstream.ts";

const CHAT = `subscription Chat {
  chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { id text usage { totalTokens } }
}`;
const COMPLETE = 'subscription Complete { complete(input: { model: "m", prompt: "hi" }) { id text } }';

/** Subscribes, and resolves with everything that came when the client says that it is over. */
function listen(subscribe: Subscribe, query = CHAT) {
  // biome-ignore lint/suspicious/noExplicitAny: results have the shape of what was asked for
  const results: any[] = [];
  let leave = () => {};
  const over = new Promise<typeof results>((resolve, reject) => {
    leave = subscribe(query, {
      next: (result) => results.push(result),
      error: reject,
      complete: () => resolve(results),
    });
  });
  return { results, over, leave };
}

describe.each(Object.entries(clients))("%s", (_, create) => {
  test("gets every chunk, the usage on the last one, and the end", async () => {
    const usage = event({ id: "chatcmpl-1", choices: [], usage: { total_tokens: 7 } });
    const { server } = await startStreaming(streams(event(chunk("Hel")), event(chunk("lo", "stop")), usage, done));
    const results = await listen(create(server.url)).over;
    expect(results.map(({ data }) => data.chat.text)).toEqual(["Hel", "lo", null]);
    expect(results.map(({ data }) => data.chat.usage?.totalTokens)).toEqual([undefined, undefined, 7]);
    expect(results.flatMap(({ errors }) => errors ?? [])).toEqual([]);
  });

  test("streams a completion", async () => {
    const piece = (text: string, finish_reason: string | null = null) =>
      event({ id: "cmpl-1", choices: [{ index: 0, text, finish_reason }] });
    const { server } = await startStreaming(streams(piece("Once"), piece(" upon", "length"), done));
    const results = await listen(create(server.url), COMPLETE).over;
    expect(results.map(({ data }) => data.complete.text)).toEqual(["Once", " upon"]);
  });

  test("gets the text so far and then an error with a code when the upstream breaks off", async () => {
    const { server } = await startStreaming(streamsThen(event(chunk("Hel")), (_res, socket) => socket.destroy()));
    const results = await listen(create(server.url)).over;
    expect(results[0].data.chat.text).toBe("Hel");
    expect(results[1].errors).toMatchObject([{ extensions: { code: "UPSTREAM_INTERRUPTED" } }]);
    expect(results).toHaveLength(2);
    expect(server.faults).toEqual([]);
  });

  test("ends the upstream call when it leaves", async () => {
    const { upstream, server } = await startStreaming(streamsThen(event(chunk("Hel")), () => {}));
    const { results, leave } = listen(create(server.url));
    await expect.poll(() => results.length).toBe(1);
    leave();
    await upstream.requests[0]?.closed;
    expect(upstream.requests).toHaveLength(1);
  });
});

describe.each(Object.entries(httpClients))("%s over plain HTTP", (_, run) => {
  test("queries and mutates", async () => {
    const upstream = await startUpstream((request, ...rest) =>
      json(request.path.endsWith("/models") ? models : chatCompletion)(request, ...rest),
    );
    const server = await startTestServer(upstream.url);
    const queried = await run(server.url, "query Models { models { id } }");
    expect(queried).toMatchObject({ models: [{ id: "gpt-4o-mini" }, {}, {}] });
    const mutation =
      'mutation Chat { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { id text } }';
    expect(await run(server.url, mutation)).toMatchObject({ chat: { text: "Hello!" } });
  });
});

test.each(["application/json", "multipart/mixed;subscriptionSpec=1.0, application/json"])(
  "a subscription that accepts %s alone is refused with a reason, and calls no upstream",
  async (accept) => {
    const { upstream, server } = await startStreaming(streams(hello));
    const answer = await server.query(CHAT, undefined, { headers: { accept } });
    expect(answer.status).toBe(406);
    expect(answer.body.errors).toMatchObject([{ extensions: { code: "BAD_REQUEST" } }]);
    expect(answer.body.errors[0].message).toContain("text/event-stream");
    expect(upstream.requests).toEqual([]);
  },
);

test("a subscription over SSE by GET or POST forbids proxies to hold it back", async () => {
  const { server } = await startStreaming(streams(hello));
  const headers = { accept: "text/event-stream" };
  const posted = await server.query(CHAT, undefined, { headers });
  const got = await request(`${server.url}?query=${encodeURIComponent(CHAT)}`, { headers });
  for (const answer of [posted, got]) {
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    expect(answer.headers.get("cache-control")).toBe("no-cache, no-transform");
    expect(answer.headers.get("x-accel-buffering")).toBe("no");
    expect(answer.headers.get("content-encoding")).toBeNull();
    expect(answer.text).toMatch(/"Hel".*"lo".*event: complete/s);
  }
});
