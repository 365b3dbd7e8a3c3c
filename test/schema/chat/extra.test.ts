// What servers send beyond OpenAI's fields: it can be read, and it can be sent back.
import { expect, test } from "vitest";
import { startTestServer } from "../../support/server.ts";
import { startStreaming } from "../../support/stream.ts";
import { subscribeSse } from "../../support/subscribe.ts";
import { json, startUpstream } from "../../support/upstream.ts";

const CALL = `id type function { name arguments } extra`;
const SAID = `content reasoning images { url } annotations { url title } toolCalls { ${CALL} } extra`;
const CHAT = `mutation ($input: ChatInput!) { chat(input: $input) {
  citations extra choices { finishReason finishReasonRaw message { ${SAID} } extra } } }`;
const STREAM = `subscription ($input: ChatInput!) { chat(input: $input) {
  citations extra choices { finishReason finishReasonRaw delta { ${SAID} } extra } } }`;
const input = { model: "m", messages: [{ role: "USER", content: "Hi" }] };

const said = {
  content: "Hello",
  reasoning: "Hm.",
  reasoning_details: [{ type: "reasoning.encrypted", data: "E" }],
  images: [{ type: "image_url", image_url: { url: "data:image/png;base64,iVBO" } }, { image_url: {} }],
  annotations: [{ type: "url_citation", url_citation: { url: "https://example.com", title: "T" } }],
  tool_calls: [
    {
      id: "call_1",
      type: "function",
      function: { name: "f", arguments: "{}" },
      extra_content: { google: { thought_signature: "S" } },
    },
  ],
};
const answer = {
  id: "x",
  provider: "P",
  citations: ["https://example.com", { url: "https://example.org" }, 7],
  nothing: null,
};
const shown = {
  content: "Hello",
  reasoning: "Hm.",
  images: [{ url: "data:image/png;base64,iVBO" }],
  annotations: [{ url: "https://example.com", title: "T" }],
  toolCalls: [
    {
      id: "call_1",
      type: "function",
      function: { name: "f", arguments: "{}" },
      extra: { extra_content: { google: { thought_signature: "S" } } },
    },
  ],
  extra: { reasoning_details: [{ type: "reasoning.encrypted", data: "E" }] },
};
const around = { citations: ["https://example.com", "https://example.org"], extra: { provider: "P" } };
const choice = { finishReason: "STOP", finishReasonRaw: "end_turn", extra: { native_finish_reason: "END" } };
const wireChoice = { index: 0, finish_reason: "end_turn", native_finish_reason: "END" };

test("a whole answer shows all of it, the first time and later", async () => {
  const upstream = await startUpstream(json({ ...answer, choices: [{ ...wireChoice, message: said }] }));
  const server = await startTestServer(upstream.url);
  for (let time = 0; time < 3; time++) {
    const { body } = await server.query(CHAT, { input });
    expect(body).toEqual({ data: { chat: { ...around, choices: [{ ...choice, message: shown }] } } });
  }
});

test("a stream shows all of it, the first time and later", async () => {
  const event = { ...answer, choices: [{ ...wireChoice, delta: said }] };
  const { server } = await startStreaming((_, res) =>
    res
      .writeHead(200, { "content-type": "text/event-stream" })
      .end(`data: ${JSON.stringify(event)}\n\ndata: [DONE]\n\n`),
  );
  for (let time = 0; time < 3; time++) {
    const subscription = await subscribeSse(server.url, STREAM, { input });
    expect(await subscription.ended).toBe("complete");
    expect(subscription.results).toEqual([{ data: { chat: { ...around, choices: [{ ...choice, delta: shown }] } } }]);
  }
});

test("an answer in OpenAI's form has nothing extra", async () => {
  const upstream = await startUpstream(json({ id: "x", choices: [{ index: 0, message: { content: "Hi" } }] }));
  const server = await startTestServer(upstream.url);
  const { body } = await server.query(
    "mutation ($input: ChatInput!) { chat(input: $input) { extra choices { extra message { extra } } } }",
    { input },
  );
  expect(body).toEqual({ data: { chat: { extra: null, choices: [{ extra: null, message: { extra: null } }] } } });
});

const turn = (message: object, call: object = {}) => ({
  model: "m",
  messages: [
    {
      role: "ASSISTANT",
      toolCalls: [{ id: "call_1", function: { name: "f", arguments: "{}" }, ...call }],
      ...message,
    },
    { role: "TOOL", toolCallId: "call_1", content: "18" },
  ],
});

