// MAX_INFLIGHT_BYTES: how many bytes of requests and answers a process holds, for all callers and for each.
import { describe, expect, test, vi } from "vitest";
import { chat, chatAnswer } from "../support/calls.ts";
import { END, filePart, variations, varied, varyFields, varyTwo, writePart } from "../support/multipart.ts";
import { connectRaw, postHead } from "../support/raw-client.ts";
import { startServed } from "../support/served-upstream.ts";
import type { TestServer } from "../support/server.ts";
import { type Answer, inTurn, json } from "../support/upstream.ts";
import { frame, greetFrames, textFrame } from "../support/websocket-frames.ts";

const KEYS = { alice: "alice-key-0123456789", bob: "bob-key-0123456789ab" };
const CLIENT_KEYS = JSON.stringify(Object.entries(KEYS).map(([id, key]) => ({ id, key })));
/** Each caller may hold 100,000 bytes. */
const LIMITS = { CLIENT_KEYS, MAX_BODY_BYTES: "100000", MAX_INFLIGHT_BYTES: "400000" };
const overloaded = { code: "OVERLOADED", retryAfterMs: 1000 };

const as = (name: keyof typeof KEYS) => ({ headers: { authorization: `Bearer ${KEYS[name]}` } });
const headOf = (name: keyof typeof KEYS, length?: number, type = "application/json") =>
  postHead(length, type).replace("\r\n", `\r\nauthorization: Bearer ${KEYS[name]}\r\n`);

/** A chat whose prompt makes the body about `length` bytes long. */
const chatOf = (length: number) => ({
  query:
    'mutation ($text: String!) { chat(input: { model: "m", messages: [{ role: USER, content: $text }] }) { text } }',
  variables: { text: "x".repeat(length) },
});

/** Sends the beginning of a body, and stays. */
async function hangIn(server: TestServer, name: keyof typeof KEYS, bytes: number, declared?: number) {
  const client = await connectRaw(server.url);
  const body = Buffer.alloc(bytes, " ");
  await client.send(headOf(name, declared));
  await client.send(declared === undefined ? `${bytes.toString(16)}\r\n${body}` : body);
  return client;
}

describe("bodies that never end", () => {
  test.each([
    ["with a length", 50_000],
    ["in chunks", undefined],
  ])("%s use up the share of their caller, and not that of another", async (_, declared) => {
    const { upstream, server } = await startServed(json(chatAnswer), LIMITS);
    await Promise.all([hangIn(server, "alice", 40_000, declared), hangIn(server, "alice", 40_000, declared)]);
    await vi.waitFor(async () => {
      const { status, headers, body } = await server.query(chatOf(30_000).query, chatOf(30_000).variables, as("alice"));
      expect([status, headers.get("retry-after")]).toEqual([503, "1"]);
      expect(body.errors[0].extensions).toEqual(overloaded);
      expect(body.errors[0].message).toContain("100000");
    });
    // What is small still fits.
    expect((await server.query(chat, {}, as("alice"))).body.data.chat.text).toBe("hello");
    const { body } = await server.query(chatOf(90_000).query, chatOf(90_000).variables, as("bob"));
    expect(body.data.chat.text).toBe("hello");
    expect(upstream.requests.filter((request) => request.body.length > 30_000)).toHaveLength(1);
    expect(server.faults).toEqual([]);
  });

  test("are forgotten when their client leaves", async () => {
    const { server } = await startServed(json(chatAnswer), LIMITS);
    const clients = await Promise.all([
      hangIn(server, "alice", 45_000, 90_000),
      hangIn(server, "alice", 45_000, 90_000),
    ]);
    const ask = () => server.query(chatOf(80_000).query, chatOf(80_000).variables, as("alice"));
    await vi.waitFor(async () => expect((await ask()).body.errors[0].extensions).toEqual(overloaded));
    for (const { socket } of clients) socket.destroy();
    await vi.waitFor(async () => expect((await ask()).body.data?.chat.text).toBe("hello"));
  });

  test("a body is refused by its declared length before it is read", async () => {
    const { server } = await startServed(json(chatAnswer), LIMITS);
    await hangIn(server, "alice", 90_000, 95_000);
    const { query, variables } = chatOf(50_000);
    await vi.waitFor(async () =>
      expect((await server.query(query, variables, as("alice"))).body.errors[0].extensions).toEqual(overloaded),
    );
    const client = await connectRaw(server.url);
    await client.send(headOf("alice", 50_000));
    expect((await client.answer()).body.errors[0].extensions).toEqual(overloaded);
  });
});

