// soFar: the whole answer up to each chunk, of the same type and with the same id as the mutation's.
import { describe, expect, test } from "vitest";
import { readChunks } from "../../src/openai/chunks.ts";
import type { Normalise } from "../../src/openai/client/endpoint.ts";
import { GatheredChoices } from "../../src/openai/dialects/gathered-answer.ts";
import { createChatEvents, normaliseChat, normaliseCompletion } from "../../src/openai/dialects/normal-form.ts";
import { transcriptOf } from "../../src/openai/transcript.ts";
import { createAnswerEvents } from "../support/generated-answers.ts";
import { createRandom } from "../support/random.ts";
import { startServed } from "../support/served-upstream.ts";
import { startTestServer } from "../support/server.ts";
import { chunk, done, event, openStream, streams, streamsThen, write } from "../support/stream.ts";
import { connectWs, subscribeSse, summary, transports } from "../support/subscribe.ts";
import { startUpstream } from "../support/upstream.ts";

const SEEDS = Array.from({ length: 12 }, (_, seed) => seed);

const USAGE = "usage { promptTokens completionTokens totalTokens completionTokensDetails { reasoningTokens } extra }";
const LOGPROBS = "content { token logprob bytes topLogprobs { token logprob } } refusal { token logprob }";
const ANSWER = {
  chat: `fragment Answer on ChatCompletion {
    id object created model text citations moderation metadata serviceTier systemFingerprint extra ${USAGE}
    choices { index finishReason finishReasonRaw extra logprobs { ${LOGPROBS} }
      message { role content refusal reasoning extra functionCall { name arguments }
        toolCalls { id type extra function { name arguments } custom { name input } }
        annotations { url title startIndex } audio { id data transcript expiresAt } images { url } } } }`,
  complete: `fragment Answer on Completion {
    id object created model text systemFingerprint extra ${USAGE}
    choices { index text finishReason finishReasonRaw extra
      logprobs { tokens tokenLogprobs textOffset topLogprobs } } }`,
};
const INPUT = {
  chat: '(input: { model: "m", messages: [{ role: USER, content: "hi" }] })',
  complete: '(input: { model: "m", prompt: "hi" })',
};
type Field = keyof typeof ANSWER;

const mutationOf = (field: Field) => `mutation { ${field}${INPUT[field]} { ...Answer } } ${ANSWER[field]}`;
const streamOf = (field: Field, fields = "soFar { ...Answer }") =>
  `subscription { ${field}${INPUT[field]} { ${fields} } } ${fields.includes("...Answer") ? ANSWER[field] : ""}`;

const KINDS = [
  ["chat", createChatEvents, normaliseChat],
  ["complete", () => normaliseCompletion, normaliseCompletion],
] as const;

describe.each(KINDS)("of generated streams of %s,", (field, createNormalise, normalise) => {
  const isChat = field === "chat";

  test.each(SEEDS)("the last one is the mutation's answer, over both transports (%i)", async (seed) => {
    const random = createRandom(seed);
    const events = createAnswerEvents(isChat, random, 1 + random.below(3));
    const { server } = await startServed(streams(events.map(event).join("") + done));
    const { body } = await server.query(mutationOf(field));
    expect(body.errors).toBeUndefined();
    for (const { subscribe } of transports) {
      const { results, ended } = await subscribe(server.url, streamOf(field));
      expect(await ended).toBe("complete");
      expect(results).toHaveLength(events.length);
      expect(results.at(-1).data[field].soFar).toEqual(body.data[field]);
    }
    expect(server.faults).toEqual([]);
  });

  test.each(SEEDS)("each is what its events make together, and stays so (%i)", async (seed) => {
    const random = createRandom(seed + 100);
    const n = 1 + random.below(3);
    const events = createAnswerEvents(isChat, random, n);
    const copies = () => structuredClone(events);
    const answers = await answersOf(copies(), createNormalise());
    expect(answers).toHaveLength(events.length);
    for (const [place, answer] of answers.entries()) {
      const gathered = new GatheredChoices(createNormalise(), n, 10_000);
      for (const one of copies().slice(0, place + 1)) gathered.add(one);
      const { body } = gathered;
      normalise(body);
      expect(answer).toEqual(body);
    }
  });
});

