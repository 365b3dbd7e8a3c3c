// Odd or missing values in an upstream's answer: only their own place in the answer suffers.
import { type GraphQLOutputType, getNamedType, isObjectType } from "graphql";
import { describe, expect, test } from "vitest";
import { schema } from "../../src/schema/index.ts";
import { readDay, readFloat, readInt, readTime } from "../../src/schema/shared/lenient.ts";
import { calls } from "../support/calls.ts";
import { startTestServer } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

type Path = (string | number)[];
// biome-ignore lint/suspicious/noExplicitAny: any JSON value
type Json = any;

const logprob = (token: string, number: number) => ({
  token,
  logprob: -0.5 - number,
  bytes: [100 + number, 150 + number],
});
const tokenLogprob = (token: string, number: number) => ({
  ...logprob(token, number),
  top_logprobs: [logprob(`${token}-first`, number + 1), logprob(`${token}-second`, number + 2)],
});
const usage = {
  prompt_tokens: 1001,
  completion_tokens: 1002,
  total_tokens: 1003,
  prompt_tokens_details: {
    cached_tokens: 1004,
    audio_tokens: 1005,
    cache_write_tokens: 1010,
    text_tokens: 1011,
    image_tokens: 1012,
  },
  completion_tokens_details: {
    reasoning_tokens: 1006,
    audio_tokens: 1007,
    accepted_prediction_tokens: 1008,
    rejected_prediction_tokens: 1009,
    text_tokens: 1013,
  },
};
const head = { id: "the-id", created: 1_700_000_001, model: "the-model", system_fingerprint: "the-fingerprint", usage };
const models = ["alpha", "beta"].map((name, number) => ({
  id: name,
  object: `model-${name}`,
  created: 1_700_000_010 + number,
  owned_by: `owner-${name}`,
  shutdown_date: `2027-03-0${number + 1}`,
  permission: [
    {
      id: `permission-${name}`,
      object: `object-${name}`,
      created: 1_700_000_020 + number,
      allow_create_engine: true,
      allow_sampling: true,
      allow_logprobs: true,
      allow_search_indices: false,
      allow_view: true,
      allow_fine_tuning: false,
      organization: `organization-${name}`,
      group: `group-${name}`,
      is_blocking: false,
    },
  ],
}));

/** For each root field an answer that has everything, each value in it unlike the others as far as its type allows. */
const fullAnswers: Record<string, Json> = {
  chat: {
    ...head,
    object: "chat.completion",
    service_tier: "the-tier",
    metadata: { some_key: "the-metadata" },
    moderation: { results: [{ flagged: false, some_score: 0.25 }] },
    choices: [
      {
        index: 0,
        finish_reason: "stop",
        message: {
          role: "assistant",
          content: "the-content",
          refusal: "the-refusal",
          reasoning_content: "the-reasoning",
          tool_calls: [
            { id: "call-1", type: "function", function: { name: "the-function", arguments: "{the-arguments" } },
            { id: "call-2", type: "custom", custom: { name: "the-tool", input: "the-input" } },
          ],
          function_call: { name: "the-older-function", arguments: "{the-older-arguments" },
          annotations: [
            {
              type: "url_citation",
              url_citation: { url: "https://example.com", title: "the-title", start_index: 11, end_index: 12 },
            },
          ],
          audio: { id: "audio-1", data: "AAAA", transcript: "the-transcript", expires_at: 1_700_000_002 },
        },
        logprobs: { content: [tokenLogprob("a", 0), tokenLogprob("b", 10)], refusal: [tokenLogprob("c", 20)] },
      },
      { index: 1, finish_reason: "tool_calls", message: { role: "assistant", content: "the-second" }, logprobs: null },
    ],
  },
  complete: {
    ...head,
    object: "text_completion",
    choices: [
      {
        index: 0,
        text: "the-text",
        finish_reason: "length",
        logprobs: {
          tokens: ["the-first", "the-next"],
          token_logprobs: [null, -0.25],
          text_offset: [21, 22],
          top_logprobs: [null, { "the-top": -0.125, "the-other": -4.5 }],
        },
      },
      { index: 1, text: "the-second", finish_reason: "content_filter", logprobs: null },
    ],
  },
  models: { object: "list", data: models },
  model: models[0],
};

const MISSING = Symbol("missing");
const wrongValues: Json[] = [
  MISSING,
  null,
  "nonsense",
  "",
  -7,
  2.5,
  1e300,
  2 ** 40,
  true,
  {},
  { x: { y: [1] } },
  [],
  [null],
  ["nonsense", 3],
  [{ x: 1 }],
  [[]],
];

