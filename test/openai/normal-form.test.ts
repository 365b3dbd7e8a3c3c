// What servers of this API send, and the normal form of it. Each entry is bytes as they were reported, or another case of a kind.
import { describe, expect, test } from "vitest";
import { findError } from "../../src/openai/client/failures/embedded-error.ts";
import { rawFinishReason, readFinishReason } from "../../src/openai/dialects/finish-reasons.ts";
import { createChatEvents, normaliseChat, normaliseCompletion } from "../../src/openai/dialects/normal-form.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape
type Json = any;

const wire = (text: string): Json => JSON.parse(text);

/** The normal form of a whole answer's message. */
function messageOf(message: string): Json {
  const answer = wire(`{"choices":[{"index":0,"message":${message}}]}`);
  normaliseChat(answer);
  return answer.choices[0].message;
}

/** The normal form of a stream's deltas. */
function deltasOf(...choices: string[]): Json[] {
  const normalise = createChatEvents();
  return choices.map((choice) => {
    const event = wire(`{"choices":[${choice}]}`);
    normalise(event);
    return event.choices[0].delta;
  });
}
const deltas = (...all: string[]) => deltasOf(...all.map((delta) => `{"index":0,"delta":${delta}}`));

/** The calls that a client makes of the pieces, as the schema says: those with one index belong together. */
function callsOf(...pieces: string[]): Json[] {
  const calls: Json[] = [];
  for (const { tool_calls = [] } of deltas(...pieces.map((list) => `{"tool_calls":${list}}`))) {
    for (const { index, id, type, function: called, custom } of tool_calls) {
      const { name, arguments: given, input } = called ?? custom ?? {};
      if (!calls[index]) calls[index] = { id, type, name, text: "" };
      else expect([id, type]).toEqual([undefined, undefined]);
      expect(name === undefined || calls[index].name === name).toBe(true);
      calls[index].text += given ?? input ?? "";
    }
  }
  return calls;
}
const shown = (calls: Json[]) => calls.map(({ name, text }) => `${name}(${text})`);