/** The answers up to each event, all of them looked at when the last one has come. */
async function answersOf(events: Record<string, unknown>[], normalise: Normalise): Promise<unknown[]> {
  const answers: unknown[] = [];
  await readChunks(
    async (take) => {
      for (const one of events) normalise(one);
      take(events);
    },
    "chatcmpl",
    (chunks) => {
      for (const one of chunks as readonly Record<string, unknown>[])
        answers.push(transcriptOf(one)?.addToAnswer(one, { maxUpstreamValues: 10_000 }));
      return undefined;
    },
  );
  return answers;
}

const said = (delta: object, finish_reason: string | null = null, index = 0, more: object = {}) =>
  event({ id: "c-1", choices: [{ index, delta, finish_reason }], ...more });
const soFarOf = (results: { data: { chat: { soFar: unknown } } }[]) => results.map(({ data }) => data.chat.soFar);

test.each([
  ["a custom tool's in pieces of a function", "custom", { input: "" }, "function", { arguments: "ls" }],
  ["a function's in pieces of a custom tool", "function", { arguments: "{" }, "custom", { input: "}" }],
])("a call, %s, is the mutation's: in its first form", async (_, type, begun, other, rest) => {
  const call = { index: 0, id: "call_1", type, [type]: { name: "run", ...begun } };
  const calls = [call, { index: 0, [other]: rest }].map((one) => said({ tool_calls: [one] }));
  const { server } = await startServed(streams(...calls, said({}, "tool_calls"), done));
  const { body } = await server.query(mutationOf("chat"));
  const text = Object.values(begun).join("") + Object.values(rest).join("");
  const whole = { name: "run", ...Object.fromEntries(Object.keys(begun).map((name) => [name, text])) };
  expect(body.data.chat.choices[0].message.toolCalls).toMatchObject([{ type, [type]: whole, [other]: null }]);
  const { results, ended } = await subscribeSse(server.url, streamOf("chat"));
  expect(await ended).toBe("complete");
  expect(results.at(-1).data.chat.soFar).toEqual(body.data.chat);
});

describe("what was told stays:", () => {
  test("ends, usage and the other choices, while texts of one form follow", async () => {
    const again = (text: string) => said({ content: text });
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const { server } = await startServed(
      streams(
        said({ role: "assistant", content: "B" }, "length", 1) + ["a", "b", "c"].map(again).join(""),
        event({ id: "c-1", choices: [], usage }) + ["d", "e"].map(again).join("") + said({}, "stop") + done,
      ),
    );
    const { results, ended } = await subscribeSse(
      server.url,
      streamOf("chat", "soFar { usage { totalTokens } choices { index finishReason message { content } } }"),
    );
    expect(await ended).toBe("complete");
    const other = { index: 1, finishReason: "LENGTH", message: { content: "B" } };
    const own = (content: string, finishReason: string | null = null) => ({
      index: 0,
      finishReason,
      message: { content },
    });
    const told = { totalTokens: 3 };
    expect(soFarOf(results)).toEqual([
      { usage: null, choices: [other] },
      ...["a", "ab", "abc"].map((text) => ({ usage: null, choices: [own(text), other] })),
      { usage: told, choices: [own("abc"), other] },
      ...["abcd", "abcde"].map((text) => ({ usage: told, choices: [own(text), other] })),
      { usage: told, choices: [own("abcde", "STOP"), other] },
    ]);
  });

  test("an end, with nothing selected that tells the events before from those after it", async () => {
    const texts = (index: number) => ["a", "b", "c"].map((content) => said({ content }, null, index)).join("");
    const { server } = await startServed(
      streams(texts(0) + texts(1) + said({}, "stop", 1) + texts(0) + said({}, "stop"), done),
    );
    const { results, ended } = await subscribeSse(server.url, streamOf("chat", "soFar { choices { finishReason } }"));
    expect(await ended).toBe("complete");
    const open = { finishReason: null };
    const over = { finishReason: "STOP" };
    expect(soFarOf(results)).toEqual([
      ...Array(3).fill({ choices: [open] }),
      ...Array(3).fill({ choices: [open, open] }),
      ...Array(4).fill({ choices: [open, over] }),
      { choices: [over, over] },
    ]);
  });

  test("what Azure sends before the answer has its id", async () => {
    const before = { id: "", model: "", created: 0, object: "", choices: [], prompt_filter_results: [{ index: 0 }] };
    const { server } = await startServed(streams(event(before), said({ content: "a" }, "stop"), done));
    const { results, ended } = await subscribeSse(server.url, streamOf("chat", "soFar { id text extra }"));
    expect(await ended).toBe("complete");
    expect(soFarOf(results)).toEqual([{ id: "c-1", text: "a", extra: { prompt_filter_results: [{ index: 0 }] } }]);
  });
});

