// Mutation.chat: the upstream request, the answer, and the input that is refused before any call.
import { describe, expect, test } from "vitest";
import { chatCompletion } from "../../support/answers.ts";
import { startTestServer } from "../../support/server.ts";
import { json, startUpstream } from "../../support/upstream.ts";

const CHAT = "mutation ($input: ChatInput!) { chat(input: $input) { id } }";
const messages = [{ role: "USER", content: "Hi" }];
const wireMessages = [{ role: "user", content: "Hi" }];

/** Sends a chat and yields the wire body and the answer. */
async function chat(input: Record<string, unknown>) {
  const upstream = await startUpstream(json(chatCompletion));
  const server = await startTestServer(upstream.url);
  const { body } = await server.query(CHAT, { input });
  return { body, requests: upstream.requests, wire: upstream.requests[0]?.json() };
}

test("chat sends only what the caller gave", async () => {
  const { wire, requests } = await chat({ model: "gpt-4o-mini", messages });
  expect(wire).toEqual({ model: "gpt-4o-mini", messages: wireMessages });
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({ method: "POST", path: "/v1/chat/completions" });
  expect(requests[0]?.headers["content-type"]).toBe("application/json");
  expect(Number(requests[0]?.headers["content-length"])).toBe(requests[0]?.body.length);
});

test("chat sends every field by its wire name and value", async () => {
  const schema = { type: "object", properties: { snake_case: { type: "string" }, camelCase: { anyOf: [null, 1.5] } } };
  const { wire, body } = await chat({
    model: "m",
    messages,
    temperature: 0,
    topP: 0.5,
    n: 2,
    stop: ["\n"],
    maxCompletionTokens: 100,
    maxTokens: 50,
    presencePenalty: -2,
    frequencyPenalty: 2,
    logitBias: { "50256": -100 },
    logprobs: false,
    topLogprobs: 0,
    responseFormat: { jsonSchema: { name: "answer", description: "d", schema, strict: true } },
    tools: [
      { function: { name: "f", description: "d", parameters: schema, strict: false } },
      {
        custom: {
          name: "c",
          description: "d",
          format: { type: "grammar", grammar: { syntax: "lark", definition: "x" } },
        },
      },
      { function: { name: "bare" } },
    ],
    toolChoice: { mode: "REQUIRED" },
    parallelToolCalls: false,
    reasoningEffort: "XHIGH",
    verbosity: "LOW",
    modalities: ["TEXT", "AUDIO"],
    audio: { format: "mp3", voice: "alloy" },
    prediction: "the text",
    webSearchOptions: {
      search_context_size: "low",
      user_location: { type: "approximate", approximate: { city: "Köln" } },
    },
    seed: 9007199254740991,
    serviceTier: "FAST",
    store: true,
    metadata: { snake_case: "1", camelCase: "2", "": "3" },
    moderation: { model: "omni-moderation-latest", policy: null },
    promptCacheKey: "k",
    promptCacheOptions: { mode: "explicit", ttl: "30m" },
    safetyIdentifier: "s",
    user: "u",
    extraBody: {
      top_k: 40,
      chat_template_kwargs: { enable_thinking: false, list: [null, { aB: 1 }] },
      camelCase: null,
    },
  });
  expect(body).toEqual({ data: { chat: { id: "chatcmpl-123" } } });
  expect(wire).toEqual({
    model: "m",
    messages: wireMessages,
    temperature: 0,
    top_p: 0.5,
    n: 2,
    stop: ["\n"],
    max_completion_tokens: 100,
    max_tokens: 50,
    presence_penalty: -2,
    frequency_penalty: 2,
    logit_bias: { "50256": -100 },
    logprobs: false,
    top_logprobs: 0,
    response_format: { type: "json_schema", json_schema: { name: "answer", description: "d", schema, strict: true } },
    tools: [
      { type: "function", function: { name: "f", description: "d", parameters: schema, strict: false } },
      {
        type: "custom",
        custom: {
          name: "c",
          description: "d",
          format: { type: "grammar", grammar: { syntax: "lark", definition: "x" } },
        },
      },
      { type: "function", function: { name: "bare" } },
    ],
    tool_choice: "required",
    parallel_tool_calls: false,
    reasoning_effort: "xhigh",
    verbosity: "low",
    modalities: ["text", "audio"],
    audio: { format: "mp3", voice: "alloy" },
    prediction: { type: "content", content: "the text" },
    web_search_options: {
      search_context_size: "low",
      user_location: { type: "approximate", approximate: { city: "Köln" } },
    },
    seed: 9007199254740991,
    service_tier: "fast",
    store: true,
    metadata: { snake_case: "1", camelCase: "2", "": "3" },
    moderation: { model: "omni-moderation-latest", policy: null },
    prompt_cache_key: "k",
    prompt_cache_options: { mode: "explicit", ttl: "30m" },
    safety_identifier: "s",
    user: "u",
    top_k: 40,
    chat_template_kwargs: { enable_thinking: false, list: [null, { aB: 1 }] },
    camelCase: null,
  });
});