describe("pieces of tool calls", () => {
  test.each<[string, string[], string[]]>([
    [
      "OpenAI's own",
      [
        '[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]',
        '[{"index":0,"function":{"arguments":"{\\"x\\""}}]',
        '[{"index":0,"function":{"arguments":":1}"}}]',
        '[{"index":1,"id":"b","type":"function","function":{"name":"g","arguments":"{}"}}]',
      ],
      ['f({"x":1})', "g({})"],
    ],
    [
      "no index",
      [
        '[{"id":"fc-1","function":{"name":"f","arguments":"{}"}}]',
        '[{"id":"fc-2","function":{"name":"f","arguments":"{}"}}]',
      ],
      ["f({})", "f({})"],
    ],
    [
      "no index, two in one chunk",
      ['[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g","arguments":"{}"}}]'],
      ["f({})", "g({})"],
    ],
    [
      "always index 0 with new ids",
      [
        '[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]',
        '[{"index":0,"id":"b","function":{"name":"g","arguments":"{}"}}]',
        '[{"index":0,"id":"c","function":{"name":"g","arguments":"{}"}}]',
      ],
      ["f({})", "g({})", "g({})"],
    ],
    [
      "always index 0 and no ids, whole calls",
      [
        '[{"index":0,"function":{"name":"f","arguments":"{\\"x\\":1}"}}]',
        '[{"index":0,"function":{"name":"f","arguments":"{\\"x\\":2}"}}]',
      ],
      ['f({"x":1})', 'f({"x":2})'],
    ],
    [
      "no id at all, in pieces",
      [
        '[{"index":0,"function":{"name":"f","arguments":""}}]',
        '[{"index":0,"function":{"arguments":"{}"}}]',
        '[{"index":1,"function":{"name":"g"}}]',
        '[{"index":1,"function":{"arguments":"{}"}}]',
      ],
      ["f({})", "g({})"],
    ],
    [
      "an empty id and the name in every piece",
      [
        '[{"index":0,"id":"a","function":{"name":"f","arguments":"{\\"x"}}]',
        '[{"index":0,"id":"","function":{"name":"f","arguments":"\\":1"}}]',
        '[{"index":0,"id":"","function":{"name":"f","arguments":"}"}}]',
        '[{"index":0,"id":"","function":{"name":"f","arguments":""}}]',
      ],
      ['f({"x":1})'],
    ],
    [
      "empty ids from the first piece on",
      [
        '[{"index":0,"id":"","type":"function","function":{"name":"f","arguments":"{"}}]',
        '[{"index":0,"id":"","type":"function","function":{"name":"","arguments":"}"}}]',
      ],
      ["f({})"],
    ],
    [
      "an id of its own for each piece",
      [
        '[{"index":0,"id":"a","function":{"name":"f","arguments":"{"}}]',
        '[{"index":0,"id":"b","function":{"arguments":"}"}}]',
        '[{"index":0,"id":"c","function":{"name":null,"arguments":""}}]',
      ],
      ["f({})"],
    ],
    [
      "pieces of two calls in turns, known by their ids alone",
      [
        '[{"id":"a","function":{"name":"f","arguments":""}}]',
        '[{"id":"b","function":{"name":"g","arguments":""}}]',
        '[{"id":"a","function":{"arguments":"{}"}}]',
        '[{"id":"b","function":{"arguments":"[]"}}]',
      ],
      ["f({})", "g([])"],
    ],
    [
      "arguments as an object, and null entries",
      ['[null,{"index":0,"id":"a","function":{"name":"f","arguments":{"city":"Paris"}}},null]'],
      ['f({"city":"Paris"})'],
    ],
    [
      "name and arguments beside the id",
      ['[{"id":"a","name":"f","arguments":{"x":1}}]', '[{"id":"b","name":"g","parameters":{}}]'],
      ['f({"x":1})', "g({})"],
    ],
    [
      "braces in strings",
      [
        '[{"index":0,"function":{"name":"f","arguments":"{\\"x\\":\\"}"}}]',
        '[{"index":0,"function":{"name":"f","arguments":"\\\\\\"}\\"}"}}]',
      ],
      ['f({"x":"}\\"}"})'],
    ],
    [
      "indexes from 1 on",
      [
        '[{"index":1,"id":"a","function":{"name":"f","arguments":"{}"}}]',
        '[{"index":2,"id":"b","function":{"name":"g","arguments":"{}"}}]',
      ],
      ["f({})", "g({})"],
    ],
    [
      "custom tools",
      [
        '[{"index":0,"id":"a","type":"custom","custom":{"name":"sql","input":"SELECT"}}]',
        '[{"index":0,"custom":{"input":" 1"}}]',
      ],
      ["sql(SELECT 1)"],
    ],
  ])("%s", (_, pieces, expected) => {
    const calls = callsOf(...pieces);
    expect(Array.from(calls, (call) => (call ? shown([call])[0] : "undefined"))).toEqual(expected);
    const ids = calls.filter(Boolean).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^.+$/);
    for (const { type } of calls.filter(Boolean)) expect(type).toMatch(/^(?:function|custom)$/);
  });

  test("what else stands in a piece stays: a signature that must go back", () => {
    const piece =
      '{"index":0,"id":"a","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"S"}}}';
    const [delta] = deltas(`{"tool_calls":[${piece}]}`);
    expect(delta.tool_calls).toEqual([{ ...JSON.parse(piece), type: "function" }]);
  });

  test("each choice has calls of its own", () => {
    const piece = '{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}';
    const all = deltasOf(`{"index":0,"delta":${piece}}`, `{"index":1,"delta":${piece}}`);
    expect(all.map(({ tool_calls }) => tool_calls[0].id)).toEqual(["a", "a"]);
  });

  test("there are at most 1024 of them", () => {
    const normalise = createChatEvents();
    let highest = 0;
    for (let id = 0; id < 3_000; id++) {
      const event = wire(`{"choices":[{"index":0,"delta":{"tool_calls":[{"id":"${id}","function":{"name":"f"}}]}}]}`);
      normalise(event);
      highest = Math.max(highest, event.choices[0].delta.tool_calls[0].index);
    }
    expect(highest).toBe(1_023);
  });
});