describe("its id is its chunks',", () => {
  test.each([
    ["without one upstream", [undefined, undefined, undefined]],
    ["with one that changes", ["a", "b", "c"]],
    ["with one that comes late", [undefined, "b", "b"]],
  ])("%s", async (_, ids) => {
    const events = ids.map((id, place) => event({ id, choices: chunk("x", place === 2 ? "stop" : null).choices }));
    for (const { subscribe } of transports) {
      const { server } = await startServed(streams(...events, done));
      const { results, ended } = await subscribe(server.url, streamOf("chat", "id soFar { id }"));
      expect(await ended).toBe("complete");
      const all = results.flatMap(({ data }) => [data.chat.id, data.chat.soFar.id]);
      expect(all).toHaveLength(6);
      expect(new Set(all).size).toBe(1);
      expect(all[0]).toMatch(/^\w/);
    }
  });
});

describe("one stream has one answer,", () => {
  const events = ["a", "b", "c"].map((text) => said({ content: text })).join("") + said({}, "stop") + done;
  const texts = ["a", "ab", "abc", "abc"];
  /** Every way to select it. */
  const fields = `soFar { text } again: soFar { text choices { message { content } } } textSoFar
    ... on ChatCompletionChunk { more: soFar { ...Text } } ...Chunk`;
  const fragments = `fragment Text on ChatCompletion { text }
    fragment Chunk on ChatCompletionChunk { last: soFar { ...Text } soFar @include(if: $with) { id } }`;
  const document = `subscription ($with: Boolean = false) { chat${INPUT.chat} { ${fields} } } ${fragments}`;

  test.each([
    ["without a plugin", []],
    ["with a plugin", [{ onExecute() {} }]],
  ])("however often it is selected, on the first and on later requests, %s", async (_, plugins) => {
    const upstream = await startUpstream(streams(events));
    const server = await startTestServer(upstream.url, {}, [], plugins);
    for (const { subscribe } of transports) {
      for (const variables of [{}, { with: true }, { with: false }]) {
        const { results, ended } = await subscribe(server.url, document, variables);
        expect(await ended).toBe("complete");
        const isWith = "with" in variables && variables.with;
        expect(results.map(({ data }) => data.chat)).toEqual(
          texts.map((text) => ({
            soFar: { text, ...(isWith && { id: "c-1" }) },
            again: { text, choices: [{ message: { content: text } }] },
            textSoFar: text,
            more: { text },
            last: { text },
          })),
        );
      }
    }
    expect(server.faults).toEqual([]);
  });

  test.each([true, false])("or whether it is asked for by a variable: %s", async (isAsked) => {
    const { server } = await startServed(streams(events));
    const query = `subscription ($with: Boolean!) { chat${INPUT.chat} { text soFar @include(if: $with) { text } } }`;
    const { results, ended } = await subscribeSse(server.url, query, { with: isAsked });
    expect(await ended).toBe("complete");
    expect(results.map(({ data }) => data.chat)).toEqual(
      texts.map((soFar, place) => ({ text: ["a", "b", "c", null][place], ...(isAsked && { soFar: { text: soFar } }) })),
    );
  });

  test("and no other has it: ten runs of one document at once, and two operations of one socket", async () => {
    const { server } = await startServed(streams(...["a", "b", "c"].map((text) => said({ content: text })), done));
    const query = streamOf("chat", "soFar { text }");
    const { subscribe } = await connectWs(server.url);
    const running = await Promise.all([
      ...Array.from({ length: 8 }, () => subscribeSse(server.url, query)),
      subscribe(query),
      subscribe(query),
    ]);
    for (const { results, ended } of running) {
      await ended;
      expect(soFarOf(results.filter(({ data }) => data)).map((answer) => (answer as { text: string }).text)).toEqual([
        ...["a", "ab", "abc"],
      ]);
    }
  });

  test("a completion's is a field of the answer itself: of a whole one, that", async () => {
    const completion = (text: string, finish_reason: string | null = null) =>
      event({ id: "t-1", object: "text_completion", choices: [{ index: 0, text, finish_reason }] });
    const { server } = await startServed(streams(completion("Hel"), completion("lo", "stop"), done));
    const fields = "id text soFar { id text textSoFar soFar { text choices { text finishReason } } }";
    const whole = (text: string, finishReason: string | null) => ({
      ...{ id: "t-1", text, textSoFar: text, soFar: { text, choices: [{ text, finishReason }] } },
    });
    const { body } = await server.query(`mutation { complete${INPUT.complete} { ${fields} } }`);
    expect(body.data.complete).toEqual({ id: "t-1", text: "Hello", soFar: whole("Hello", "STOP") });
    for (const { subscribe } of transports) {
      const { results, ended } = await subscribe(server.url, streamOf("complete", fields));
      expect(await ended).toBe("complete");
      expect(results.map(({ data }) => data.complete)).toEqual([
        { id: "t-1", text: "Hel", soFar: whole("Hel", null) },
        { id: "t-1", text: "lo", soFar: whole("Hello", "STOP") },
      ]);
    }
  });

  test("each event has it as it was then, though events that came at once are written one after the other", async () => {
    const texts = Array.from({ length: 30 }, (_, place) => `${place} `.padEnd(9_000, "x"));
    const { server } = await startServed(streams(texts.map((content) => said({ content })).join(""), done));
    for (const { subscribe } of transports) {
      const { results, ended } = await subscribe(server.url, streamOf("chat", "again: soFar { text } soFar { text }"));
      await ended;
      const whole = results.filter(({ data }) => data).map(({ data }) => [data.chat.soFar.text, data.chat.again.text]);
      expect(whole).toEqual(texts.map((_, place) => Array(2).fill(texts.slice(0, place + 1).join(""))));
    }
  });

  test("a whole answer in place of the stream is one chunk", async () => {
    const choices = [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }];
    const { server } = await startServed((_, res) => {
      res.writeHead(200, { "content-type": "application/json" });
      res.end(JSON.stringify({ id: "c-1", object: "chat.completion", choices }));
    });
    const { results, ended } = await subscribeSse(server.url, streamOf("chat", "soFar { id object text }"));
    expect(await ended).toBe("complete");
    expect(soFarOf(results)).toEqual([{ id: "c-1", object: "chat.completion", text: "Hello" }]);
  });
});

