// Moderations: what is asked of the upstream, files in it, and judgements as upstreams give them.
import { describe, expect, test } from "vitest";
import { alice, aliceWith } from "../../support/keys.ts";
import { shared } from "../../support/lifetime.ts";
import { filePart, makeBytes } from "../../support/multipart.ts";
import { startServed } from "../../support/served-upstream.ts";
import { startUploadServer } from "../../support/upload-server.ts";
import { json } from "../../support/upstream.ts";

const harmless = { flagged: false, categories: {}, category_scores: {}, category_applied_input_types: {} };
const answerOf = (...results: unknown[]) => ({ id: "modr-1", model: "omni-moderation-latest", results });
const served = shared(() => startServed(json(answerOf(harmless))));

const moderate = (fields: string) => `mutation ($input: ModerateInput!) { moderate(input: $input) { ${fields} } }`;
const all = "id model results { flagged categories { name flagged score appliedInputTypes } }";

describe("moderate sends", () => {
  const text = { text: "hello" };
  const picture = { imageUrl: "https://images.example.com/1.png" };
  test.each([
    ["one text as a string", { input: "hello" }, { input: "hello" }, 1],
    ["a list of one text as a string", { input: ["hello"] }, { input: "hello" }, 1],
    ["several texts as a list, empty ones too", { input: ["a", ""] }, { input: ["a", ""] }, 2],
    ["no field that is null", { input: "a", model: null, parts: null, extraBody: null }, { input: "a" }, 1],
    [
      "its model and the fields of extraBody",
      { input: "a", model: "m", extraBody: { user: "u" } },
      { input: "a", model: "m", user: "u" },
      1,
    ],
    ["a single part as a list", { parts: [text] }, { input: [{ type: "text", text: "hello" }] }, 1],
    [
      "texts and pictures together",
      { parts: [text, picture, { imageUrl: "data:image/png;base64,aGk=" }] },
      {
        input: [
          { type: "text", text: "hello" },
          { type: "image_url", image_url: { url: picture.imageUrl } },
          { type: "image_url", image_url: { url: "data:image/png;base64,aGk=" } },
        ],
      },
      1,
    ],
    [
      "a file in a data: URL as one of its own type",
      { parts: [{ upload: "data:image/webp,hi" }] },
      { input: [{ type: "image_url", image_url: { url: "data:image/webp;base64,aGk=" } }] },
      1,
    ],
  ])("%s", async (_, input, sent, results) => {
    const { upstream, server } = served();
    upstream.answer = json(answerOf(...Array(results).fill(harmless)));
    const { body } = await server.query(moderate("id model"), { input });
    expect(body).toEqual({ data: { moderate: { id: "modr-1", model: "omni-moderation-latest" } } });
    expect(upstream.requests).toMatchObject([{ method: "POST", path: "/v1/moderations" }]);
    expect(upstream.requests[0]?.json()).toEqual(sent);
  });

  test.each([
    ["texts and parts", { input: "a", parts: [text] }, "input must have input or parts; got both."],
    ["neither texts nor parts", { model: "m" }, "input must have input or parts; got neither."],
    ["no text", { input: [] }, "input.input must hold at least 1 entry; got 0."],
    ["no part", { parts: [] }, "input.parts must hold at least 1 entry; got 0."],
    ["too many texts", { input: Array(2049).fill("a") }, "input.input must hold at most 2048 entries; got 2049."],
    ["too many parts", { parts: Array(2049).fill(text) }, "input.parts must hold at most 2048 entries; got 2049."],
    ["an empty file", { parts: [text, { upload: "data:," }] }, "input.parts[1].upload must not be empty; got 0 bytes."],
    [
      "input in extraBody",
      { input: "a", extraBody: { input: "b" } },
      'input.extraBody must not hold "input", which has its own place in this API.',
    ],
    ["a part with two fields", { parts: [{ ...text, ...picture }] }, undefined],
    ["a part without fields", { parts: [{}] }, undefined],
  ])("nothing for %s", async (_, input, message) => {
    const { upstream, server } = served();
    const { body } = await server.query(moderate("id"), { input });
    expect(body.errors[0].extensions.code).toMatch(message ? /^BAD_USER_INPUT$/ : /^BAD_(?:USER_INPUT|REQUEST)$/);
    if (message) expect(body.errors[0].message).toBe(message);
    expect(upstream.requests).toEqual([]);
  });
});