describe("tool calls of a whole answer", () => {
  test.each<[string, string, Json]>([
    [
      "arguments as an object",
      '[{"id":"a","type":"function","function":{"name":"f","arguments":{"city":"Paris"}}}]',
      [{ index: 0, id: "a", type: "function", function: { name: "f", arguments: '{"city":"Paris"}' } }],
    ],
    [
      "no type, nulls",
      '[null,{"id":"a","function":{"name":"f","arguments":"{}"}}]',
      [{ index: 0, id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
    ],
  ])("%s", (_, calls, expected) => {
    expect(messageOf(`{"tool_calls":${calls}}`).tool_calls).toEqual(expected);
  });

  test("ids are made where there are none, and where one comes twice", () => {
    const call = (id: string) => `{${id}"function":{"name":"f","arguments":"{}"}}`;
    const { tool_calls } = messageOf(
      `{"tool_calls":[${call("")},${call('"id":"",')},${call('"id":"x",')},${call('"id":"x",')}]}`,
    );
    const ids = tool_calls.map(({ id }: Json) => id);
    expect(new Set(ids).size).toBe(4);
    expect(ids[2]).toBe("x");
    for (const id of ids) expect(id).toMatch(/^(?:x|call_[\da-f]{32})$/);
  });

  test("the arguments of a deprecated function call are text", () => {
    expect(messageOf('{"function_call":{"name":"f","arguments":{"x":1}}}').function_call.arguments).toBe('{"x":1}');
    expect(deltas('{"function_call":{"name":"f","arguments":[1]}}')[0].function_call.arguments).toBe("[1]");
  });
});

describe("what is said", () => {
  test.each<[string, string, { content?: unknown; reasoning_content?: unknown }]>([
    ["text", '{"content":"Hi"}', { content: "Hi" }],
    ["nothing", '{"content":null}', { content: null }],
    ["a number", '{"content":1}', { content: "1" }],
    ["a fraction", '{"content":0.005}', { content: "0.005" }],
    ["a list of texts", '{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}', { content: "ab" }],
    ["a list of strings", '{"content":["a","b"]}', { content: "ab" }],
    ["an object", '{"content":{"type":"text","text":"a"}}', { content: "a" }],
    [
      "thinking parts",
      '{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"391"}]}',
      { content: "391", reasoning_content: "hm" },
    ],
    ["thinking alone", '{"content":[{"type":"thinking","thinking":"hm"}]}', { content: null, reasoning_content: "hm" }],
    ["reasoning_content", '{"reasoning_content":"hm"}', { reasoning_content: "hm" }],
    ["reasoning", '{"content":"a","reasoning":"hm"}', { content: "a", reasoning_content: "hm" }],
    ["the first that is not empty", '{"reasoning_content":"","reasoning":"hm"}', { reasoning_content: "hm" }],
    ["null and text", '{"reasoning_content":null,"reasoning":"hm"}', { reasoning_content: "hm" }],
    ["both", '{"reasoning_content":"hm","reasoning":"hm"}', { reasoning_content: "hm" }],
    ["a list of thoughts", '{"reasoning":[{"type":"text","text":"h"},{"text":"m"}]}', { reasoning_content: "hm" }],
    ["thinking as an object", '{"thinking":{"content":"hm"}}', { reasoning_content: "hm" }],
  ])("%s", (_, said, expected) => {
    expect(messageOf(said)).toMatchObject(expected);
    expect(deltas(said)[0]).toMatchObject(expected);
  });

  test("pictures among the parts are the message's images", () => {
    const picture = '{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO"}}';
    expect(messageOf(`{"content":[{"type":"text","text":"Here"},${picture}]}`)).toEqual({
      content: "Here",
      images: [JSON.parse(picture)],
    });
  });

  test("a refusal among the parts is the message's, and parts of other kinds are kept as they came", () => {
    expect(messageOf('{"content":[{"type":"refusal","refusal":"No."},{"type":"video","video":{"id":"v"}}]}')).toEqual({
      content: null,
      refusal: "No.",
      content_parts: [{ type: "video", video: { id: "v" } }],
    });
  });

  test("a completion's text that is a number is text", () => {
    const answer = wire('{"choices":[{"index":0,"text":1}]}');
    normaliseCompletion(answer);
    expect(answer.choices[0].text).toBe("1");
  });
});

describe("whole messages in a stream", () => {
  const content = (all: Json[]) => all.map((delta) => delta?.content ?? "").join("");

  test.each<[string, string[], string]>([
    [
      "beside the deltas, they count once",
      [
        '{"index":0,"delta":{"role":"assistant","content":"Hel"},"message":{"role":"assistant","content":"Hel"}}',
        '{"index":0,"delta":{"content":"lo"},"message":{"content":"Hello"}}',
        '{"index":0,"delta":{"content":""},"message":{"content":"Hello"},"finish_reason":"stop"}',
      ],
      "Hello",
    ],
    [
      "at the end of the deltas, too",
      ['{"index":0,"delta":{"content":"Hello"}}', '{"index":0,"message":{"content":"Hello"},"finish_reason":"stop"}'],
      "Hello",
    ],
    ["alone", ['{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}'], "Hello"],
    [
      "each with all that has been said",
      ['{"index":0,"message":{"content":"Hel"}}', '{"index":0,"delta":{},"message":{"content":"Hello"}}'],
      "Hello",
    ],
    [
      "each with what is new",
      ['{"index":0,"message":{"content":"Hel"}}', '{"index":0,"message":{"content":"lo"}}'],
      "Hello",
    ],
  ])("%s", (_, choices, expected) => {
    expect(content(deltasOf(...choices))).toBe(expected);
  });
});

describe("usage", () => {
  const usageOf = (answer: string, normalise = normaliseChat): Json => {
    const body = wire(answer);
    normalise(body);
    return body.usage;
  };

  test.each<[string, string, Json]>([
    ["as OpenAI's", '{"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}', { total_tokens: 3 }],
    ["none", "{}", undefined],
    ["null", '{"usage":null}', null],
    [
      "inside a choice",
      '{"choices":[{"index":0,"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}]}',
      { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    ],
    [
      "in x_groq",
      '{"choices":[],"x_groq":{"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}}',
      { prompt_tokens: 1, total_tokens: 3 },
    ],
    [
      "fractions",
      '{"usage":{"prompt_tokens":1.4,"completion_tokens":2.6,"total_tokens":4.0}}',
      { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 },
    ],
    [
      "counts that no model can have used",
      '{"usage":{"prompt_tokens":-1,"completion_tokens":1e300,"total_tokens":10000001}}',
      { prompt_tokens: null, completion_tokens: null, total_tokens: null },
    ],
    [
      "other names",
      '{"usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}',
      { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    ],
    [
      "DeepSeek's cache",
      '{"usage":{"prompt_tokens":100,"prompt_cache_hit_tokens":80,"completion_tokens":1,"total_tokens":101}}',
      { prompt_tokens_details: { cached_tokens: 80 } },
    ],
    [
      "a cache told twice",
      '{"usage":{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":7},"prompt_cache_hit_tokens":8,"completion_tokens":1,"total_tokens":10}}',
      { prompt_tokens_details: { cached_tokens: 7 } },
    ],
  ])("%s", (_, answer, expected) => {
    for (const normalise of [normaliseChat, createChatEvents(), normaliseCompletion]) {
      const usage = usageOf(answer, normalise);
      if (typeof expected === "object" && expected) expect(usage).toMatchObject(expected);
      else expect(usage).toBe(expected);
    }
  });
});

test("log probabilities as parallel lists", () => {
  const logprobs = '{"tokens":["H","i"],"token_logprobs":[-1.5,null],"top_logprobs":[{"H":-1.5,"J":-2},null]}';
  const choice = wire(`{"choices":[{"index":0,"message":{},"logprobs":${logprobs}}]}`);
  normaliseChat(choice);
  expect(choice.choices[0].logprobs.content).toEqual([
    {
      token: "H",
      logprob: -1.5,
      bytes: null,
      top_logprobs: [
        { token: "H", logprob: -1.5, bytes: null },
        { token: "J", logprob: -2, bytes: null },
      ],
    },
    { token: "i", logprob: null, bytes: null, top_logprobs: [] },
  ]);
});

test.each([
  ["stop", "stop"],
  ["eos", "stop"],
  ["eos_token", "stop"],
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["STOP", "stop"],
  ["max_tokens", "length"],
  ["MAX_TOKENS", "length"],
  ["tool_use", "tool_calls"],
  ["SAFETY", "content_filter"],
  ["function_call", "function_call"],
  ["because", "unknown"],
  ["x".repeat(1_000_000), "unknown"],
  ["", null],
  ["null", null],
  [null, null],
  [undefined, null],
  [1, null],
])("the reason %j is %j", (word, expected) => {
  expect(readFinishReason(word)).toBe(expected);
  expect(rawFinishReason(word)).toBe(expected === null ? null : word);
});

test.each<[string, string, boolean]>([
  ["an answer", '{"choices":[{"index":0,"message":{"content":"error"},"finish_reason":"stop"}]}', false],
  ["error", '{"error":{"message":"no"}}', true],
  ["a text", '{"error":"no","error_type":"validation"}', true],
  ["a list of one", '[{"error":{"message":"no"}}]', true],
  ["vLLM's", '{"object":"error","message":"no"}', true],
  ["MiniMax's", '{"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}', true],
  ["MiniMax's success", '{"choices":[{"index":0}],"base_resp":{"status_code":0,"status_msg":""}}', false],
  ["Cloudflare's", '{"errors":[{"message":"no"}],"success":false}', true],
  ["no errors", '{"choices":[{"index":0}],"errors":[]}', false],
  ["a choice that has failed", '{"choices":[{"index":0,"message":{"content":"Part"},"finish_reason":"error"}]}', true],
  ["an error on a choice", '{"choices":[{"index":0,"delta":{},"error":{"code":504}}]}', true],
  ["no error on a choice", '{"choices":[{"index":0,"delta":{},"error":null}],"error":null}', false],
  ["text", '"error"', false],
])("an embedded error: %s", (_, body, isError) => {
  expect(findError(JSON.parse(body)) !== undefined).toBe(isError);
});

describe("what is in OpenAI's form is left as it is", () => {
  const chats = [normaliseChat];
  const events = [createChatEvents()];
  const completions = [normaliseCompletion];
  test.each([
    [
      '{"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}],"usage":null}',
      events,
    ],
    [
      '{"id":"x","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null},"logprobs":null}]}',
      chats,
    ],
    ['{"id":"x","choices":[{"index":0,"text":"Hi","logprobs":null}]}', completions],
    [
      '{"id":"x","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}',
      [...chats, ...events, ...completions],
    ],
    ['{"id":"x","choices":null}', [...chats, ...events, ...completions]],
    ['{"choices":[null,1,"x"]}', [...chats, ...events, ...completions]],
    ["{}", [...chats, ...events, ...completions]],
  ])("%s", (text, normalisers) => {
    for (const normalise of normalisers) {
      const body = wire(text);
      normalise(body);
      expect(body).toEqual(JSON.parse(text));
    }
  });
});