/** The root field's operation with every field of every type selected; none of a type inside itself. */
function selectEverything(field: string): string {
  const root = schema.getQueryType()?.getFields()[field] ?? schema.getMutationType()?.getFields()[field];
  const select = (type: GraphQLOutputType, around: readonly unknown[] = []): string => {
    const named = getNamedType(type);
    if (!isObjectType(named)) return "";
    const within = [...around, named];
    return `{ ${Object.values(named.getFields())
      .filter(({ type }) => !within.includes(getNamedType(type)))
      .map(({ name, type }) => `${name} ${select(type, within)}`)
      .join(" ")} }`;
  };
  const operation = calls.find((call) => call.field === field)?.operation ?? "";
  return root ? operation.replace(/(\)|models) \{[^{}]*\} \}$/, `$1 ${select(root.type)} }`) : "";
}

function listPaths(value: Json): Path[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [[key], ...listPaths(child).map((path) => [key, ...path])]);
}

function replaceAt(answer: Json, path: Path, replacement: Json): Json {
  const copy = structuredClone(answer);
  const last = path.at(-1) ?? "";
  const parent = path.slice(0, -1).reduce((value, key) => value[key], copy);
  if (replacement === MISSING && Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (replacement === MISSING) delete parent[last];
  else parent[last] = replacement;
  return copy;
}

/** The values in it, as they look on both sides. */
function listValues(value: Json): Set<string> {
  if (typeof value === "object" && value !== null) {
    return new Set(Object.values(value).flatMap((child) => [...listValues(child)]));
  }
  const isTime = typeof value === "number" && value > 1.6e9 && value < 1.8e9;
  return new Set([isTime ? new Date(value * 1000).toISOString() : String(value).toUpperCase()]);
}

/** What a value takes with it: a citation or a model is nothing without its name. */
function costOf(path: Path): Path {
  const isName = path.at(-1) === "url" || (path.length === 3 && path[0] === "data" && path[2] === "id");
  return isName ? path.slice(0, -1) : path;
}

async function start(field: string) {
  const upstream = await startUpstream(json(fullAnswers[field]));
  const server = await startTestServer(upstream.url);
  const operation = selectEverything(field);
  return async (answer: Json) => {
    upstream.answer = json(answer);
    const { body } = await server.query(operation);
    expect(server.faults).toEqual([]);
    return body;
  };
}

describe.each(Object.keys(fullAnswers))("an answer to %s", (field) => {
  const full = fullAnswers[field];

  test("that is full is read in full", async () => {
    const ask = await start(field);
    const body = await ask(full);
    expect(body.errors).toBeUndefined();
    // What only other servers than OpenAI send.
    const others = /"(?:extra|images|citations)":null/g;
    const isNull = JSON.stringify(body).replaceAll(others, "").match(/null/g)?.length ?? 0;
    // The parts of other kinds: of a function and a custom tool, of a second choice, of an echoed first token.
    expect(isNull).toBeLessThanOrEqual(field === "chat" ? 10 : 3);
  });

  test("loses to a wrong value no more than that value's own place", { timeout: 120_000 }, async () => {
    const ask = await start(field);
    const known = listValues((await ask(full)).data);
    const problems: string[] = [];
    let tried = 0;
    for (const path of listPaths(full)) {
      const rest = listValues(replaceAt(full, costOf(path), MISSING));
      for (const replacement of wrongValues) {
        const answer = replaceAt(full, path, replacement);
        const list = answer.choices ?? answer.data;
        const isNoAnswer = field === "model" ? typeof answer.id !== "string" || !answer.id : !Array.isArray(list);
        if (
          isNoAnswer ||
          (answer.choices && !list.some((choice: Json) => Object(choice) === choice && !Array.isArray(choice)))
        )
          continue;
        tried++;
        const { data, errors } = await ask(answer);
        const kept = listValues(data);
        const lost = [...rest].filter((value) => known.has(value) && !kept.has(value));
        if (errors || lost.length > 0) {
          problems.push(
            `${path.join(".")} = ${String(JSON.stringify(replacement))}: ${JSON.stringify(errors ?? lost)}`,
          );
        }
      }
    }
    expect(problems).toEqual([]);
    expect(tried).toBeGreaterThan(field.startsWith("model") ? 250 : 400);
  });

  test("keeps everything where unknown fields stand everywhere", async () => {
    const ask = await start(field);
    const surprise = (value: Json): Json => {
      if (Array.isArray(value)) return value.map(surprise);
      if (typeof value !== "object" || value === null) return value;
      const children = Object.entries(value).map(([key, child]) => [
        key,
        /metadata|moderation|top_logprobs/.test(key) && field !== "chat" ? child : surprise(child),
      ]);
      return { ...Object.fromEntries(children), surprise: { of: ["the", { future: null }] } };
    };
    const strip = (body: Json) =>
      JSON.parse(JSON.stringify(body, (key, value) => (/^(?:surprise|extra)$/.test(key) ? undefined : value)));
    const found = await ask(surprise(full));
    expect(strip(found)).toEqual(strip(await ask(full)));
    if (field === "chat" || field === "complete")
      expect(found.data[field].extra).toEqual({ surprise: { of: ["the", { future: null }] } });
  });
});

test("the least of an answer is an answer, with an id of its own", async () => {
  const chat = await start("chat");
  const first = await chat({ choices: [{}] });
  const second = await chat({ id: "", choices: [{ message: true }] });
  for (const { data, errors } of [first, second]) {
    expect(errors).toBeUndefined();
    expect(data.chat.id).toMatch(/^chatcmpl-[\da-f-]{36}$/);
    expect(data.chat).toMatchObject({
      model: null,
      text: null,
      usage: null,
      choices: [{ index: 0, finishReason: null }],
    });
    expect(data.chat.choices[0].message).toMatchObject({ role: null, content: null, toolCalls: null });
  }
  expect(first.data.chat.id).not.toBe(second.data.chat.id);
  expect((await (await start("complete"))({ choices: [{}] })).data.complete.id).toMatch(/^cmpl-/);
  expect((await (await start("model"))({ id: "m" })).data.model).toMatchObject({ id: "m", created: null });
  expect((await (await start("models"))([{ id: "m" }, { id: 7 }, null])).data.models).toMatchObject([{ id: "m" }]);
});

test.each([
  ["stop", "STOP"],
  ["function_call", "FUNCTION_CALL"],
  ["exploded", "UNKNOWN"],
  ["STOP", "STOP"],
  ["eos_token", "STOP"],
  ["max_tokens", "LENGTH"],
  ["unknown", "UNKNOWN"],
  ["", null],
  [null, null],
  [7, null],
])("the finish_reason %j is %s", async (reason, expected) => {
  for (const field of ["chat", "complete"]) {
    const ask = await start(field);
    const { data, errors } = await ask({ choices: [{ finish_reason: reason }] });
    expect(errors).toBeUndefined();
    expect(data[field].choices[0].finishReason).toBe(expected);
  }
});

test.each<[string, Json[], number[], string | null]>([
  ["out of order", [{ index: 2 }, { index: 0 }, { index: 1 }], [2, 0, 1], "1"],
  ["without numbers", [{}, {}], [0, 1], "0"],
  ["with strange numbers", [{ index: "0" }, { index: null }, { index: 2.5 }], [0, 1, 2], "0"],
  ["among what is no choice", [null, "x", { index: 0 }, []], [0], "2"],
  ["without the first", [{ index: 1 }], [1], null],
])("choices %s keep their place, and text is that of number 0", async (_, choices, indexes, text) => {
  for (const field of ["chat", "complete"]) {
    const ask = await start(field);
    const spoken = choices.map((choice, place) =>
      choice && typeof choice === "object" && !Array.isArray(choice)
        ? { ...choice, text: `${place}`, message: { content: `${place}` } }
        : choice,
    );
    const { data, errors } = await ask({ choices: spoken });
    expect(errors).toBeUndefined();
    expect(data[field].choices.map(({ index }: { index: number }) => index)).toEqual(indexes);
    expect(data[field].text).toBe(text);
  }
});

test.each([
  [1_700_000_000, "2023-11-14T22:13:20.000Z"],
  [1_700_000_000.5, "2023-11-14T22:13:20.500Z"],
  [1_700_000_000_000, "2023-11-14T22:13:20.000Z"],
  ["1700000000", "2023-11-14T22:13:20.000Z"],
  ["2023-11-14T22:13:20Z", "2023-11-14T22:13:20.000Z"],
  ["2023-11-14", "2023-11-14T00:00:00.000Z"],
  [0, "1970-01-01T00:00:00.000Z"],
])("the time %j is read as %s", (value, expected) => {
  expect(readTime(value)?.toISOString()).toBe(expected);
  expect(readDay(value)).toBe(expected.slice(0, 10));
});

test.each(["5", "now", "", true, null, undefined, {}, [2024], ["2023-11-14"], -1, 1e300, Number.NaN])(
  "%j is no time",
  (value) => {
    expect(readTime(value)).toBeNull();
    expect(readDay(value)).toBeNull();
  },
);

test("numbers that GraphQL cannot hold are null", () => {
  expect([2 ** 31 - 1, -(2 ** 31) + 1, 0].map(readInt)).toEqual([2 ** 31 - 1, -(2 ** 31) + 1, 0]);
  expect([2 ** 31, 1.5, "1", true, null].map(readInt)).toEqual([null, null, null, null, null]);
  expect([Number.POSITIVE_INFINITY, Number.NaN, "1", null].map(readFloat)).toEqual([null, null, null, null]);
});