describe("a file", () => {
  const query =
    'mutation ($a: Upload!, $b: Upload!) { moderate(input: { parts: [{ upload: $a }, { text: "x" }, { upload: $b }] }) { id } }';
  const fields = [
    { name: "operations", body: JSON.stringify({ query, variables: { a: null, b: null } }) },
    { name: "map", body: '{"0":["variables.a"],"1":["variables.b"]}' },
  ];
  const part = (name: string, bytes: Buffer | string, contentType = "image/png") => ({
    ...filePart(bytes, name),
    contentType,
  });

  test("travels inside the request, each in its place and with its own type", async () => {
    const { upstream, post } = await startUploadServer();
    upstream.answer = json(answerOf(harmless));
    const [first, second] = [makeBytes(3_000_001), makeBytes(5)];
    const { body } = await post(...fields, part("0", first, "image/jpeg; x=1"), part("1", second, "IMAGE/GIF"));
    expect(body).toEqual({ data: { moderate: { id: "modr-1" } } });
    const urlOf = (type: string, bytes: Buffer) => ({ url: `data:${type};base64,${bytes.toString("base64")}` });
    expect(upstream.requests[0]?.json()).toEqual({
      input: [
        { type: "image_url", image_url: urlOf("image/jpeg", first) },
        { type: "text", text: "x" },
        { type: "image_url", image_url: urlOf("image/gif", second) },
      ],
    });
  });

  test.each([
    ["of more than MAX_ATTACHMENT_BYTES, held", 1_001, "1001"],
    ["of more than MAX_ATTACHMENT_BYTES, streamed", 2_000_000, "more"],
  ])("%s is refused", async (_, size, got) => {
    const { upstream, post } = await startUploadServer({ MAX_ATTACHMENT_BYTES: "1000" });
    const { body } = await post(...fields, part("0", makeBytes(1_000)), part("1", makeBytes(size)));
    expect(body.errors[0]).toMatchObject({
      message: `input.parts[2].upload must be at most 1000 bytes; got ${got}.`,
      extensions: { code: "PAYLOAD_TOO_LARGE" },
    });
    expect(upstream.requests).toEqual([]);
  });

  test("that is empty is refused by its field", async () => {
    const { upstream, post } = await startUploadServer();
    const { body } = await post(...fields, part("0", "x"), part("1", ""));
    expect(body.errors[0]).toMatchObject({
      message: "input.parts[2].upload must not be empty; got 0 bytes.",
      extensions: { code: "BAD_USER_INPUT" },
    });
    expect(upstream.requests).toEqual([]);
  });

  test("that is missing is refused", async () => {
    const { upstream, post } = await startUploadServer();
    const { body } = await post(...fields, part("0", "x"));
    expect(body.errors[0].extensions.code).toMatch(/^BAD_(?:USER_INPUT|REQUEST)$/);
    expect(upstream.requests).toEqual([]);
  });
});

