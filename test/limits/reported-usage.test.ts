// Usage that the upstream has reported, against what is estimated for silence: streams that are left, cut or ended after it.
import { describe, expect, test, vi } from "vitest";
import { alice, aliceWith } from "../support/keys.ts";
import { startLogged } from "../support/log.ts";
import type { TestServer } from "../support/server.ts";
import { streamOf as chatOf, chunk, done, event, openStream, streams, write } from "../support/stream.ts";
import { subscribeSse, transports } from "../support/subscribe.ts";
import { type Answer, json, startUpstream } from "../support/upstream.ts";

/** How long the model thinks before its first word: 125 tokens, if nothing is reported. */
const THOUGHT_MS = 500;
const usage = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 };
const usageEvent = event({ id: "chatcmpl-1", choices: [], usage });
const word = event(chunk("Hel"));
const finish = event(chunk("lo", "stop"));
const query = chatOf("text usage { totalTokens } choices { finishReason }");

/** Thinks, streams these events, and then goes on by `then`. */
const thinks =
  (events: string[], then: (res: Parameters<Answer>[1]) => unknown = () => {}): Answer =>
  async (_, res) => {
    openStream(res);
    await new Promise((resolve) => setTimeout(resolve, THOUGHT_MS));
    for (const one of events) await write(res, one);
    await then(res);
  };

async function start(answer: Answer) {
  const upstream = await startUpstream(answer);
  return { upstream, ...(await startLogged(upstream.url, aliceWith({ tokensPerDay: 100_000 }))) };
}

async function readUsed(server: TestServer): Promise<number> {
  const { body } = await server.query("{ viewer { used { tokens } } }", {}, alice);
  return body.data.viewer.used.tokens;
}

describe.each(transports)("over $transport, a client that leaves", ({ subscribe }) => {
  test.each<[string, string[], (result: { data: { chat: Record<string, unknown> } }) => boolean]>([
    ["on the usage", [word, finish, usageEvent], ({ data }) => data.chat.usage !== null],
    [
      "on the usage of a server that gives no reason for its end",
      [word, usageEvent],
      ({ data }) => data.chat.usage !== null,
    ],
    [
      "after the reason for the end, beside which the usage is",
      [word, event({ ...chunk("lo", "stop"), usage })],
      hasEnded,
    ],
  ])("%s is charged what was reported, and logged OK", async (_, events, isLast) => {
    const { upstream, server, operations } = await start(thinks(events));
    const subscription = await subscribe(server.url, query, {}, alice.headers);
    for (let result = await subscription.next(); result && !isLast(result); ) result = await subscription.next();
    subscription.leave();
    await upstream.requests[0]?.closed;
    const [line] = await operations(1);
    expect([line.code, line.inputTokens, line.outputTokens]).toEqual(["OK", 10, 20]);
    expect(line.upstream[0]).not.toHaveProperty("failure");
    expect(await readUsed(server)).toBe(30);
  });

  test("after every reason for the end, before any usage, is logged OK, and silence is charged", async () => {
    const { server, operations } = await start(thinks([word, finish]));
    const subscription = await subscribe(server.url, query, {}, alice.headers);
    for (let result = await subscription.next(); result && !hasEnded(result); ) result = await subscription.next();
    subscription.leave();
    expect((await operations(1))[0].code).toBe("OK");
    expect(await readUsed(server)).toBeGreaterThanOrEqual(THOUGHT_MS / 4);
  });

  test.each([
    [
      "one choice of two has ended",
      [event(chunk("a", null, 0)), event(chunk("b", null, 1)), event(chunk("c", "stop", 0))],
    ],
    ["a count so far is reported", [word, event({ ...chunk("lo"), usage })]],
  ])("when only %s is logged ABORTED", async (_, events) => {
    const { upstream, server, operations } = await start(thinks(events));
    const subscription = await subscribe(server.url, query, {}, alice.headers);
    for (let count = 0; count < events.length; count++) await subscription.next();
    subscription.leave();
    await upstream.requests[0]?.closed;
    expect((await operations(1))[0]).toMatchObject({ code: "ABORTED", upstream: [{ failure: "aborted" }] });
  });
});

