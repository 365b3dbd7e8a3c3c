// Execution by plan and by the executor give the same answers and make the same calls. A directive that depends on a
// variable keeps a document from being planned: each case is run with one and without.
import { describe, expect, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { subscribeSse } from "../support/subscribe.ts";
import { type Answer, json, startUpstream } from "../support/upstream.ts";

const messages = [{ role: "USER", content: "hi" }];
const chunk = (delta: object, more: object = {}) =>
  `data: ${JSON.stringify({ id: "c", created: 1_700_000_000, choices: [{ index: 0, delta }], ...more })}\n\n`;

/** What the upstream does goes by the model. */
const answer: Answer = async (received, res, req) => {
  const body = (received.method === "POST" ? received.json() : {}) as { model?: string; stream?: boolean };
  if (body.model === "refused")
    return json({ error: { message: "no", type: "t", code: "c" } }, 400)(received, res, req);
  if (body.model === "no-answer") return json({})(received, res, req);
  if (body.stream) {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write(chunk({ role: "assistant", content: "" }) + chunk({ content: "Hel" }) + chunk({ content: 7 }));
    if (body.model === "broken") return void res.end(`data: ${JSON.stringify({ error: { message: "boom" } })}\n\n`);
    return void res.end(`${chunk({ content: "lo" })}${chunk({}, { usage: { total_tokens: 3 } })}data: [DONE]\n\n`);
  }
  if (received.method === "GET") {
    return json({ data: [{ id: "a", created: 1 }, { id: "b", created: "odd" }, 7] })(received, res, req);
  }
  const message = { role: "assistant", content: body.model === "silent" ? null : "hello" };
  const choices = [{ index: 0, finish_reason: "stop", message }, { finish_reason: "unheard-of", message: {} }, 3];
  const usage = { total_tokens: 3e10, prompt_tokens: 1 };
  json({ id: "c", created: 1_700_000_000, model: body.model, choices, usage, metadata: { a: { b: 1 } } })(
    received,
    res,
    req,
  );
};

const FIELDS =
  "id created model text choices { index finishReason message { role content } } usage { promptTokens totalTokens } metadata";

/** In place of `@d` stands the directive, or nothing. */
const cases: [string, string, Record<string, unknown>][] = [
  [
    "a whole answer",
    `mutation M(@v $i: ChatInput!) { chat(input: $i) @d { ${FIELDS} } }`,
    { i: { model: "m", messages } },
  ],
  [
    "nulls and odd values",
    `mutation M(@v $i: ChatInput!) { chat(input: $i) @d { ${FIELDS} } }`,
    { i: { model: "silent", messages } },
  ],
  [
    "a refusal of the upstream",
    `mutation M(@v $i: ChatInput!) { chat(input: $i) @d { ${FIELDS} } }`,
    { i: { model: "refused", messages } },
  ],
  ["no answer", `mutation M(@v $i: ChatInput!) { chat(input: $i) @d { id } }`, { i: { model: "no-answer", messages } }],
  [
    "two fields, the first of which fails",
    "mutation M(@v $i: ChatInput!, $j: ChatInput!) { x: chat(input: $i) @d { id } y: chat(input: $j) { text } }",
    { i: { model: "refused", messages }, j: { model: "m", messages } },
  ],
  [
    "two fields, the second of which fails",
    "mutation M(@v $i: ChatInput!, $j: ChatInput!) { x: chat(input: $i) @d { id } y: chat(input: $j) { text } }",
    { i: { model: "m", messages }, j: { model: "refused", messages } },
  ],
  [
    "fragments, aliases and __typename",
    "mutation M(@v $i: ChatInput!) { x: chat(input: $i) @d { ...F b: text __typename } } fragment F on ChatCompletion { choices { index } ... on ChatCompletion { choices { finishReason } } ...G } fragment G on ChatCompletion { a: model }",
    { i: { model: "m", messages } },
  ],
  [
    "a query with a list",
    "query Q(@v $f: ModelFilter) { models(filter: $f) @d { id created } }",
    { f: { idContains: "B" } },
  ],
  ["a default", 'query Q(@v $f: ModelFilter = { idContains: "a" }) { models(filter: $f) @d { id } }', {}],
  ["a field that is a promise", "query Q(@v $n: Int) { viewer @d { id used { requests tokens } } }", {}],
  [
    "a value that does not fit",
    `mutation M(@v $i: ChatInput!) { chat(input: $i) @d { id } }`,
    { i: { model: "m", messages, n: 0 } },
  ],
  [
    "a single value for a list",
    `mutation M(@v $i: ChatInput!) { chat(input: $i) @d { text } }`,
    { i: { model: "m", messages: messages[0] } },
  ],
];

const planned = (document: string) => document.replace("@v ", "").replace("(@v", "(").replace(" @d", "");
const unplanned = (document: string) => document.replace("@v", "$d: Boolean!,").replace("@d", "@include(if: $d)");
const withoutPlaces = (value: unknown) =>
  JSON.parse(JSON.stringify(value), (key, inside) => (key === "locations" ? [] : inside));

describe("the same answer, and the same calls:", () => {
  test.each(cases)("%s", async (_, document, variables) => {
    const upstream = await startUpstream(answer);
    const server = await startTestServer(upstream.url, { MAX_RETRIES: "0", MAX_PAID_FIELDS: "2" });
    const byExecutor = await server.query(unplanned(document), { ...variables, d: true });
    const calls = upstream.requests.length;
    // The second time from the document that is kept.
    for (let time = 1; time <= 2; time++) {
      const byPlan = await server.query(planned(document), variables);
      expect([byPlan.status, withoutPlaces(byPlan.body)]).toEqual([byExecutor.status, withoutPlaces(byExecutor.body)]);
      expect(Object.keys(byPlan.body.data ?? {})).toEqual(Object.keys(byExecutor.body.data ?? {}));
      expect(upstream.requests).toHaveLength(calls * (time + 1));
    }
    const bodies = upstream.requests.map(({ body }) => body);
    expect(bodies.slice(calls, 2 * calls)).toEqual(bodies.slice(0, calls));
    expect(server.faults).toEqual([]);
  });

  test.each(["m", "broken", "refused"])("a stream from %s", async (model) => {
    const upstream = await startUpstream(answer);
    const server = await startTestServer(upstream.url, { MAX_RETRIES: "0" });
    const document =
      "subscription S(@v $i: ChatInput!) { chat(input: $i) { id @d created text textSoFar choices { index delta { role content } } usage { totalTokens } } }";
    const variables = { i: { model, messages } };
    const byExecutor = await subscribeSse(server.url, unplanned(document), { ...variables, d: true });
    expect(await byExecutor.ended).toBe("complete");
    // The second time from the document that is kept.
    for (let time = 1; time <= 2; time++) {
      const byPlan = await subscribeSse(server.url, planned(document), variables);
      expect(await byPlan.ended).toBe("complete");
      expect(withoutPlaces(byPlan.results)).toEqual(withoutPlaces(byExecutor.results));
      expect(upstream.requests).toHaveLength(time + 1);
    }
  });
});

test("what the upstream calls `then` is a value as any other", async () => {
  const then = JSON.parse('{ "then": "x" }');
  const more = { id: "c", metadata: then, moderation: then, usage: { total_tokens: 3, ...then }, ...then };
  const choice = { index: 0, finish_reason: "stop", ...then };
  const message = { content: "hi", ...then };
  const upstream = await startUpstream((received, res, req) => {
    const { stream } = received.json() as { stream?: boolean };
    if (!stream) return json({ ...more, choices: [{ ...choice, message }] })(received, res, req);
    res.writeHead(200, { "content-type": "text/event-stream" });
    return res.end(`${chunk({}, { ...more, choices: [{ ...choice, delta: message }] })}data: [DONE]\n\n`);
  });
  const server = await startTestServer(upstream.url);
  const fields = "text usage { totalTokens } moderation";
  const variables = { i: { model: "m", messages } };
  const data = { chat: { text: "hi", usage: { totalTokens: 3 }, moderation: then } };
  const whole = await server.query(`mutation ($i: ChatInput!) { chat(input: $i) { ${fields} metadata } }`, variables);
  expect(whole.body).toEqual({ data: { chat: { ...data.chat, metadata: then } } });
  const document = `subscription ($i: ChatInput!) { chat(input: $i) { ${fields} } }`;
  const streamed = await subscribeSse(server.url, document, variables);
  expect([await streamed.ended, streamed.results]).toEqual(["complete", [{ data }]]);
  expect(server.faults).toEqual([]);
});
