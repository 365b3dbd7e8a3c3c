// Ends, usage and log probabilities as servers of this API send them, and completions, through the whole server.
import { describe, expect, test } from "vitest";
import { shared } from "../../support/lifetime.ts";
import { startServed } from "../../support/served-upstream.ts";
import { type Json, tellStream, tellWhole } from "../../support/told.ts";
import { json } from "../../support/upstream.ts";

const served = shared(() => startServed(json({})));

const ch = (choice: Json, rest: Json = {}) => ({ id: "x", choices: [{ index: 0, ...choice }], ...rest });
const d = (delta: Json, finish_reason: Json = null, rest: Json = {}) => ch({ delta, finish_reason }, rest);
const message = { role: "assistant", content: "a" };
const told10 = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 };

test.each([
  ["eos", "STOP"],
  ["MAX_TOKENS", "LENGTH"],
  ["max-tokens", "LENGTH"],
  ["toolUse", "TOOL_CALLS"],
  ["banana", "UNKNOWN"],
])("the end %s is %s everywhere, and stays readable", async (word, end) => {
  const told = `content "a" end ${end}/${word}`;
  expect(await tellWhole(served(), "chat", ch({ message, finish_reason: word }))).toBe(told);
  expect(await tellStream(served(), "chat", [d({ content: "a" }), d({}, word)])).toBe(told);
  expect(await tellWhole(served(), "complete", ch({ text: "a", finish_reason: word }))).toBe(told);
  expect(await tellStream(served(), "complete", [ch({ text: "a" }), ch({ text: "", finish_reason: word })])).toBe(told);
});

test.each(["error", "ERROR", "network_error", "server_error", "failed"])(
  "the end %s is an error, after what was said",
  async (word) => {
    expect(await tellWhole(served(), "chat", ch({ message, finish_reason: word }))).toBe("UPSTREAM_ERROR");
    expect(await tellStream(served(), "chat", [d({ content: "a" }), d({}, word)])).toBe('content "a" UPSTREAM_ERROR');
    const pieces = [ch({ text: "a" }), ch({ text: "", finish_reason: word })];
    expect(await tellStream(served(), "complete", pieces)).toBe('content "a" UPSTREAM_ERROR');
  },
);

test.each<[name: string, reasons: Json[], told: string]>([
  ["empty words while it goes on", ["", "", "stop"], "STOP/stop"],
  ["the text null while it goes on", ["null", "stop"], "STOP/stop"],
  ["what is no word", [1, true, { type: "stop" }, ["stop"], "stop"], "STOP/stop"],
  ["an empty word after the end", ["stop", ""], "STOP/stop"],
  ["the end twice", ["stop", "stop"], "STOP/stop,STOP/stop"],
])("an end is told of %s", async (_, reasons, told) => {
  const events = reasons.map((reason) => d({ content: "a" }, reason));
  expect(await tellStream(served(), "chat", events)).toBe(`content "${"a".repeat(reasons.length)}" end ${told}`);
});

describe("usage is told the same in a whole answer and a stream:", () => {
  test.each<[name: string, usage: Json, told: string]>([
    ["as OpenAI does", told10, "usage 10+20=30"],
    ["fractions", { prompt_tokens: 2.25, completion_tokens: 2.5, total_tokens: 4.75 }, "usage 2+3=5"],
    ["text", { prompt_tokens: "10", completion_tokens: "20", total_tokens: "30" }, "usage null+null=null"],
    ["a negative count", { prompt_tokens: -1, completion_tokens: 20, total_tokens: 19 }, "usage null+20=19"],
    ["words", { prompt_tokens: "NaN", completion_tokens: "Infinity", total_tokens: "" }, "usage null+null=null"],
    [
      "ten million",
      { prompt_tokens: 10_000_000, completion_tokens: 0, total_tokens: 10_000_000 },
      "usage 10000000+0=10000000",
    ],
    [
      "more than ten million",
      { prompt_tokens: 10_000_001, completion_tokens: 2, total_tokens: 10_000_003 },
      "usage null+2=null",
    ],
    [
      "parts that make more than ten million",
      { prompt_tokens: 9e6, completion_tokens: 9e6, total_tokens: 18e6 },
      "usage null+null=null",
    ],
    ["the total alone", { total_tokens: 30 }, "usage null+null=30"],
    ["the output alone", { completion_tokens: 20 }, "usage null+20=null"],
    ["no total", { prompt_tokens: 10, completion_tokens: 20 }, "usage 10+20=null"],
    ["null details", { ...told10, prompt_tokens_details: null, completion_tokens_details: null }, "usage 10+20=30"],
    [
      "impossible details",
      { ...told10, prompt_tokens_details: { cached_tokens: 2.6 }, completion_tokens_details: { reasoning_tokens: -3 } },
      "usage 10+20=30 cached 3",
    ],
    [
      "DeepSeek's cache",
      { ...told10, prompt_cache_hit_tokens: 4, prompt_cache_miss_tokens: 6 },
      'usage 10+20=30 cached 4 usageExtra{"prompt_cache_miss_tokens":6}',
    ],
    [
      "a cache told twice",
      { ...told10, prompt_cache_hit_tokens: 4, prompt_tokens_details: { cached_tokens: 5 } },
      "usage 10+20=30 cached 5",
    ],
    ["Moonshot's cache", { ...told10, cached_tokens: 4 }, "usage 10+20=30 cached 4"],
    ["reasoning beside the others", { ...told10, reasoning_tokens: 7 }, "usage 10+20=30 reasoning 7"],
    [
      "Anthropic's names",
      { input_tokens: 10, output_tokens: 20, cache_read_input_tokens: 3 },
      "usage 10+20=null cached 3",
    ],
    ["camel case", { promptTokens: 10, completionTokens: 20, totalTokens: 30 }, "usage 10+20=30"],
    ["a price", { ...told10, cost: 0.01 }, 'usage 10+20=30 usageExtra{"cost":0.01}'],
    ["nothing", null, ""],
    ["a list", [], ""],
  ])("%s", async (_, usage, told) => {
    const end = { finish_reason: "stop" };
    const expected = `content "a" end STOP/stop ${told}`.trim();
    expect(await tellWhole(served(), "chat", ch({ message, ...end }, { usage }))).toBe(expected);
    expect(await tellStream(served(), "chat", [d({ content: "a" }), d({}, "stop", { usage })])).toBe(expected);
    expect(await tellWhole(served(), "complete", ch({ text: "a", ...end }, { usage }))).toBe(expected);
    const last = { id: "x", choices: [], usage };
    expect(await tellStream(served(), "complete", [ch({ text: "a", ...end }), last])).toBe(expected);
  });
});

