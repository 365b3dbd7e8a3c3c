// MAX_CONCURRENT: how many upstream calls are under way at once, over all callers and transports.
import { connect } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { chat, chatAnswer } from "../support/calls.ts";
import { startTestServer } from "../support/server.ts";
import { chat as chatStream, chunk, event, noticed, streamsThen, write } from "../support/stream.ts";
import { connectWs, subscribeSse } from "../support/subscribe.ts";
import { type Answer, failure, inTurn, json, startUpstream } from "../support/upstream.ts";

/** An upstream that holds every answer back; `arrived` resolves with the `count`th request. */
async function startHeld(count: number, environment: Record<string, string> = { MAX_CONCURRENT: String(count) }) {
  const held: Parameters<Answer>[] = [];
  const { answer, arrived } = noticed((...parameters) => void held.push(parameters), count);
  const upstream = await startUpstream(answer);
  const server = await startTestServer(upstream.url, environment);
  const release = (reply: Answer = json(chatAnswer)) => {
    upstream.answer = reply;
    for (const parameters of held.splice(0)) reply(...parameters);
  };
  return { upstream, server, arrived, release };
}

const overloaded = { code: "OVERLOADED", retryAfterMs: 1000 };

test("of 40 parallel calls on a limit of 5 exactly 5 reach the upstream, the rest is told to wait", async () => {
  const { upstream, server, release } = await startHeld(5);
  const refused: Awaited<ReturnType<typeof server.query>>[] = [];
  const answers = Array.from({ length: 40 }, async () => {
    const answer = await server.query(chat);
    if (answer.body.errors) refused.push(answer);
    return answer;
  });
  await vi.waitFor(() => expect(refused).toHaveLength(35), 10_000);
  expect(upstream.requests).toHaveLength(5);
  for (const { status, headers, body } of refused) {
    expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
    expect(body.errors[0].extensions).toEqual(overloaded);
  }
  release();
  const all = await Promise.all(answers);
  expect(all.filter(({ body }) => body.data?.chat?.text === "hello")).toHaveLength(5);
  expect(upstream.requests).toHaveLength(5);
});

test("as application/graphql-response+json the refusal has no data, so that its status may be 503", async () => {
  const { server, arrived, release } = await startHeld(1);
  const first = server.query(chat);
  await arrived;
  const accept = { headers: { accept: "application/graphql-response+json" } };
  const { status, headers, body } = await server.query(chat, {}, accept);
  expect([status, headers.get("retry-after"), headers.get("content-type")]).toEqual([
    503,
    "1",
    "application/graphql-response+json; charset=utf-8",
  ]);
  expect(body).toEqual({
    errors: [{ message: expect.any(String), locations: expect.any(Array), extensions: overloaded }],
  });
  release();
  await first;
});