test("chat leaves an explicit null out, in every field and at every level of the schema's own", async () => {
  const names = Object.keys((await fieldsOf("ChatInput")) ?? {}).filter(
    (name) => name !== "model" && name !== "messages",
  );
  expect(names.length).toBeGreaterThan(30);
  const { wire } = await chat({
    ...Object.fromEntries(names.map((name) => [name, null])),
    model: "m",
    messages: [
      { role: "USER", content: "Hi", parts: null, name: null, refusal: null, toolCalls: null, toolCallId: null },
    ],
    tools: [{ function: { name: "f", description: null, parameters: null, strict: null } }],
  });
  expect(wire).toEqual({ model: "m", messages: wireMessages, tools: [{ type: "function", function: { name: "f" } }] });
});

test("opaque JSON arrives as it was given, in variables and inline, also under the names of prototypes", async () => {
  const opaque = '{"__proto__":{"a":1},"constructor":"c","a_b":{"cD":[1,-0.5,1e+21,"é\\u2028",null,true,{}]}}';
  const upstream = await startUpstream(json(chatCompletion));
  const server = await startTestServer(upstream.url);
  await server.query(CHAT, { input: { model: "m", messages, metadata: JSON.parse(opaque) } });
  expect(upstream.requests[0]?.body.toString()).toContain(`"metadata":${opaque.replace("\\u2028", "\u2028")}`);
  await server.query(
    `mutation {
      chat(
        input: {
          model: "m"
          messages: { role: USER, content: "Hi" }
          metadata: { a_b: { cD: [1, -0.5, null, true, {}] }, __proto__: "p" }
        }
      ) {
        id
      }
    }`,
  );
  expect(upstream.requests[1]?.body.toString()).toContain(
    '"metadata":{"a_b":{"cD":[1,-0.5,null,true,{}]},"__proto__":"p"}',
  );
});

