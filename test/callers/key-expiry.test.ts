// Client keys that expire, over every kind of connection, and teams of keys.
import { Agent, request as sendRequest } from "node:http";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { readConfig } from "../../src/config/read-config.ts";
import { chat, chatAnswer } from "../support/calls.ts";
import { startServed } from "../support/served-upstream.ts";
import { chunk, done, event, openStream, write } from "../support/stream.ts";
import { json } from "../support/upstream.ts";
import { openWebSocket, subscribeMessage } from "../support/websocket.ts";

const KEY = "alice-key-0123456789";
const bearer = { authorization: `Bearer ${KEY}` };
const BEFORE = "2030-01-01T09:59:59.999Z";
const THEN = "2030-01-01T10:00:00Z";
const usage = { prompt_tokens: 3, completion_tokens: 7, total_tokens: 10 };

afterEach(() => vi.useRealTimers());

function setClock(time: string): void {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(time) });
}

const start = (answer = json({ ...chatAnswer, usage }), expiresAt = "2030-01-01T12:00:00+02:00") =>
  startServed(answer, { CLIENT_KEYS: JSON.stringify([{ id: "alice", key: KEY, expiresAt }]) });

describe("a key", () => {
  test("is refused from the moment at which it expires, also on a connection that is kept", async () => {
    setClock(BEFORE);
    const { upstream, server } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const ports = new Set<number | undefined>();
    const send = () =>
      new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
        const headers = { ...bearer, "content-type": "application/json" };
        const req = sendRequest(server.url, { method: "POST", agent, headers }, async (res) => {
          ports.add(res.socket.localPort);
          resolve({ status: res.statusCode, body: await text(res) });
        });
        req.on("error", reject).end(JSON.stringify({ query: chat }));
      });
    expect((await send()).status).toBe(200);
    expect((await send()).status).toBe(200);
    setClock(THEN);
    const { status, body } = await send();
    expect(status).toBe(401);
    expect(JSON.parse(body).errors).toEqual([
      { message: "The key has expired.", extensions: { code: "UNAUTHENTICATED" } },
    ]);
    expect(ports.size).toBe(1);
    expect(upstream.requests).toHaveLength(2);
  });

  test("that expires while a stream runs over WebSocket cuts nothing; the socket is closed after it", async () => {
    // A poll moves the clock on.
    setClock("2030-01-01T09:00:00Z");
    let goOn = () => {};
    const told = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const { upstream, server } = await start(async (_, res) => {
      openStream(res);
      await write(res, event(chunk("Hel")));
      await told;
      res.end(event(chunk("lo", "stop")) + done);
    });
    const connection = await openWebSocket(server.url);
    connection.send({ type: "connection_init", payload: bearer });
    await expect.poll(() => connection.messages).toHaveLength(1);
    connection.send(subscribeMessage(chat.replace("mutation", "subscription")));
    await expect.poll(() => connection.messages).toHaveLength(2);
    setClock(THEN);
    connection.send(subscribeMessage(chat, "2"));
    await expect
      .poll(() => connection.messages.find(({ id }) => id === "2"))
      .toMatchObject({
        type: "error",
        payload: [{ message: "The key has expired.", extensions: { code: "UNAUTHENTICATED" } }],
      });
    goOn();
    expect((await connection.closed)[0]).toBe(4403);
    const texts = connection.messages.filter(({ id, type }) => id === "1" && type === "next");
    expect(texts.map(({ payload }) => payload.data.chat.text)).toEqual(["Hel", "lo"]);
    expect(upstream.requests).toHaveLength(1);
  });

  test("that has expired opens no WebSocket", async () => {
    setClock(THEN);
    const { server } = await start();
    const connection = await openWebSocket(server.url);
    connection.send({ type: "connection_init", payload: bearer });
    expect((await connection.closed)[0]).toBe(4403);
  });

  test("beside an expired one of the same caller is good, and its counters are those", async () => {
    setClock(THEN);
    const keys = [
      { id: "alice", key: KEY, expiresAt: THEN },
      { id: "alice", key: "fresh-key-0123456789" },
    ];
    const { server } = await startServed(json({ ...chatAnswer, usage }), { CLIENT_KEYS: JSON.stringify(keys) });
    expect((await server.query(chat, {}, { headers: bearer })).status).toBe(401);
    const fresh = { headers: { authorization: "Bearer fresh-key-0123456789" } };
    expect((await server.query(chat, {}, fresh)).status).toBe(200);
  });

  test("shows its end in viewer", async () => {
    setClock(BEFORE);
    const { server } = await start();
    const { body } = await server.query("{ viewer { expiresAt team { id } } }", {}, { headers: bearer });
    expect(body.data.viewer).toEqual({ expiresAt: "2030-01-01T10:00:00.000Z", team: null });
  });
});