test("without keys all share the whole account", async () => {
  const { server } = await startServed(json(chatAnswer), { ...LIMITS, CLIENT_KEYS: "", AUTH: "none" });
  await Promise.all(Array.from({ length: 4 }, () => hangIn(server, "alice", 80_000, 81_000)));
  const { query, variables } = chatOf(90_000);
  await vi.waitFor(async () => {
    const { body } = await server.query(query, variables);
    expect(body.errors[0].extensions).toEqual(overloaded);
    expect(body.errors[0].message).toContain("400000");
  });
  expect((await server.query(chatOf(70_000).query, chatOf(70_000).variables)).body.data.chat.text).toBe("hello");
});

describe("over WebSocket", () => {
  const open = async (server: TestServer, name: keyof typeof KEYS) => {
    const connection = await greetFrames(server.url, { authorization: `Bearer ${KEYS[name]}` });
    const subscribe = (id: string, payload: unknown) =>
      connection.socket.write(textFrame({ type: "subscribe", id, payload }));
    return { ...connection, subscribe };
  };
  /** The beginning of a text message of two fragments. */
  const fragment = (bytes: number) => {
    const begun = frame(0x1, Buffer.alloc(bytes, " "));
    begun[0] = 0x01;
    return begun;
  };

  test("a message that never ends counts, pings between its fragments or not, and the caller's next one closes with 1013", async () => {
    const { server } = await startServed(json(chatAnswer), LIMITS);
    const [first, second, other] = [
      await open(server, "alice"),
      await open(server, "alice"),
      await open(server, "bob"),
    ];
    first.socket.write(fragment(40_000));
    for (let place = 0; place < 3; place++) {
      first.socket.write(frame(0x9, Buffer.from("ping")));
      const more = frame(0x0, Buffer.alloc(15_000, " "));
      more[0] = 0x00;
      first.socket.write(more);
    }
    other.subscribe("1", chatOf(80_000));
    await vi.waitFor(() => expect(String(other.received())).toContain("hello"));
    second.subscribe("1", chatOf(80_000));
    await second.closed;
    expect(second.received().includes(Buffer.from([0x03, 0xf5]))).toBe(true);
    expect(server.faults).toEqual([]);
  });

  test("a connection may send any number of messages and pings, one after the other", async () => {
    const { server, upstream } = await startServed(json(chatAnswer), LIMITS);
    const connection = await open(server, "alice");
    for (let turn = 1; turn <= 6; turn++) {
      connection.socket.write(frame(0x9, Buffer.alloc(100)));
      connection.subscribe(String(turn), chatOf(40_000));
      await vi.waitFor(() => expect(String(connection.received()).match(/"complete"/g)).toHaveLength(turn));
    }
    expect(upstream.requests).toHaveLength(6);
  });

  test("operations under way hold their messages", async () => {
    const held: Parameters<Answer>[] = [];
    const { server, upstream } = await startServed((...parameters) => void held.push(parameters), LIMITS);
    const connection = await open(server, "alice");
    connection.subscribe("1", chatOf(45_000));
    connection.subscribe("2", chatOf(45_000));
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(2));
    const ask = () => server.query(chatOf(20_000).query, chatOf(20_000).variables, as("alice"));
    expect((await ask()).body.errors[0].extensions).toEqual(overloaded);
    upstream.answer = json(chatAnswer);
    for (const parameters of held) json(chatAnswer)(...parameters);
    await vi.waitFor(async () => expect((await ask()).body.data?.chat.text).toBe("hello"));
  });
});