describe("every transport takes slots, and is refused without one:", () => {
  test("HTTP, SSE and WebSocket", async () => {
    const { upstream, server, arrived, release } = await startHeld(3);
    const mutation = server.query(chat);
    const sse = await subscribeSse(server.url);
    const ws = await connectWs(server.url);
    const socket = await ws.subscribe(chatStream);
    await arrived;
    for (const refused of [await subscribeSse(server.url), await ws.subscribe(chatStream), await ws.subscribe(chat)]) {
      expect(await refused.ended).toBe("complete");
      expect(refused.results.at(-1).errors[0].extensions).toEqual(overloaded);
    }
    expect((await server.query("{ models { id } }")).body.errors[0].extensions).toEqual(overloaded);
    expect(upstream.requests).toHaveLength(3);
    release(failure(400, {}));
    await Promise.all([mutation, sse.ended, socket.ended]);
    expect(upstream.requests).toHaveLength(3);
  });

  test("each field of one operation is a call", async () => {
    const { upstream, server, release } = await startHeld(2);
    const query = "{ a: models { id } b: models { id } c: models { id } d: models { id } }";
    const answer = server.query(query);
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(2), 10_000);
    release(json({ data: [{ id: "m" }] }));
    const { body } = await answer;
    expect(Object.values(body.data).filter(Boolean)).toHaveLength(2);
    expect(body.errors).toHaveLength(2);
  });

  test("pipelined requests count", async () => {
    const { upstream, server, release } = await startHeld(2);
    const client = connect(Number(new URL(server.url).port), "127.0.0.1");
    onTestFinished(() => void client.destroy());
    const body = JSON.stringify({ query: chat });
    const head = `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
    client.write(`${head}\r\n\r\n${body}`.repeat(4));
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(2), 10_000);
    let text = "";
    client.on("data", (data) => {
      text += data;
    });
    release();
    await vi.waitFor(() => expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(4), 10_000);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 503", "HTTP/1.1 503"]);
    expect(upstream.requests).toHaveLength(2);
  });
});

describe("a slot is free again", () => {
  /** Fills both slots by `fill`, has them freed by `free`, and expects two more calls to reach the upstream. */
  async function expectFreed(free: (held: Awaited<ReturnType<typeof startHeld>>) => Promise<unknown>) {
    const held = await startHeld(2);
    await free(held);
    const { upstream, server, release } = held;
    const before = upstream.requests.length;
    release();
    // The refusal may overtake the last slot's release, which waits for the connection's close.
    await vi.waitFor(async () => expect((await server.query(chat)).body.data?.chat?.text).toBe("hello"));
    const both = await Promise.all([server.query(chat), server.query(chat)]);
    expect(both.map(({ body }) => body.data.chat.text)).toEqual(["hello", "hello"]);
    expect(upstream.requests.length).toBe(before + 3);
    expect(server.faults).toEqual([]);
  }

  test("after an answer", () =>
    expectFreed(async ({ server, arrived, release }) => {
      const answers = [server.query(chat), server.query(chat)];
      await arrived;
      release();
      await Promise.all(answers);
    }));

  test("after a failure", () =>
    expectFreed(async ({ server, arrived, release }) => {
      const answers = [server.query(chat), server.query(chat)];
      await arrived;
      release(failure(400, {}));
      await Promise.all(answers);
    }));

  test("after the upstream hung up", () =>
    expectFreed(async ({ server, arrived, release }) => {
      const answers = [server.query(chat), subscribeSse(server.url)];
      await arrived;
      release(
        (_, res) =>
          void res.writeHead(200, { "content-type": "text/event-stream" }).write("data: {", () => res.destroy()),
      );
      await Promise.all(answers);
    }));

  test("after the clients have left, whole answers and streams", () =>
    expectFreed(async ({ upstream, server, arrived }) => {
      const controller = new AbortController();
      const left = server.query(chat, {}, { signal: controller.signal }).catch(() => {});
      const stream = await subscribeSse(server.url);
      await arrived;
      controller.abort();
      stream.disconnect();
      await left;
      await Promise.all(upstream.requests.map(({ closed }) => closed));
    }));

  test("after a WebSocket was closed", () =>
    expectFreed(async ({ upstream, server, arrived }) => {
      const ws = await connectWs(server.url);
      const stream = await ws.subscribe(chatStream);
      await ws.subscribe(chat);
      await arrived;
      stream.disconnect();
      await Promise.all(upstream.requests.map(({ closed }) => closed));
    }));

  test.each([
    ["", []],
    [", with a plugin", [{}]],
  ])("after a client left whose pipelined stream waited for its turn, and for room%s", async (_, plugins) => {
    const text = event(chunk("x".repeat(1000))).repeat(100);
    const holds = noticed(() => {}, 1);
    const speaks = noticed(
      streamsThen(text, (res) => write(res, text)),
      1,
    );
    const upstream = await startUpstream(inTurn(holds.answer, speaks.answer, json(chatAnswer)));
    const server = await startTestServer(upstream.url, { MAX_CONCURRENT: "2" }, [], plugins);
    const client = connect(Number(new URL(server.url).port), "127.0.0.1");
    const post = (query: string) => {
      const body = JSON.stringify({ query });
      const head = `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json`;
      client.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    };
    post(chat);
    await holds.arrived;
    post(chatStream);
    await speaks.arrived;
    client.destroy();
    await Promise.all(upstream.requests.map(({ closed }) => closed));
    await vi.waitFor(async () => {
      const answers = await Promise.all([server.query(chat), server.query(chat)]);
      expect(answers.map(({ body }) => body.data.chat?.text)).toEqual(["hello", "hello"]);
    });
  });
});

describe("a caller may have so many calls under way", () => {
  const keys = { alice: "alice-key-0123456789", bob: "bob-key-0123456789ab" };
  const as = (name: keyof typeof keys) => ({ headers: { authorization: `Bearer ${keys[name]}` } });
  const withKeys = (limits: object = {}) => ({
    CLIENT_KEYS: JSON.stringify(Object.entries(keys).map(([id, key]) => ({ id, key, ...limits }))),
  });
  const limited = { code: "RATE_LIMITED", retryAfterMs: 1000 };

  test("as its limit says, and another as many of its own", async () => {
    const { upstream, server, release } = await startHeld(5, {
      MAX_CONCURRENT: "10",
      ...withKeys({ maxConcurrent: 2 }),
    });
    const hanging = [1, 2].map(() => server.query(chat, {}, as("alice")));
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(2));
    const { status, headers, body } = await server.query(chat, {}, as("alice"));
    expect([status, headers.get("retry-after")]).toEqual([429, "1"]);
    expect(body.errors[0].extensions).toEqual(limited);
    expect(body.errors[0].message).toBe("This caller may have at most 2 upstream calls at once.");
    const others = [1, 2].map(() => server.query(chat, {}, as("bob")));
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(4));
    release();
    for (const { body } of await Promise.all([...hanging, ...others])) expect(body.data.chat.text).toBe("hello");
    expect((await server.query(chat, {}, as("alice"))).body.data.chat.text).toBe("hello");
  });

  test("as half of all if it has no limit of its own, streams and reads included", async () => {
    const { upstream, server, release } = await startHeld(3, { MAX_CONCURRENT: "6", ...withKeys() });
    const accept = { headers: { ...as("alice").headers, accept: "text/event-stream" } };
    void server.query(chatStream, {}, accept).catch(() => {});
    const read = server.query("{ models { id } }", {}, as("alice"));
    const call = server.query(chat, {}, as("alice"));
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(3));
    for (const query of [chat, "{ models { id } }"])
      expect((await server.query(query, {}, as("alice"))).body.errors[0].extensions).toEqual(limited);
    expect((await server.query(chatStream, {}, accept)).text).toContain("RATE_LIMITED");
    const others = [1, 2, 3].map(() => server.query(chat, {}, as("bob")));
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(6));
    const viewer = await server.query("{ viewer { limits { maxConcurrent } } }", {}, as("bob"));
    expect(viewer.body.data.viewer.limits).toEqual({ maxConcurrent: 3 });
    release();
    await Promise.all([read, call, ...others]);
  });

  test("and half of all reads", async () => {
    const { upstream, server, release } = await startHeld(3, {
      MAX_CONCURRENT: "20",
      MAX_CONCURRENT_READS: "4",
      ...withKeys(),
    });
    const read = (id: number, name: keyof typeof keys) => server.query(`{ model(id: "m${id}") { id } }`, {}, as(name));
    const reads = [read(1, "alice"), read(2, "alice")];
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(2));
    const { body } = await read(3, "alice");
    expect(body.errors[0].extensions).toEqual(limited);
    expect(body.errors[0].message).toBe("This caller may have at most 2 reads at once.");
    reads.push(read(4, "bob"), read(5, "bob"));
    const paid = server.query(chat, {}, as("alice"));
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(5));
    release();
    await Promise.all([...reads, paid]);
  });

  test("those who are not told apart share all places", async () => {
    const { upstream, server, release } = await startHeld(4);
    const calls = Array.from({ length: 4 }, () => server.query(chat));
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(4));
    expect((await server.query(chat)).body.errors[0].extensions).toEqual(overloaded);
    const viewer = await server.query("{ viewer { limits { maxConcurrent } } }");
    expect(viewer.body.data.viewer.limits).toEqual({ maxConcurrent: null });
    release();
    await Promise.all(calls);
  });
});

test("hanging reads leave room for paid calls", async () => {
  const { upstream, server, release } = await startHeld(3, { MAX_CONCURRENT: "5", MAX_CONCURRENT_READS: "2" });
  const reads = [1, 2].map((id) => server.query(`{ model(id: "m${id}") { id } }`));
  await vi.waitFor(() => expect(upstream.requests).toHaveLength(2));
  const { status, body } = await server.query("{ models { id } }");
  expect(status).toBe(503);
  expect(body.errors[0].extensions).toEqual(overloaded);
  expect(body.errors[0].message).toContain("2 reads");
  const paid = [1, 2, 3].map(() => server.query(chat));
  await vi.waitFor(() => expect(upstream.requests).toHaveLength(5));
  release();
  await Promise.all([...reads, ...paid]);
});