test("what a model gave goes back to it unchanged", async () => {
  const upstream = await startUpstream(json({ id: "x", choices: [{ index: 0, message: { content: "Hi" } }] }));
  const server = await startTestServer(upstream.url);
  const extra = { reasoning_details: [{ data: "E" }], empty: null };
  const { body } = await server.query("mutation ($input: ChatInput!) { chat(input: $input) { text } }", {
    input: turn({ reasoning: "because", extra }, { extra: { extra_content: { google: { thought_signature: "S" } } } }),
  });
  expect(body).toEqual({ data: { chat: { text: "Hi" } } });
  const sent = JSON.parse(String(upstream.requests[0]?.body));
  expect(sent.messages[0]).toEqual({
    role: "assistant",
    tool_calls: [
      {
        id: "call_1",
        type: "function",
        function: { name: "f", arguments: "{}" },
        extra_content: { google: { thought_signature: "S" } },
      },
    ],
    reasoning_content: "because",
    ...extra,
  });
});

test("all that is shown as extra is taken back as it was shown", async () => {
  const more = {
    reasoning_details: [{ type: "reasoning.text", text: "hm", signature: "s" }],
    thinking_blocks: [{ type: "thinking", thinking: "hm", signature: "s" }],
    provider_specific_fields: { deep: [[{ a: null }]], number: 0.1, text: "ü\u2028" },
    constructor: { prototype: 1 },
    search_results: [],
  };
  const call = { ...said.tool_calls[0], provider_specific_fields: { thought_signature: "S" } };
  const message = { role: "assistant", content: null, thinking: "hm", ...more, tool_calls: [call] };
  const upstream = await startUpstream(json({ id: "x", choices: [{ index: 0, message }] }));
  const server = await startTestServer(upstream.url);
  const shownMessage = (await server.query(CHAT, { input })).body.data.chat.choices[0].message;
  const { reasoning, toolCalls, extra } = shownMessage;
  expect([reasoning, extra]).toEqual(["hm", more]);
  const [{ type: _, ...shownCall }] = toolCalls;
  const { body } = await server.query(CHAT, { input: turn({ reasoning, extra, toolCalls: [shownCall] }) });
  expect(body.errors).toBeUndefined();
  const { thinking: __, content: ___, ...rest } = message;
  expect(JSON.parse(String(upstream.requests[1]?.body)).messages[0]).toEqual({ ...rest, reasoning_content: "hm" });
});

test.each([
  ["input.messages[0].extra", { extra: { role: "system" } }, {}, '"role"'],
  ["input.messages[0].extra", { extra: { Tool_Calls: [] } }, {}, '"Tool_Calls"'],
  // Go's JSON decoder takes these letters for "s".
  ["input.messages[0].extra", { extra: { tool_call\u017f: [] } }, {}, '"tool_call\u017f"'],
  ["input.messages[0].extra", { extra: { "REFU\u017fAL": "x" } }, {}, '"REFU\u017fAL"'],
  ["input.messages[0].extra", { extra: { reasoning_content: "x" } }, {}, '"reasoning_content"'],
  ["input.messages[0].extra", { extra: { function_call: {} } }, {}, '"function_call"'],
  ["input.messages[0].toolCalls[0].extra", {}, { extra: { function: {} } }, '"function"'],
  [
    "input.messages[0].customToolCalls[1].extra",
    { customToolCalls: [{}, { extra: { Custom: {} } }].map((more) => ({ id: "c", name: "n", input: "", ...more })) },
    {},
    '"Custom"',
  ],
  [
    "input.messages[0].extra",
    { extra: Object.fromEntries(Array.from({ length: 65 }, (_, place) => [`f${place}`, 1])) },
    {},
    "at most 64 fields; got 65",
  ],
])("%s refuses what has its own place: %j %j", async (field, message, call, words) => {
  const upstream = await startUpstream(json({}));
  const server = await startTestServer(upstream.url);
  const { body } = await server.query("mutation ($input: ChatInput!) { chat(input: $input) { text } }", {
    input: turn(message, call),
  });
  expect(body.errors[0]).toMatchObject({ extensions: { code: "BAD_USER_INPUT", field } });
  expect(body.errors[0].message).toContain(words);
  expect(upstream.requests).toHaveLength(0);
});