describe("usage is found", () => {
  test.each<[name: string, events: Json[], told: string]>([
    [
      "in a choice",
      [d({ content: "a" }), ch({ delta: {}, finish_reason: "stop", usage: told10 })],
      'content "a" end STOP/stop usage 10+20=30',
    ],
    [
      "in the second choice",
      [
        {
          choices: [
            { index: 0, delta: { content: "a" }, finish_reason: "stop" },
            { index: 1, delta: {}, finish_reason: "stop", usage: told10 },
          ],
        },
      ],
      '#0 content "a" end STOP/stop #1 end STOP/stop usage 10+20=30',
    ],
    [
      "in x_groq, beside an id",
      [d({ content: "a" }), d({}, "stop", { x_groq: { id: "r", usage: told10 } })],
      'content "a" end STOP/stop usage 10+20=30 extra{"x_groq":{"id":"r"}}',
    ],
    [
      "in each event, growing",
      [
        d({ content: "a" }, null, { usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 } }),
        d({}, "stop", { usage: told10 }),
      ],
      'content "a" end STOP/stop usage 10+20=30',
    ],
    [
      "after zeros that hold its place",
      [
        d({ content: "a" }, null, { usage: { total_tokens: 0, total_characters: 0 } }),
        d({}, "stop", { usage: told10 }),
      ],
      'content "a" end STOP/stop usage 10+20=30',
    ],
    [
      "before nulls",
      [d({ content: "a" }, null, { usage: told10 }), d({}, "stop", { usage: null })],
      'content "a" end STOP/stop usage 10+20=30',
    ],
    [
      "in numbers that are not finite",
      [
        '{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1e309,"completion_tokens":2,"total_tokens":-1e309}}',
      ],
      'content "a" end STOP/stop usage null+2=null',
    ],
  ])("%s", async (_, events, told) => {
    expect(await tellStream(served(), "chat", events)).toBe(told);
  });
});

describe("log probabilities are told of", () => {
  test.each<[name: string, logprobs: Json, told: string]>([
    [
      "parallel lists",
      {
        tokens: ["He", "llo"],
        token_logprobs: [-0.1, -0.2],
        top_logprobs: [{ He: -0.1, Hi: -2 }, null],
        text_offset: [0, 2],
      },
      "logprobs He-0.1{He-0.1,Hi-2} llo-0.2",
    ],
    [
      "parallel lists with nulls",
      { tokens: ["He", "llo"], token_logprobs: [null, -0.2], top_logprobs: null },
      "logprobs He-9999 llo-0.2",
    ],
    ["parallel lists of unequal length", { tokens: ["He", "llo"], token_logprobs: [-0.1] }, "logprobs He-0.1 llo-9999"],
    [
      "parallel lists whose tops are lists",
      { tokens: ["He"], token_logprobs: [-0.1], top_logprobs: [[{ token: "Hi", logprob: -2 }]] },
      "logprobs He-0.1{Hi-2}",
    ],
    ["null for content", { content: null }, "logprobs null"],
    ["null entries", { content: [null, { token: "a", logprob: -1 }] }, "logprobs a-1"],
    [
      "tops as an object",
      { content: [{ token: "a", logprob: -1, bytes: null, top_logprobs: { a: -1, b: -2 } }] },
      "logprobs a-1{a-1,b-2}",
    ],
    ["a null probability", { content: [{ token: "a", logprob: null }] }, "logprobs a-9999"],
    ["a list without content", [{ token: "a", logprob: -1 }], "logprobs a-1"],
    ["tokens that are numbers", { content: [{ token: 5, logprob: -1, top_logprobs: null }] }, "logprobs 5-1"],
    ["true", true, ""],
  ])("%s", async (_, logprobs, told) => {
    const expected = `content "a" end STOP/stop ${told}`.trim();
    expect(await tellWhole(served(), "chat", ch({ message, logprobs, finish_reason: "stop" }))).toBe(expected);
    const events = [ch({ delta: { content: "a" }, logprobs }), d({}, "stop")];
    expect(await tellStream(served(), "chat", events)).toBe(expected);
  });
});