describe("files", () => {
  const vary = (server: TestServer, name: keyof typeof KEYS, size: number, variables: readonly string[]) => {
    const form = new FormData();
    const query = varyTwo;
    form.set("operations", JSON.stringify({ query, variables: { a: null, b: null } }));
    form.set("map", JSON.stringify({ 0: variables }));
    form.set("0", new Blob([new Uint8Array(size)], { type: "image/png" }), "image.png");
    return fetch(server.url, {
      method: "POST",
      body: form,
      headers: { ...as(name).headers, "graphql-require-preflight": "1" },
    });
  };
  const both = ["variables.a", "variables.b"];

  test("one that is kept for two fields counts, and the request alone may hold a share", async () => {
    const { server, upstream } = await startServed(json(variations), LIMITS);
    const fits = await vary(server, "alice", 80_000, both);
    expect((await fits.json()).data).toEqual({ a: varied, b: varied });
    const { errors } = await (await vary(server, "alice", 200_000, both)).json();
    expect(errors[0].extensions.code).toBe("PAYLOAD_TOO_LARGE");
    expect(errors[0].message).toContain("100000");
    expect(upstream.requests).toHaveLength(2);
    const after = await vary(server, "alice", 80_000, both);
    expect((await after.json()).data).toEqual({ a: varied, b: varied });
  });

  test("a refused operation reads none of them", async () => {
    const keys = JSON.stringify([{ id: "alice", key: KEYS.alice, operations: ["complete", "models"] }]);
    const { server, upstream } = await startServed(json(variations), { ...LIMITS, CLIENT_KEYS: keys });
    const client = await connectRaw(server.url);
    await client.send(headOf("alice", 10_000_000, "multipart/form-data; boundary=x"));
    // Not even the fields have been sent.
    const answer = await client.answer();
    expect(answer).toMatchObject({ status: 403, body: { errors: [{ extensions: { code: "FORBIDDEN" } }] } });
    expect(answer.body.errors[0].message).toContain("Mutation.imageVariations");
    expect(upstream.requests).toHaveLength(0);
  });

  test.each([
    ["a model that the caller may not use", { models: ["allowed-*"] }, "FORBIDDEN"],
    ["a used up minute", { requestsPerMinute: 0 }, "RATE_LIMITED"],
    ["no call at once", { maxConcurrent: 0 }, "RATE_LIMITED"],
    ["a used up day", { tokensPerDay: 0 }, "BUDGET_EXCEEDED"],
  ])("with %s no byte of a file is waited for", async (_, limits, code) => {
    const keys = JSON.stringify([{ id: "alice", key: KEYS.alice, ...limits }]);
    const { server, upstream } = await startServed(json(variations), {
      ...LIMITS,
      CLIENT_KEYS: keys,
      IMAGE_VARIATIONS_VIA: "edits",
    });
    const fields = Buffer.concat(varyFields.map(writePart));
    const part = writePart(filePart(Buffer.alloc(1000))).subarray(0, -500);
    const client = await connectRaw(server.url);
    await client.send(
      headOf("alice", fields.length + part.length + 5_000_000, "multipart/form-data; boundary=test-boundary"),
    );
    await client.send(Buffer.concat([fields, part]));
    const { body } = await client.answer();
    expect(body.errors[0].extensions.code).toBe(code);
    expect(upstream.requests).toHaveLength(0);
  });

  test("`operations` and `map` count while they arrive", async () => {
    const { server } = await startServed(json(variations), LIMITS);
    const client = await connectRaw(server.url);
    await client.send(headOf("alice", undefined, "multipart/form-data; boundary=test-boundary"));
    const begun = writePart({ name: "operations", body: `{"query":"${"x".repeat(90_000)}` }).subarray(0, -2);
    await client.send(`${begun.length.toString(16)}\r\n${begun}`);
    await vi.waitFor(async () => {
      const { body } = await server.query(chatOf(30_000).query, chatOf(30_000).variables, as("alice"));
      expect(body.errors[0].extensions).toEqual(overloaded);
    });
    expect(END.length).toBeGreaterThan(0);
  });
});

