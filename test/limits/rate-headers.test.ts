// How far a caller's limits are used up, as answers and streams report it in the headers of OpenAI's API.
import { afterEach, describe, expect, test, vi } from "vitest";
import { chat, chatAnswer } from "../support/calls.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { hasRedis, startRedis } from "../support/redis.ts";
import { startServed } from "../support/served-upstream.ts";
import type { TestServer } from "../support/server.ts";
import { chunk, done, event, streams } from "../support/stream.ts";
import { subscribeSse } from "../support/subscribe.ts";
import { type Answer, failure, json } from "../support/upstream.ts";

const usage = { prompt_tokens: 3, completion_tokens: 7, total_tokens: 10 };
const answer = json({ ...chatAnswer, usage });

afterEach(() => vi.useRealTimers());

function setClock(time: string): void {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(time) });
}

const start = (limits: object, given: Answer = answer, environment = {}) =>
  startServed(given, { ...aliceWith({ ...limits }), OUTPUT_CAP_FIELD: "max_completion_tokens", ...environment });

const PREFIX = "x-ratelimit-";
const NAMES = ["limit", "remaining", "reset"].flatMap((what) => [`${what}-requests`, `${what}-tokens`]);

/** What the headers say, by their names without the prefix. */
function readRates(headers: { get(name: string): string | null | undefined }): Record<string, string> {
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = headers.get(`${PREFIX}${name}`);
      return value === null || value === undefined ? [] : [[name, value]];
    }),
  );
}

const query = async (server: TestServer, text = chat, headers = alice.headers) =>
  readRates((await server.query(text, {}, { headers })).headers);

const field = 'chat(input: { model: "m", maxCompletionTokens: 100, messages: [{ role: USER, content: "hi" }] })';
const stream = `subscription { ${field} { text } }`;

async function subscribe(server: TestServer, text = stream) {
  const { res, ended } = await subscribeSse(server.url, text, {}, alice.headers);
  await ended;
  return readRates({ get: (name) => res.headers[name] as string | undefined });
}

describe("a whole answer", () => {
  test("reports requests and tokens, the latter as they were used", async () => {
    setClock("2030-01-01T10:00:00Z");
    const { server } = await start({ requestsPerMinute: 5, tokensPerDay: 1000 });
    const rates = (left: string, tokens: string, reset = "1m0s", resetTokens = "14h0m0s") => ({
      "limit-requests": "5",
      "remaining-requests": left,
      "reset-requests": reset,
      "limit-tokens": "1000",
      "remaining-tokens": tokens,
      "reset-tokens": resetTokens,
    });
    expect(await query(server)).toEqual(rates("4", "990"));
    setClock("2030-01-01T10:00:12.5Z");
    expect(await query(server)).toEqual(rates("3", "980", "48s", "13h59m48s"));
  });

  test("reports a limit alone", async () => {
    setClock("2030-01-01T10:00:30Z");
    const requests = await start({ requestsPerMinute: 5 });
    expect(Object.keys(await query(requests.server)).sort()).toEqual([
      "limit-requests",
      "remaining-requests",
      "reset-requests",
    ]);
    const tokens = await start({ tokensPerMinute: 100_000 });
    expect(await query(tokens.server)).toEqual({
      "limit-tokens": "100000",
      "remaining-tokens": "99990",
      "reset-tokens": "30s",
    });
  });

  test("reports the window of tokens that has least left", async () => {
    setClock("2030-01-31T23:59:50Z");
    const { server } = await start({
      tokensPerMinute: 500,
      tokensPerDay: 400,
      tokensPerWeek: 300,
      tokensPerMonth: 350,
    });
    expect(await query(server)).toMatchObject({ "limit-tokens": "300", "remaining-tokens": "290" });
    setClock("2030-02-04T00:00:00Z");
    expect(await query(server)).toMatchObject({
      "limit-tokens": "300",
      "remaining-tokens": "290",
      "reset-tokens": "168h0m0s",
    });
  });

  test("of several fields reports what is left after all of them", async () => {
    const { upstream, server } = await start({ requestsPerMinute: 3, tokensPerDay: 1000 });
    expect(await query(server, `mutation { a: ${field} { text } b: ${field} { text } }`)).toMatchObject({
      "remaining-requests": "1",
      "remaining-tokens": "980",
    });
    expect(await query(server, `mutation { a: ${field} { text } b: ${field} { text } }`)).toMatchObject({
      "remaining-requests": "0",
      "remaining-tokens": "970",
    });
    expect(upstream.requests).toHaveLength(3);
  });

  test("reports nothing left where a limit refuses", async () => {
    setClock("2030-01-01T10:00:00Z");
    const { server } = await start({ requestsPerMinute: 1, tokensPerDay: 100 });
    await query(server);
    const { status, headers } = await server.query(chat, {}, alice);
    expect(status).toBe(429);
    expect(readRates(headers)).toEqual({
      "limit-requests": "1",
      "remaining-requests": "0",
      "reset-requests": "1m0s",
    });
    const tokens = await start({ tokensPerDay: 50 });
    const refused = await tokens.server.query(`mutation { ${field} { text } }`, {}, alice);
    expect([refused.status, readRates(refused.headers)]).toEqual([
      429,
      { "limit-tokens": "50", "remaining-tokens": "50", "reset-tokens": "14h0m0s" },
    ]);
  });

  test("of a call that failed reports that it cost nothing", async () => {
    const { server } = await start({ tokensPerDay: 1000 }, failure(400, {}));
    expect(await query(server)).toMatchObject({ "remaining-tokens": "1000" });
  });

  test("counts repeats", async () => {
    const { upstream, server } = await start({ requestsPerMinute: 5 }, failure(500, {}, { "retry-after-ms": "1" }), {
      MAX_RETRIES: "2",
    });
    expect(await query(server)).toMatchObject({ "remaining-requests": "2" });
    expect(upstream.requests).toHaveLength(3);
  });

  test("for a caller without limits, or without a call, reports nothing", async () => {
    const { server } = await start({ models: ["m"], maxConcurrent: 5 });
    expect(await query(server)).toEqual({});
    const limited = await start({ requestsPerMinute: 5, tokensPerDay: 100 });
    expect(await query(limited.server, "{ viewer { id } }")).toEqual({});
    expect(await query(limited.server, "{ nothing }")).toEqual({});
    const open = await startServed(answer);
    expect(await query(open.server, chat, { authorization: "" })).toEqual({});
  });

  test("as an event stream, or as Yoga answers it, reports them as well", async () => {
    const { server } = await start({ requestsPerMinute: 9 });
    const asEvents = await query(server, chat, { ...alice.headers, accept: "text/event-stream" } as never);
    expect(asEvents).toMatchObject({ "limit-requests": "9", "remaining-requests": "8" });
    const asParts = await query(server, chat, { ...alice.headers, accept: "multipart/mixed" } as never);
    expect(asParts).toMatchObject({ "limit-requests": "9", "remaining-requests": "7" });
  });
});