describe("messages", () => {
  test.each([
    [
      "a system message",
      { role: "SYSTEM", content: "Be brief.", name: "boss" },
      { role: "system", content: "Be brief.", name: "boss" },
    ],
    ["an empty content", { role: "DEVELOPER", content: "" }, { role: "developer", content: "" }],
    [
      "parts of every kind",
      {
        role: "USER",
        parts: [
          { text: "Look" },
          { imageUrl: { url: "https://example.com/a.png" } },
          { imageUrl: { url: "data:image/png;base64,AA==", detail: "ORIGINAL" } },
          { inputAudio: { data: "UklGRg==", format: "wav" } },
          { file: { fileId: "file-1" } },
          { file: { fileData: "data:application/pdf;base64,AA==", filename: "a.pdf" } },
        ],
      },
      {
        role: "user",
        content: [
          { type: "text", text: "Look" },
          { type: "image_url", image_url: { url: "https://example.com/a.png" } },
          { type: "image_url", image_url: { url: "data:image/png;base64,AA==", detail: "original" } },
          { type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } },
          { type: "file", file: { file_id: "file-1" } },
          { type: "file", file: { file_data: "data:application/pdf;base64,AA==", filename: "a.pdf" } },
        ],
      },
    ],
    [
      "an assistant message that only calls tools",
      {
        role: "ASSISTANT",
        toolCalls: [{ id: "call_1", function: { name: "f", arguments: '{ "a_b":  1.0 }' } }],
        customToolCalls: [{ id: "call_2", name: "c", input: "x" }],
      },
      {
        role: "assistant",
        tool_calls: [
          { id: "call_1", type: "function", function: { name: "f", arguments: '{ "a_b":  1.0 }' } },
          { id: "call_2", type: "custom", custom: { name: "c", input: "x" } },
        ],
      },
    ],
    [
      "a custom call with what the model needs back",
      {
        role: "ASSISTANT",
        customToolCalls: [{ id: "call_1", name: "c", input: "", extra: { caller: { type: "x" } } }],
      },
      {
        role: "assistant",
        tool_calls: [{ id: "call_1", type: "custom", custom: { name: "c", input: "" }, caller: { type: "x" } }],
      },
    ],
    [
      "an assistant message without calls",
      { role: "ASSISTANT", content: "Hi", toolCalls: [], customToolCalls: [] },
      { role: "assistant", content: "Hi" },
    ],
    [
      "a call in the deprecated format, and a content of null",
      { role: "ASSISTANT", content: null, functionCall: { name: "f", arguments: "{}" } },
      { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
    ],
    [
      "parts beside a content of null",
      { role: "ASSISTANT", content: null, parts: [{ text: "Hi" }] },
      { role: "assistant", content: [{ type: "text", text: "Hi" }] },
    ],
    [
      "a refusal",
      { role: "ASSISTANT", parts: [{ refusal: "No." }] },
      { role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
    ],
    ["a spoken answer", { role: "ASSISTANT", audioId: "audio-1" }, { role: "assistant", audio: { id: "audio-1" } }],
    [
      "a tool's result",
      { role: "TOOL", content: "42", toolCallId: "call_1" },
      { role: "tool", content: "42", tool_call_id: "call_1" },
    ],
    [
      "a function's result",
      { role: "FUNCTION", name: "f", content: "42" },
      { role: "function", name: "f", content: "42" },
    ],
  ])("%s has its wire form", async (_, message, wireMessage) => {
    const { wire } = await chat({ model: "m", messages: [message] });
    expect(wire).toEqual({ model: "m", messages: [wireMessage] });
  });
});

test.each([
  [{ toolChoice: { mode: "NONE" } }, { tool_choice: "none" }],
  [{ toolChoice: { function: "f" } }, { tool_choice: { type: "function", function: { name: "f" } } }],
  [{ toolChoice: { custom: "c" } }, { tool_choice: { type: "custom", custom: { name: "c" } } }],
  [
    { toolChoice: { allowedTools: { mode: "AUTO", tools: [{ type: "function", function: { name: "f" } }] } } },
    {
      tool_choice: {
        type: "allowed_tools",
        allowed_tools: { mode: "auto", tools: [{ type: "function", function: { name: "f" } }] },
      },
    },
  ],
  [{ responseFormat: { type: "JSON_OBJECT" } }, { response_format: { type: "json_object" } }],
  [
    { responseFormat: { jsonSchema: { name: "a" } } },
    { response_format: { type: "json_schema", json_schema: { name: "a" } } },
  ],
])("%j has its wire form", async (input, wireFields) => {
  const { wire } = await chat({ model: "m", messages, ...input });
  expect(wire).toEqual({ model: "m", messages: wireMessages, ...wireFields });
});

test("chat gives every field of the answer", async () => {
  const upstream = await startUpstream(json(chatCompletion));
  const server = await startTestServer(upstream.url);
  const { body } = await server.query(
    /* GraphQL */ `
      mutation ($input: ChatInput!) {
        chat(input: $input) {
          id
          object
          created
          model
          text
          serviceTier
          systemFingerprint
          metadata
          moderation
          choices {
            index
            finishReason
            message {
              role
              content
              refusal
              reasoning
              toolCalls {
                id
                type
                function {
                  name
                  arguments
                }
                custom {
                  name
                  input
                }
              }
              annotations {
                url
                title
                startIndex
                endIndex
              }
              audio {
                id
                data
                transcript
                expiresAt
              }
            }
            logprobs {
              content {
                token
                logprob
                bytes
                topLogprobs {
                  token
                  logprob
                  bytes
                }
              }
              refusal {
                token
              }
            }
          }
          usage {
            promptTokens
            completionTokens
            totalTokens
            promptTokensDetails {
              cachedTokens
              audioTokens
            }
            completionTokensDetails {
              reasoningTokens
              audioTokens
              acceptedPredictionTokens
              rejectedPredictionTokens
            }
          }
        }
      }
    `,
    { input: { model: "m", messages } },
  );
  expect(body).toMatchInlineSnapshot(`
    {
      "data": {
        "chat": {
          "choices": [
            {
              "finishReason": "STOP",
              "index": 0,
              "logprobs": {
                "content": [
                  {
                    "bytes": [
                      72,
                      101,
                    ],
                    "logprob": -0.31,
                    "token": "Hello",
                    "topLogprobs": [
                      {
                        "bytes": [
                          72,
                          105,
                        ],
                        "logprob": -1.2,
                        "token": "Hi",
                      },
                    ],
                  },
                ],
                "refusal": null,
              },
              "message": {
                "annotations": [
                  {
                    "endIndex": 5,
                    "startIndex": 0,
                    "title": "An example",
                    "url": "https://example.com/",
                  },
                ],
                "audio": {
                  "data": "UklGRg==",
                  "expiresAt": "2023-11-14T23:13:20.000Z",
                  "id": "audio-1",
                  "transcript": "Hello!",
                },
                "content": "Hello!",
                "reasoning": null,
                "refusal": null,
                "role": "ASSISTANT",
                "toolCalls": [
                  {
                    "custom": null,
                    "function": {
                      "arguments": "{"city": "Köln"}",
                      "name": "look_up",
                    },
                    "id": "call_1",
                    "type": "function",
                  },
                  {
                    "custom": {
                      "input": "ls",
                      "name": "run",
                    },
                    "function": null,
                    "id": "call_2",
                    "type": "custom",
                  },
                ],
              },
            },
          ],
          "created": "2023-11-14T22:13:20.000Z",
          "id": "chatcmpl-123",
          "metadata": {
            "topic": "greeting",
          },
          "model": "gpt-4o-mini-2024-07-18",
          "moderation": {
            "input": {
              "flagged": false,
            },
          },
          "object": "chat.completion",
          "serviceTier": "default",
          "systemFingerprint": "fp_44709d6fcb",
          "text": "Hello!",
          "usage": {
            "completionTokens": 10,
            "completionTokensDetails": {
              "acceptedPredictionTokens": 5,
              "audioTokens": 3,
              "reasoningTokens": 2,
              "rejectedPredictionTokens": 6,
            },
            "promptTokens": 19,
            "promptTokensDetails": {
              "audioTokens": 1,
              "cachedTokens": 4,
            },
            "totalTokens": 29,
          },
        },
      },
    }
  `);
});

test.each([{ reasoning_content: "Hm." }, { reasoning: "Hm." }])("reasoning reads %j", async (fields) => {
  const upstream = await startUpstream(json({ choices: [{ message: { content: "Yes.", ...fields } }] }));
  const server = await startTestServer(upstream.url);
  const { body } = await server.query(
    "mutation ($input: ChatInput!) { chat(input: $input) { choices { message { reasoning } } } }",
    {
      input: { model: "m", messages },
    },
  );
  expect(body).toEqual({ data: { chat: { choices: [{ message: { reasoning: "Hm." } }] } } });
});

test("content that comes as a list of parts is read as their text", async () => {
  const content = [{ type: "text", text: "Hel" }, { type: "image" }, { type: "text", text: "lo" }];
  const upstream = await startUpstream(json({ choices: [{ message: { content } }] }));
  const server = await startTestServer(upstream.url);
  const query = "mutation ($input: ChatInput!) { chat(input: $input) { text choices { message { content } } } }";
  const { body } = await server.query(query, { input: { model: "m", messages } });
  expect(body).toEqual({ data: { chat: { text: "Hello", choices: [{ message: { content: "Hello" } }] } } });
});

describe("at the door", () => {
  test.each([
    ["input.temperature must be between 0 and 2; got 2.1.", { temperature: 2.1 }],
    ["input.temperature must be between 0 and 2; got -0.1.", { temperature: -0.1 }],
    ["input.topP must be between 0 and 1; got 1.1.", { topP: 1.1 }],
    ["input.n must be between 1 and 10; got 0.", { n: 0 }],
    ["input.maxCompletionTokens must be at least 1; got 0.", { maxCompletionTokens: 0 }],
    ["input.maxTokens must be at least 1; got -1.", { maxTokens: -1 }],
    ["input.presencePenalty must be between -2 and 2; got -2.5.", { presencePenalty: -2.5 }],
    ["input.frequencyPenalty must be between -2 and 2; got 3.", { frequencyPenalty: 3 }],
    ["input.topLogprobs must be between 0 and 20; got 21.", { topLogprobs: 21 }],
    ["input.stop must hold at most 4 entries; got 5.", { stop: ["a", "b", "c", "d", "e"] }],
    ["input.messages must hold at least 1 entry; got 0.", { messages: [] }],
    [
      "input.messages[0] must have content or parts; got both.",
      { messages: [{ role: "USER", content: "", parts: [{ text: "" }] }] },
    ],
    ["input.messages[1] must have content or parts; got neither.", { messages: [...messages, { role: "TOOL" }] }],
    ["input.messages[0].parts must hold at least 1 entry; got 0.", { messages: [{ role: "USER", parts: [] }] }],
    ["input.model must be 1 to 256 characters long; got 0.", { model: "" }],
    ["input.model must be 1 to 256 characters long; got 257.", { model: "m".repeat(257) }],
    ["input.model must be printable characters.", { model: "a\u0000" }],
    [
      'input.extraBody must not hold "temperature", which has its own place in this API.',
      { extraBody: { temperature: 1 } },
    ],
    [
      'input.extraBody must not hold "max_tokens", which has its own place in this API.',
      { extraBody: { max_tokens: null } },
    ],
    ...["stream", "stream_options", "model", "messages", "n"].map((key): [string, Record<string, unknown>] => [
      `input.extraBody must not hold "${key}", which has its own place in this API.`,
      { extraBody: { [key]: 1 } },
    ]),
  ])("%s", async (message, input) => {
    const { body, requests } = await chat({ model: "m", messages, ...input });
    expect(body.data).toEqual({ chat: null });
    expect(body.errors).toMatchObject([{ message, path: ["chat"], extensions: { code: "BAD_USER_INPUT" } }]);
    expect(requests).toEqual([]);
  });

  test.each([
    { temperature: 0, topP: 0, presencePenalty: -2, frequencyPenalty: -2, topLogprobs: 0, n: 1, maxTokens: 1 },
    {
      temperature: 2,
      topP: 1,
      presencePenalty: 2,
      frequencyPenalty: 2,
      topLogprobs: 20,
      n: 10,
      stop: ["a", "b", "c", "d"],
    },
    { model: "m".repeat(256) },
    { model: "ft:gpt-4o:my-org:é" },
  ])("%j passes", async (input) => {
    const { body, requests } = await chat({ model: "m", messages, ...input });
    expect(body.errors).toBeUndefined();
    expect(requests).toHaveLength(1);
  });

  test.each([
    [{ toolChoice: { mode: "AUTO", function: "f" } }, "toolChoice"],
    [{ messages: [{ role: "USER", parts: [{ text: "a", refusal: "b" }] }] }, "parts"],
    [{ temperature: "hot" }, "temperature"],
    [{ seed: 2 ** 53 }, "seed"],
    [{ metadata: [] }, "metadata"],
    [{ messages: [{ role: "user" }] }, "role"],
  ])("the variable %j is BAD_USER_INPUT that names its field", async (input, field) => {
    const { body, requests } = await chat({ model: "m", messages, ...input });
    expect(body.data).toBeUndefined();
    expect(body.errors[0].extensions).toEqual({ code: "BAD_USER_INPUT" });
    expect(body.errors[0].message).toContain(field);
    expect(requests).toEqual([]);
  });
});

/** The input's fields as a client learns them. */
async function fieldsOf(name: string): Promise<Record<string, unknown>> {
  const upstream = await startUpstream(json({}));
  const server = await startTestServer(upstream.url);
  const { body } = await server.query(`{ __type(name: "${name}") { inputFields { name } } }`);
  return Object.fromEntries(body.data.__type.inputFields.map((field: { name: string }) => [field.name, null]));
}