describe("a completion and its stream tell the same of", () => {
  test.each<[name: string, choice: Json, told: string]>([
    ["a number", { text: 1 }, 'content "1" end STOP/stop'],
    ["a fraction", { text: 0.5 }, 'content "0.5" end STOP/stop'],
    ["true", { text: true }, 'content "true" end STOP/stop'],
    ["parts", { text: [{ type: "text", text: "a" }] }, 'content "a" end STOP/stop'],
    ["a message", { message: { role: "assistant", content: "a" } }, 'content "a" end STOP/stop'],
    ["a delta", { delta: { content: "a" } }, 'content "a" end STOP/stop'],
    [
      "a delta that says more",
      { delta: { content: "a", reasoning: "hm" } },
      'content "a" end STOP/stop choiceExtra{"delta":{"content":"a","reasoning":"hm"}}',
    ],
    ["content", { content: "a" }, 'content "a" end STOP/stop'],
    ["null", { text: null }, "end STOP/stop"],
    [
      "reasoning, which has no place",
      { text: "a", reasoning: "hm" },
      'content "a" end STOP/stop choiceExtra{"reasoning":"hm"}',
    ],
    ["a number as text", { index: "1", text: "a" }, '#1 content "a" end STOP/stop'],
    ["usage in the choice", { text: "a", usage: told10 }, 'content "a" end STOP/stop usage 10+20=30'],
    [
      "log probabilities as a chat's",
      { text: "a", logprobs: { content: [{ token: "a", logprob: -1, top_logprobs: [{ token: "b", logprob: -2 }] }] } },
      'content "a" end STOP/stop logprobs [["a"],[-1],[{"b":-2}],null]',
    ],
    [
      "tops as lists",
      { text: "a", logprobs: { tokens: ["a"], token_logprobs: [-1], top_logprobs: [[{ token: "b", logprob: -1 }]] } },
      'content "a" end STOP/stop logprobs [["a"],[-1],[{"b":-1}],null]',
    ],
  ])("%s", async (_, choice, told) => {
    const end = { ...choice, finish_reason: "stop" };
    expect(await tellWhole(served(), "complete", ch(end))).toBe(told);
    expect(await tellStream(served(), "complete", [ch(end)])).toBe(told);
  });

  test.each<[name: string, events: Json[], told: string]>([
    [
      "deltas of one form",
      [
        ch({ delta: { content: "a" } }),
        ch({ delta: { content: "b" } }),
        ch({ delta: { content: "c" } }),
        ch({ delta: {}, finish_reason: "stop" }),
      ],
      'content "abc" end STOP/stop choiceExtra{"delta":{}}',
    ],
    [
      "text after the end",
      [ch({ text: "a" }), ch({ text: "", finish_reason: "stop" }), ch({ text: "b" })],
      'content "ab" end STOP/stop',
    ],
    [
      "two prompts without numbers",
      [{ id: "x", choices: [{ text: "a" }, { text: "b" }] }],
      '#0 content "a" #1 content "b"',
    ],
    [
      "one choice without a list",
      [{ id: "x", choices: { index: 0, text: "a", finish_reason: "stop" } }],
      'content "a" end STOP/stop',
    ],
    ["a null choice", [{ choices: [null] }, ch({ text: "a", finish_reason: "stop" })], 'content "a" end STOP/stop'],
    [
      "x_groq",
      [ch({ text: "a", finish_reason: "stop" }, { x_groq: { usage: told10 } })],
      'content "a" end STOP/stop usage 10+20=30',
    ],
    [
      "what has no place",
      [ch({ text: "a", b: 2, finish_reason: "stop" }, { a: 1 })],
      'content "a" end STOP/stop choiceExtra{"b":2} extra{"a":1}',
    ],
  ])("%s", async (_, events, told) => {
    expect(await tellStream(served(), "complete", events)).toBe(told);
  });
});