describe("a team", () => {
  const keyOf = (id: string) => `${id}-key-0123456789`;
  const member = (id: string, more = {}) => ({ id, key: keyOf(id), team: "frontend", ...more });
  const team = { team: "frontend", requestsPerMinute: 10, tokensPerWeek: 1000, tokensPerDay: 100 };
  const as = (id: string) => ({ headers: { authorization: `Bearer ${keyOf(id)}` } });

  test("has one budget for all its keys, which viewer and the headers show", async () => {
    const { upstream, server } = await startServed(json({ ...chatAnswer, usage }), {
      OUTPUT_CAP_FIELD: "max_completion_tokens",
      CLIENT_KEYS: JSON.stringify([
        team,
        member("ada", { requestsPerMinute: 2 }),
        member("bob"),
        { id: "eve", key: keyOf("eve") },
      ]),
    });
    const capped = chat.replace("model:", "maxCompletionTokens: 50, model:");
    const headersOf = async (id: string) => {
      const { headers } = await server.query(capped, {}, as(id));
      return ["limit-requests", "remaining-requests", "limit-tokens", "remaining-tokens"].map((name) =>
        headers.get(`x-ratelimit-${name}`),
      );
    };
    expect(await headersOf("ada")).toEqual(["2", "1", "100", "90"]);
    expect(await headersOf("bob")).toEqual(["10", "8", "100", "80"]);
    expect(await headersOf("eve")).toEqual([null, null, null, null]);
    const query =
      "{ viewer { used { requests tokens thisWeek { tokens } } team { id limits { tokensPerWeek tokensPerDay models } used { requests tokens thisWeek { tokens } thisMonth { tokens } } } } }";
    expect((await server.query(query, {}, as("ada"))).body.data.viewer).toEqual({
      used: { requests: 1, tokens: 10, thisWeek: null },
      team: {
        id: "frontend",
        limits: { tokensPerWeek: 1000, tokensPerDay: 100, models: null },
        used: { requests: 2, tokens: 20, thisWeek: { tokens: 20 }, thisMonth: null },
      },
    });
    const long = chat.replace("model:", "maxCompletionTokens: 90, model:");
    const refused = await server.query(long, {}, as("bob"));
    expect(refused.status).toBe(429);
    expect(refused.body.errors[0].message).toMatch(
      /^This caller's team may use at most 100 tokens a day \(UTC\); 80 are left, this call needs \d+\.$/,
    );
    expect(refused.body.errors[0].extensions.code).toBe("BUDGET_EXCEEDED");
    expect((await server.query(long, {}, as("eve"))).status).toBe(200);
    expect(upstream.requests).toHaveLength(4);
  });

  test.each<[string, unknown[], string]>([
    ["without an entry", [member("ada")], "(0.team names a team without an entry of its own, such as {"],
    ["with two entries", [team, member("ada"), team], "(2.team names a team that has an entry already)"],
    [
      "with a limit of each key",
      [{ team: "frontend", models: ["m"] }],
      "(0 has an unknown field; it may have team, requestsPerMinute, tokensPerMinute, tokensPerDay, tokensPerWeek, tokensPerMonth)",
    ],
    [
      "with a limit that is misspelt",
      [{ team: "frontend", tokenPerDay: 1 }],
      '(0 has an unknown field "tokenPerDay": tokensPerDay is meant)',
    ],
    [
      "with a limit that is no number",
      [{ team: "frontend", tokensPerDay: "9" }],
      "(see 0.tokensPerDay: expected number, received string)",
    ],
    ["whose name is none", [{ team: 5 }], "(see 0.team: expected string, received number)"],
    ["without any key", [team], "must be a JSON list of client keys"],
    [
      "of a time that is no end of a key",
      [{ id: "a", key: keyOf("a"), expiresAt: "2030-02-30T00:00:00Z" }],
      "(0.expiresAt must be a date and a time with their zone, such as 2027-01-31T00:00:00Z)",
    ],
    [
      "of a time without a zone",
      [{ id: "a", key: keyOf("a"), expiresAt: "2030-01-01T00:00:00" }],
      "(0.expiresAt must be",
    ],
    ["of a day alone", [{ id: "a", key: keyOf("a"), expiresAt: "2030-01-01" }], "(0.expiresAt must be"],
    [
      "of a number",
      [{ id: "a", key: keyOf("a"), expiresAt: 5 }],
      "(see 0.expiresAt: expected string, received number)",
    ],
  ])("%s is refused at the start, and what is wrong is named", (_, keys, words) => {
    expect(() => readConfig({ CLIENT_KEYS: JSON.stringify(keys) })).toThrow(words);
  });
});
