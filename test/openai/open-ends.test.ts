// Streams that stay open after their answer has come: how long they are read on, and that they are complete then.
import { describe, expect, test } from "vitest";
import { shared } from "../support/lifetime.ts";
import { startServed } from "../support/served-upstream.ts";
import { chunk, done, event, startStreaming, streamOf, streamsThen } from "../support/stream.ts";
import { type Subscribe, subscribeSse, summary, transports } from "../support/subscribe.ts";
import { type Answer, failure } from "../support/upstream.ts";

const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const counted = event({ choices: [], usage });
const half = event(chunk("Hel"));
const full = half + event(chunk("lo", "stop"));
const both = event(chunk("a")) + event(chunk("b", "stop", 1)) + event(chunk("c", "length"));
const piece = (text: string, finish_reason: string | null) => event({ choices: [{ index: 0, text, finish_reason }] });

/** Comments, and events that bring nothing, every 20 ms for ever. */
const ALIVE = [": OPENROUTER PROCESSING\n\n", "data: null\n\n", event({}), event({ choices: [] })];

/** Writes `text` and stays open: with `alive` again and again, or in silence. */
function staysOpen(text: string, alive?: string): Answer {
  return streamsThen(text, (res) => {
    if (alive === undefined) return;
    const timer = setInterval(() => res.write(alive), 20);
    res.once("close", () => clearInterval(timer));
  });
}

/** In silence as well. */
const atOnce = (check: (alive: string | undefined) => Promise<void>) =>
  Promise.all([undefined, ...ALIVE].map((alive) => check(alive)));

const twoOf = (fields: string) =>
  `subscription { chat(input: { model: "m", n: 2, messages: [{ role: USER, content: "hi" }] }) { ${fields} } }`;
const complete = 'subscription { complete(input: { model: "m", prompt: "hi" }) { text } }';
const chat = streamOf("text");

/** Less than the 2 s that are waited at most, so that these do not take as long. */
const soon = { UPSTREAM_IDLE_TIMEOUT_MS: "400" };

describe.each(transports)("over $transport, a stream is complete", ({ subscribe }) => {
  test.each<[string, string, string, (string | null)[]]>([
    ["its choice and its usage", full + counted, chat, ["Hel", "lo", null]],
    ["every choice and the usage", both + counted, twoOf("text"), ["a", null, "c", null]],
    ["fewer choices than were asked for", full + counted, twoOf("text"), ["Hel", "lo", null]],
    ["its choice, without usage", full, chat, ["Hel", "lo"]],
    ["its choice with the usage in it", half + event({ ...chunk("lo", "stop"), usage }), chat, ["Hel", "lo"]],
    ["a completion", piece("a", null) + piece("b", "stop") + counted, complete, ["a", "b", null]],
  ])("that stays open after %s", async (_, text, operation, texts) => {
    await atOnce(async (alive) => {
      const { server, upstream } = await startStreaming(staysOpen(text, alive), soon);
      const told = await summary(await subscribe(server.url, operation));
      expect(told.filter((one) => one !== null)).toEqual([...texts.filter((one) => one !== null), "complete"]);
      await upstream.requests[0]?.closed;
      expect(upstream.requests).toHaveLength(1);
      expect(server.faults).toEqual([]);
    });
  });
});

test.each<[string, string]>([
  ["chat", full],
  ["chat", full + counted],
  ["chat", full + done],
  ["complete", piece("Hel", null) + piece("lo", "stop") + counted],
])("so is a whole answer that comes as one, for %s: %j", async (field, text) => {
  const input = field === "chat" ? 'messages: [{ role: USER, content: "hi" }]' : 'prompt: "hi"';
  await atOnce(async (alive) => {
    const { server, upstream } = await startServed(staysOpen(text, alive), soon);
    const { body } = await server.query(`mutation { ${field}(input: { model: "m", ${input} }) { text } }`);
    expect(body).toEqual({ data: { [field]: { text: "Hello" } } });
    await upstream.requests[0]?.closed;
  });
});

test.each<[string, string, string]>([
  ["a choice and its usage", full + counted, chat],
  ["a choice and [DONE]", full + done, chat],
  ["a completion and its usage", piece("Hel", null) + piece("lo", "stop") + counted, complete],
])("a connection that breaks after %s takes nothing with it", async (_, text, operation) => {
  const breaks = streamsThen(text, (__, socket) => socket.resetAndDestroy());
  const { server, upstream } = await startStreaming(breaks);
  const told = await summary(await subscribeSse(server.url, operation));
  expect(told.filter((one) => one !== null).slice(-2)).toEqual(["lo", "complete"]);
  const input = operation === chat ? 'messages: [{ role: USER, content: "hi" }]' : 'prompt: "hi"';
  const field = operation === chat ? "chat" : "complete";
  const { body } = await server.query(`mutation { ${field}(input: { model: "m", ${input} }) { text } }`);
  expect(body).toEqual({ data: { [field]: { text: "Hello" } } });
  expect(upstream.requests).toHaveLength(2);
});