describe("upstream answers wait, and none is lost:", () => {
  /** An answer with a text of `length` characters. */
  const long = (length: number) =>
    json({
      ...chatAnswer,
      choices: [{ ...chatAnswer.choices[0], message: { role: "assistant", content: "y".repeat(length) } }],
    });

  test("of ten large answers at once each arrives whole, also those of other callers", async () => {
    // Their requests are small, and come before any answer does.
    const held: Parameters<Answer>[] = [];
    const answer: Answer = (...parameters) => {
      if (held.push(parameters) === 10) for (const parameters of held) long(150_000)(...parameters);
    };
    const { server } = await startServed(answer, { ...LIMITS, MAX_INFLIGHT_BYTES: "800000" });
    const ask = (name: keyof typeof KEYS) => server.query(chat, {}, as(name));
    const answers = await Promise.all(Array.from({ length: 10 }, (_, place) => ask(place % 2 ? "alice" : "bob")));
    for (const { body } of answers) expect(body.data?.chat.text).toHaveLength(150_000);
    expect(server.faults).toEqual([]);
  });

  test("one that is larger than all there is arrives", async () => {
    const { server } = await startServed(long(1_000_000), LIMITS);
    const { body } = await server.query(chat, {}, as("alice"));
    expect(body.data.chat.text).toHaveLength(1_000_000);
  });

  test("one that is not taken counts until it is, and its caller is told to wait meanwhile", async () => {
    const { server, upstream } = await startServed(inTurn(long(30_000_000), json(chatAnswer)), {
      ...LIMITS,
      MAX_INFLIGHT_BYTES: "16000000",
    });
    const body = JSON.stringify({ query: chat });
    const client = await connectRaw(server.url);
    await client.send(headOf("alice", body.length));
    await client.send(body);
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(1));
    const ask = (name: keyof typeof KEYS) => server.query(chatOf(10).query, chatOf(10).variables, as(name));
    await vi.waitFor(async () => expect((await ask("alice")).body.errors?.[0].extensions).toEqual(overloaded));
    client.socket.destroy();
    await vi.waitFor(async () => expect((await ask("alice")).body.data?.chat.text).toBe("hello"));
  });

  test("an event of a stream that never ends counts, and the caller's time limit ends it", async () => {
    const begin: Answer = (_, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.write(`data: {"a":"${"z".repeat(300_000)}`);
    };
    const { server, upstream } = await startServed(begin, { ...LIMITS, UPSTREAM_TOTAL_TIMEOUT_MS: "1500" });
    const query = 'subscription { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { text } }';
    const init = { headers: { ...as("alice").headers, accept: "text/event-stream" } };
    const streams = [server.query(query, {}, init), server.query(query, {}, init)];
    await vi.waitFor(() => expect(upstream.requests).toHaveLength(2));
    const { variables } = chatOf(50_000);
    await vi.waitFor(async () =>
      expect((await server.query(chatOf(1).query, variables, as("alice"))).body.errors[0].extensions).toEqual(
        overloaded,
      ),
    );
    for (const { text } of await Promise.all(streams)) expect(text).toContain("UPSTREAM_TIMEOUT");
    upstream.answer = json(chatAnswer);
    await vi.waitFor(async () =>
      expect((await server.query(chatOf(1).query, variables, as("alice"))).body.data?.chat.text).toBe("hello"),
    );
  });
});