describe("a judgement", () => {
  const judge = async (answer: unknown, input: unknown = { input: "a" }, fields = all) => {
    const { upstream, server } = served();
    upstream.answer = json(answer);
    const { body } = await server.query(moderate(fields), { input });
    expect(server.faults).toEqual([]);
    return body;
  };

  test("has each category once, with what each map says of it", async () => {
    const result = {
      flagged: true,
      categories: { violence: true, "harassment/threatening": false, illicit: null },
      category_scores: { violence: 0.9, hate: 1e-7 },
      category_applied_input_types: { violence: ["text", "image"], "self-harm": [] },
    };
    expect(await judge(answerOf(result))).toEqual({
      data: {
        moderate: {
          id: "modr-1",
          model: "omni-moderation-latest",
          results: [
            {
              flagged: true,
              categories: [
                { name: "violence", flagged: true, score: 0.9, appliedInputTypes: ["text", "image"] },
                { name: "harassment/threatening", flagged: false, score: null, appliedInputTypes: null },
                { name: "illicit", flagged: null, score: null, appliedInputTypes: null },
                { name: "hate", flagged: null, score: 1e-7, appliedInputTypes: null },
                { name: "self-harm", flagged: null, score: null, appliedInputTypes: [] },
              ],
            },
          ],
        },
      },
    });
  });

  test.each([
    ["without anything", {}, { flagged: null, categories: [] }],
    [
      "with maps of other kinds",
      { flagged: "no", categories: ["x"], category_scores: 7, category_applied_input_types: null },
      { flagged: null, categories: [] },
    ],
    [
      "with values of other kinds",
      {
        flagged: 1,
        categories: { a: "yes" },
        category_scores: { a: "0.5" },
        category_applied_input_types: { a: ["text", 7, null] },
      },
      { flagged: null, categories: [{ name: "a", flagged: null, score: null, appliedInputTypes: ["text"] }] },
    ],
  ])("%s has nulls in their places", async (_, result, expected) => {
    const { data } = await judge({ id: 7, model: {}, results: [result] });
    expect(data.moderate).toEqual({
      id: expect.stringMatching(/^modr-[\da-f-]{36}$/),
      model: null,
      results: [expected],
    });
  });

  test.each([
    ["fewer than texts", answerOf(harmless), ["a", "b"], "1 results for 2 texts."],
    ["more than texts", answerOf(harmless, harmless), ["a"], "2 results for 1 texts."],
    ["none", answerOf(), ["a"], "no results."],
    ["no object", answerOf(null), ["a"], "no results."],
  ])("is missing from an answer with %s", async (_, answer, input, problem) => {
    const { data, errors } = await judge(answer, { input }, "id");
    expect(data).toEqual({ moderate: null });
    expect(errors[0]).toMatchObject({
      message: `The upstream's answer to POST /moderations holds ${problem}`,
      extensions: { code: "UPSTREAM_INVALID_RESPONSE" },
    });
  });

  test("of parts may come as several", async () => {
    const parts = [{ text: "a" }, { text: "b" }];
    const { data } = await judge(answerOf(harmless, { flagged: true }), { parts }, "results { flagged }");
    expect(data.moderate.results).toEqual([{ flagged: false }, { flagged: true }]);
  });
});

describe("a caller with a list of models", () => {
  const query = 'mutation { moderate(input: { input: "a" }) { id } }';
  test.each([
    [["*"], true],
    [["m", "*"], true],
    [["m", "omni-*"], false],
    [["*-latest"], false],
    [["omni-moderation-latest"], false],
    [[], false],
  ])("%j may leave the choice to the upstream: %s", async (models, isAllowed) => {
    const { upstream, server } = await startServed(json(answerOf(harmless)), aliceWith({ models }));
    const { body } = await server.query(query, {}, alice);
    if (isAllowed) expect(body.data.moderate.id).toBe("modr-1");
    else {
      const message = "The caller must name a model; `viewer { limits { models } }` lists those it may use.";
      expect(body.errors).toMatchObject([{ message, extensions: { code: "FORBIDDEN" } }]);
    }
    expect(upstream.requests).toHaveLength(isAllowed ? 1 : 0);
  });
});

test.each([
  ["nothing: by the length of texts", undefined, { input: ["abc", "abcdef"] }, 3],
  [
    "nothing: by themselves for pictures",
    undefined,
    { parts: [{ text: "abc" }, { imageUrl: "data:image/png;base64,aGk=" }] },
    3_001,
  ],
  ["in full", { prompt_tokens: 7, total_tokens: 9 }, { input: "abc" }, 9],
  ["as images have them", { input_tokens: 7, output_tokens: 0 }, { input: "abc" }, 7],
])("tokens that are reported %s are counted", async (_, usage, input, tokens) => {
  const results = "input" in input && Array.isArray(input.input) ? [harmless, harmless] : [harmless];
  const { server } = await startServed(json({ ...answerOf(...results), usage }), aliceWith({ tokensPerDay: 10_000 }));
  await server.query(moderate("id"), { input }, alice);
  const { body } = await server.query("{ viewer { used { tokens } } }", {}, alice);
  expect(body.data.viewer.used.tokens).toBe(tokens);
});