describe("it is not", () => {
  test.each<[string, string, string, (string | null)[]]>([
    ["before its end", half + counted, chat, ["Hel", null]],
    [
      "with one of two choices at its end",
      both.replace('"length"', "null") + counted,
      twoOf("text"),
      ["a", null, "c", null],
    ],
    ["before the end of an event", full + counted + half.slice(0, 20), chat, ["Hel", "lo", null]],
  ])("%s", async (_, text, operation, texts) => {
    const { server, upstream } = await startStreaming(staysOpen(text), soon);
    const told = await summary(await subscribeSse(server.url, operation));
    expect(told.slice(0, texts.length)).toEqual(texts);
    expect(told.slice(texts.length)).toEqual([expect.stringMatching(/^UPSTREAM_(?:TIMEOUT|INTERRUPTED)$/), "complete"]);
    await upstream.requests[0]?.closed;
  });

  test("if an error follows", async () => {
    const { server } = await startStreaming(staysOpen(full + counted + event({ error: { message: "No." } })), soon);
    expect(await summary(await subscribeSse(server.url))).toEqual(["Hel", "lo", null, "UPSTREAM_ERROR", "complete"]);
  });
});

describe("with a long idle timeout", () => {
  /** Writes `more` after the 2 s that are waited for nothing. */
  const late = (text: string, more: string) =>
    streamsThen(text, (res) => {
      const timer = setTimeout(() => res.end(more), 2_700);
      res.once("close", () => clearTimeout(timer));
    });
  const refusesOptions: Answer = (request, res, req) =>
    "stream_options" in (request.json() as object)
      ? failure(400, { param: "stream_options" })(request, res, req)
      : staysOpen(full, ":\n\n")(request, res, req);
  const counts = (text: string) => text.replaceAll("}]}", `}],"usage":${JSON.stringify(usage)}}`);

  async function watch(
    answer: Answer,
    operation = streamOf("text usage { totalTokens }"),
    subscribe: Subscribe = subscribeSse,
  ) {
    const { server, upstream } = await startStreaming(answer);
    const began = performance.now();
    const subscription = await subscribe(server.url, operation);
    const told = await summary(subscription);
    await upstream.requests.at(-1)?.closed;
    return { told, results: subscription.results, tookMs: performance.now() - began };
  }

  const streaming = shared(() =>
    Promise.all([
      watch(staysOpen(full + counted, ":\n\n")),
      watch(refusesOptions),
      watch(late(full, counted)),
      watch(
        late(counts(half + event(chunk("lo", "stop"))), event(chunk("b", "stop", 1)) + done),
        twoOf("choices { index } text"),
      ),
      watch(late(counts(full), "")),
      watch(
        late(
          event({ ...chunk("Hel", "stop"), usage }) + event({ ...chunk("lo", "stop"), usage }),
          event(chunk("!", "stop")),
        ),
      ),
    ]),
  );

  test("2 s are waited after everything has come", () => {
    for (const number of [0, 1, 4]) {
      const { told, tookMs } = streaming()[number] ?? expect.fail();
      expect(told.filter((text) => text !== null)).toEqual(["Hel", "lo", "complete"]);
      expect(tookMs).toBeGreaterThan(1_900);
      expect(tookMs).toBeLessThan(5_000);
    }
  });

  test("usage that comes later is not lost", () => {
    const { told, results } = streaming()[2] ?? expect.fail();
    expect(told).toEqual(["Hel", "lo", null, "complete"]);
    expect(results.at(-1)?.data.chat.usage).toEqual({ totalTokens: 3 });
  });

  test("text is not lost of a server that gives a finish_reason in every event", () => {
    expect((streaming()[5] ?? expect.fail()).told).toEqual(["Hel", "lo", "!", "complete"]);
  });

  test("a choice that begins later is not lost", () => {
    const { told, results } = streaming()[3] ?? expect.fail();
    expect(told).toEqual(["Hel", "lo", null, "complete"]);
    expect(results.at(-1)?.data.chat.choices).toEqual([{ index: 1 }]);
  });
});