describe("it has bounds:", () => {
  test.each(transports)(
    "as many values as an upstream's answer, over $transport; then the stream ends",
    async ({ subscribe }) => {
      const logprobs = { content: Array.from({ length: 100 }, () => ({ token: "a", logprob: 0, bytes: null })) };
      const one = event({ id: "c-1", choices: [{ index: 0, delta: { content: "a" }, logprobs }] });
      const { upstream, server } = await startServed(
        async (_, res) => {
          openStream(res);
          while (!res.destroyed) await write(res, one);
        },
        { MAX_UPSTREAM_VALUES: "2000" },
      );
      const subscription = await subscribe(server.url, streamOf("chat", "text soFar { text }"));
      expect((await summary(subscription)).slice(-2)).toEqual(["UPSTREAM_INVALID_RESPONSE", "complete"]);
      expect(subscription.results.length).toBeLessThan(8);
      expect(subscription.results.at(-2).data.chat.soFar.text).toBe("a".repeat(subscription.results.length - 1));
      await upstream.requests[0]?.closed;
      const unasked = await subscribe(server.url, streamOf("chat", "text"));
      for (let count = 0; count < 20; count++) expect((await unasked.next()).data.chat.text).toBe("a");
      unasked.leave();
    },
  );

  test.each([
    ["by its plan", ""],
    ["by the executor", "@include(if: true)"],
  ])("an event that is too much for its answer is the last, %s: soFar has no gap", async (_, directive) => {
    const calls = Array.from({ length: 900 }, (__, index) => ({ index, id: `${index}`, function: { name: "f" } }));
    const { upstream, server } = await startServed(
      streamsThen(
        said({ content: "a" }) + said({ content: "b", tool_calls: calls }) + said({ content: "c" }),
        () => {},
      ),
      { MAX_RESPONSE_BYTES: "64000" },
    );
    const fields = `choices ${directive} { delta { toolCalls { index } again: toolCalls { index } } } soFar { text }`;
    const { results, ended } = await subscribeSse(server.url, streamOf("chat", fields));
    expect(await ended).toBe("complete");
    expect(results).toHaveLength(2);
    expect(results[1]).toMatchObject({ data: null, errors: [{ extensions: { code: "OPERATION_TOO_COMPLEX" } }] });
    await upstream.requests[0]?.closed;
  });

  test.each([
    ["without a plugin", []],
    ["with a plugin", [{ onExecute() {} }]],
  ])("sixteen times the largest answer for a whole stream, %s", async (_, plugins) => {
    const upstream = await startUpstream(streams(said({ content: " word" }).repeat(2_000), done));
    const server = await startTestServer(upstream.url, { MAX_RESPONSE_BYTES: "50000" }, [], plugins);
    for (const { subscribe } of transports) {
      const { results, ended } = await subscribe(server.url, streamOf("chat", "soFar { id text }"));
      expect(await ended).toBe("complete");
      expect(results.at(-1).errors).toEqual([
        {
          message: "The stream has more than 800000 bytes; select less of it, or let everyMs join its chunks.",
          extensions: { code: "OPERATION_TOO_COMPLEX" },
        },
      ]);
      const bytes = results.reduce((sum, result) => sum + JSON.stringify(result).length, 0);
      expect(bytes).toBeGreaterThan(700_000);
      expect(bytes).toBeLessThan(900_000);
      expect(upstream.requests.length).toBeGreaterThan(0);
    }
  });

  test.each(transports)(
    "MAX_INFLIGHT_BYTES counts it until the stream ends, over $transport",
    async ({ subscribe }) => {
      const texts = said({ content: "a".repeat(100_000) }).repeat(9);
      const { server } = await startServed(
        streamsThen(texts, () => {}),
        { MAX_INFLIGHT_BYTES: "1000000", MAX_BODY_BYTES: "250000" },
      );
      /** Asks for nothing by a body of a fifth of that. */
      const post = async () => (await server.query(`{ __typename } #${"x".repeat(200_000)}`)).status;
      const open = async (fields: string) => {
        const subscription = await subscribe(server.url, streamOf("chat", fields));
        for (let count = 0; count < 9; count++) expect((await subscription.next()).data).toBeTruthy();
        return subscription;
      };
      const plain = await open("text");
      await expect.poll(post).toBe(200);
      const whole = await open("soFar { text }");
      await expect.poll(post).toBe(503);
      whole.leave();
      await expect.poll(post).toBe(200);
      plain.leave();
    },
  );
});

test("everyMs joins chunks: each answer so far is one of those without it, and the last one the same", async () => {
  for (const seed of SEEDS.slice(0, 6)) {
    const random = createRandom(seed + 200);
    const events = createAnswerEvents(true, random, 1 + random.below(3)).map(event);
    const { server } = await startServed(streams(...events, done));
    const query = streamOf("chat");
    const plain = await subscribeSse(server.url, query);
    expect(await plain.ended).toBe("complete");
    const all = soFarOf(plain.results);
    for (const { subscribe } of transports) {
      const joined = await subscribe(server.url, query.replace('"hi" }] }', '"hi" }] }, everyMs: 5000'));
      expect(await joined.ended).toBe("complete");
      expect(joined.results.length).toBeLessThan(plain.results.length);
      const answers = soFarOf(joined.results);
      expect(answers.at(-1)).toEqual(all.at(-1));
      for (const answer of answers) expect(all).toContainEqual(answer);
    }
    expect(server.faults).toEqual([]);
  }
});