describe("a stream is charged what was reported", () => {
  const withUsage = (text: string, total: number) =>
    event({ ...chunk(text), usage: { prompt_tokens: 10, completion_tokens: total - 10, total_tokens: total } });
  test.each<[string, string[], number]>([
    ["cut after the usage", [word, finish, usageEvent], 30],
    ["with a count so far in each chunk, of which the last one stands", [withUsage("a", 11), withUsage("b", 12)], 12],
    ["with counts that fall", [withUsage("a", 500), withUsage("b", 12)], 12],
    ["and zero after it", [word, usageEvent, event({ choices: [], usage: { total_tokens: 0 } })], 30],
    ["and null after it", [word, usageEvent, event({ choices: [], usage: null })], 30],
    [
      "and nonsense after it",
      [word, usageEvent, event({ choices: [], usage: { total_tokens: "9", prompt_tokens: -1 } })],
      30,
    ],
    [
      "by its parts, under the names of images",
      [word, finish, event({ choices: [], usage: { input_tokens: 3, output_tokens: 4 } })],
      7,
    ],
  ])("%s", async (_, events, tokens) => {
    const { upstream, server } = await start(thinks(events, (res) => res.destroy()));
    const { ended } = await subscribeSse(server.url, query, {}, alice.headers);
    await ended;
    await upstream.requests[0]?.closed;
    await vi.waitFor(async () => expect(await readUsed(server)).toBe(tokens), 10_000);
  });
});

describe("what is no count is not believed, and the rest is estimated:", () => {
  const words = event(chunk("word ")).repeat(200);
  test.each([
    null,
    0,
    [],
    { total_tokens: 0 },
    { total_tokens: -5 },
    { total_tokens: 1e300 },
    { total_tokens: -0.5 },
    { total_tokens: "30" },
    { total_tokens: null, prompt_tokens: 10 },
    { prompt_tokens: 10, completion_tokens: "20" },
    { prompt_tokens: 10, completion_tokens: -20 },
    { prompt_tokens: 2 ** 60, completion_tokens: 20 },
  ])("%j", async (odd) => {
    const whole: Answer = async (_, res) => {
      openStream(res);
      await write(res, words + finish + event({ choices: [], usage: odd }) + done);
      res.end();
    };
    const { server } = await start(whole);
    const { ended } = await subscribeSse(server.url, query, {}, alice.headers);
    expect(await ended).toBe("complete");
    await vi.waitFor(async () => expect(await readUsed(server)).toBeLessThan(1_000), 10_000);
    expect(await readUsed(server)).toBeGreaterThan(200);
    expect(server.faults).toEqual([]);
  });

  test.each([0, 1])(
    "a count that stays at %i while words come, also if the client leaves",
    async (completion_tokens) => {
      const stuck = { prompt_tokens: 10, completion_tokens, total_tokens: 10 + completion_tokens };
      const events = event({ ...chunk("word "), usage: stuck }).repeat(200);
      const { upstream, server } = await start(thinks([events]));
      const subscription = await subscribeSse(server.url, query, {}, alice.headers);
      for (let count = 0; count < 200; count++) await subscription.next();
      subscription.leave();
      await upstream.requests[0]?.closed;
      await vi.waitFor(async () => expect(await readUsed(server)).toBeGreaterThan(200), 10_000);
      expect(await readUsed(server)).toBeLessThan(1_000);
    },
  );

  test("a count of the prompt alone does not stand for the words of a whole answer, or of a whole stream", async () => {
    const promptAlone = { prompt_tokens: 10, completion_tokens: 0, total_tokens: 10 };
    const { upstream, server } = await start(
      json({ id: "c", choices: [{ message: { content: "word ".repeat(200) } }], usage: promptAlone }),
    );
    await server.query(query.replace("subscription", "mutation"), {}, alice);
    expect(await readUsed(server)).toBeGreaterThan(210);
    const before = await readUsed(server);
    upstream.answer = streams(words + finish + event({ choices: [], usage: promptAlone }) + done);
    await (await subscribeSse(server.url, query, {}, alice.headers)).ended;
    await vi.waitFor(async () => expect(await readUsed(server)).toBeGreaterThan(before + 210), 10_000);
    expect(await readUsed(server)).toBeLessThan(before + 1_000);
  });

  test("a count before the answer does not stand for it, nor for the time in which the model thinks", async () => {
    const early = event({ id: "chatcmpl-1", choices: [], usage: { total_tokens: 5 } });
    const { upstream, server } = await start(async (_, res) => {
      openStream(res);
      await write(res, early);
      await new Promise((resolve) => setTimeout(resolve, THOUGHT_MS));
      await write(res, word);
    });
    const subscription = await subscribeSse(server.url, query, {}, alice.headers);
    await subscription.next();
    await subscription.next();
    subscription.leave();
    await upstream.requests[0]?.closed;
    await vi.waitFor(async () => expect(await readUsed(server)).toBeLessThan(1_000), 10_000);
    expect(await readUsed(server)).toBeGreaterThanOrEqual(THOUGHT_MS / 4);
  });
});

function hasEnded({ data }: { data: { chat: Record<string, unknown> } }): boolean {
  return (data.chat.choices as { finishReason: unknown }[])[0]?.finishReason === "STOP";
}