describe("a stream", () => {
  const words = streams(event(chunk("Hel")), event({ ...chunk("lo", "stop"), usage }), done);

  test("reports what is left once its call is admitted, with the tokens that it has reserved", async () => {
    setClock("2030-01-01T10:00:00Z");
    const { server } = await start({ requestsPerMinute: 5, tokensPerDay: 1000 }, words);
    const first = await subscribe(server);
    expect(first).toMatchObject({ "limit-requests": "5", "remaining-requests": "4", "reset-requests": "1m0s" });
    expect(first).toMatchObject({ "limit-tokens": "1000", "reset-tokens": "14h0m0s" });
    const left = Number(first["remaining-tokens"]);
    expect(left).toBeLessThan(900);
    expect(left).toBeGreaterThan(850);
    // The first has cost 10.
    expect(await subscribe(server)).toMatchObject({
      "remaining-requests": "3",
      "remaining-tokens": String(left - 10),
    });
  });

  test("that is refused reports it", async () => {
    const { upstream, server } = await start({ requestsPerMinute: 0 }, words);
    expect(await subscribe(server)).toMatchObject({ "limit-requests": "0", "remaining-requests": "0" });
    expect(upstream.requests).toHaveLength(0);
  });

  test("whose upstream is silent for long reports it at once", async () => {
    let goOn = () => {};
    const told = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const { server } = await start({ requestsPerMinute: 5 }, async (...parameters) => {
      await told;
      words(...parameters);
    });
    const { res, ended } = await subscribeSse(server.url, stream, {}, alice.headers);
    expect(res.headers[`${PREFIX}remaining-requests`]).toBe("4");
    goOn();
    expect(await ended).toBe("complete");
  });

  test("of a caller without limits has no such headers", async () => {
    const { server } = await start({}, words);
    expect(await subscribe(server)).toEqual({});
  });
});

describe.skipIf(!hasRedis)("with Redis", () => {
  test("answers and streams of two servers report what both have left", async () => {
    const { url } = await startRedis();
    const limits = { requestsPerMinute: 5, tokensPerMonth: 1000, tokensPerDay: 5000 };
    const words = streams(event(chunk("Hello", "stop")), event({ choices: [], usage }), done);
    const one = await start(limits, answer, { REDIS_URL: url });
    const other = await start(limits, words, { REDIS_URL: url });
    expect(await query(one.server)).toMatchObject({
      "remaining-requests": "4",
      "limit-tokens": "1000",
      "remaining-tokens": "990",
    });
    await vi.waitFor(async () =>
      expect((await one.server.query("{ viewer { used { tokens } } }", {}, alice)).body.data.viewer.used.tokens).toBe(
        10,
      ),
    );
    expect(await subscribe(other.server)).toMatchObject({ "remaining-requests": "3", "limit-tokens": "1000" });
    expect(await query(one.server)).toMatchObject({ "remaining-requests": "2", "remaining-tokens": "970" });
  });
});
