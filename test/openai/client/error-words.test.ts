// Where servers put the reason of an error, and which status an error inside HTTP 200 stands for.
import { describe, expect, test } from "vitest";
import { findError } from "../../../src/openai/client/failures/embedded-error.ts";
import { readWords } from "../../../src/openai/client/failures/error-words.ts";
import { impliedStatus } from "../../../src/openai/client/failures/implied-status.ts";
import { redact } from "../../../src/openai/client/secrets/redact.ts";
import { Secrets } from "../../../src/openai/client/secrets/secrets.ts";
import { calls, chat } from "../../support/calls.ts";
import { startServed } from "../../support/served-upstream.ts";
import { chat as chatStream, completeText, done, event, streams } from "../../support/stream.ts";
import { subscribeSse } from "../../support/subscribe.ts";
import { json } from "../../support/upstream.ts";

test.each<[string, unknown, string]>([
  ["OpenAI", { error: { message: "m", type: "t" } }, "m"],
  ["Ollama", { error: "m" }, "m"],
  ["vLLM", { object: "error", message: "m", type: "t", code: 400 }, "m"],
  ["Gemini", [{ error: { code: 400, message: "m", status: "INVALID_ARGUMENT" } }], "m"],
  ["FastAPI's text", { detail: "m" }, "m"],
  [
    "FastAPI's list, without the input",
    {
      detail: [
        { loc: ["body", "messages", 0], msg: "m", input: "secret" },
        { loc: ["x"], msg: "n" },
      ],
    },
    "body.messages.0: m; x: n",
  ],
  ["Mistral", { object: "error", message: { detail: [{ loc: ["body", "x"], msg: "m" }] } }, "body.x: m"],
  ["TGI", { error: "m", error_type: "validation" }, "m"],
  ["MiniMax", { base_resp: { status_code: 1008, status_msg: "m" }, choices: null }, "m"],
  ["Cloudflare", { success: false, errors: [{ code: 7, message: "m" }] }, "m"],
  ["a detail beside a message", { message: "Validation failed", detail: "m" }, "Validation failed: m"],
  [
    "a list of details beside the error's message",
    { error: { detail: [{ loc: ["body", "n"], msg: "m" }], message: "Invalid request" } },
    "Invalid request: body.n: m",
  ],
  ["details beside a message", { message: "Bad Request", details: "m" }, "Bad Request: m"],
  [
    "a message beside the name of the status",
    { error: "Bad Request", message: "m", statusCode: 400 },
    "m: Bad Request",
  ],
  [
    "OpenRouter, with the provider's JSON as text",
    { error: { message: "Provider returned error", metadata: { raw: '{"error":{"message":"m"}}' } } },
    "Provider returned error: m",
  ],
  [
    "OpenRouter, with the provider's text",
    { error: { message: "Provider returned error", metadata: { raw: "m" } } },
    "Provider returned error: m",
  ],
  ["the same twice", { error: { message: "m" }, message: "m" }, "m"],
  ["a message that holds the other", { error: { message: "m: because" }, message: "m" }, "m: because"],
  ["Baidu", { error_code: 336003, error_msg: "m" }, "m"],
  ["a gateway's envelope", { code: 1002, msg: "m", data: null }, "m"],
  ["an envelope around the error", { code: 500, data: { error: { message: "m" } } }, "m"],
  ["Apigee", { fault: { faultstring: "m", detail: { errorcode: "x" } } }, "m"],
  ["Azure's inner error", { error: { code: "x", innererror: { message: "m" } } }, "m"],
  ["AWS", { Message: "m", __type: "ValidationException" }, "m"],
  ["OAuth", { error: "invalid_token", error_description: "m" }, "m: invalid_token"],
  ["RFC 9457", { type: "about:blank", title: "t", detail: "m", status: 422 }, "m"],
  ["by field", { errors: { model: ["m", "n"], n: "o" } }, "model: m; n: n: o"],
  [
    "LiteLLM, with the provider's JSON after its own words",
    { error: { message: 'litellm.BadRequestError: OpenAIException - {"error":{"message":"m","code":400}}' } },
    "litellm.BadRequestError: OpenAIException - m",
  ],
  [
    "the same in bytes of Python",
    { error: { message: `VertexAIException - b'{"error":{"message":"m"}}'` } },
    "VertexAIException - m",
  ],
  [
    "JSON in JSON in JSON",
    { error: { message: JSON.stringify(JSON.stringify({ error: JSON.stringify({ message: "m" }) })) } },
    "m",
  ],
  ["JSON between words", { message: 'a: {"message":"m"} (2 tries)' }, "a: m (2 tries)"],
  ["JSON that is quoted", { message: '{"a":1} is no schema' }, '{"a":1} is no schema'],
  ["a quoted word", { message: '"x" is not known' }, '"x" is not known'],
  ["braces that are no JSON", { error: { message: "m {x} [y]" } }, "m {x} [y]"],
  ["JSON without a reason", { error: { message: 'm {"x":1}' } }, 'm {"x":1}'],
  ["a choice", { finish_reason: "error", error: { code: 504, message: "m" } }, "m"],
  ["nothing", { error: {} }, ""],
  ["null", null, ""],
  ["no words", { error: { message: { toString: 1 } } }, ""],
])("%s", (_, body, words) => {
  expect(readWords(body)).toBe(words);
});

test("only the first entries and levels are read", () => {
  let nested: unknown = "m";
  for (let level = 0; level < 100_000; level++) nested = { error: nested };
  expect(readWords(nested)).toBe("");
  const many = Array.from({ length: 100_000 }, (_, place) => `m${place}`);
  expect(readWords({ errors: many }).split("; ")).toHaveLength(16);
});

test.each<[number, object, string?]>([
  [400, { code: 400 }],
  [429, { code: "429" }],
  [400, { type: "invalid_request_error" }],
  [400, { error_type: "validation" }],
  [404, { type: "NotFoundError" }],
  [404, { status: "NOT_FOUND" }],
  [429, { status: "RESOURCE_EXHAUSTED" }],
  [402, { type: "insufficient_quota" }],
  [401, { code: "invalid_api_key" }],
  [403, { type: "permission_error" }],
  [503, { type: "overloaded_error" }],
  [500, {}],
  [500, { code: 1008 }],
  [500, { code: 200 }],
  [402, { base_resp: { status_code: 1008 } }, "insufficient balance"],
  [404, {}, 'model "x" not found, try pulling it first'],
  [400, {}, "Input validation error: `inputs` must have less than 4096 tokens"],
  [400, {}, "This model's maximum context length is 4096 tokens."],
  [429, {}, "Rate limit reached"],
  [401, {}, "API key not valid. Please pass a valid API key."],
  [403, {}, "Access denied for this project"],
  [500, {}, "worker-7 crashed"],
])("%i is what %j stands for", (status, error, words = "") => {
  expect(impliedStatus(error as Record<string, unknown>, words)).toBe(status);
});

/** Objects that are an error, and those that are not, though none of them has `error`; the last column is for whole answers. */
test.each<[unknown, boolean, boolean?]>([
  [{ message: "m" }, true],
  [{ detail: "Not Found" }, true],
  [{ detail: [{ loc: ["body"], msg: "m" }] }, true],
  [[{ message: "m" }], true],
  [{ code: 1002, msg: "m", data: null }, true],
  [{ code: 401, msg: "m", data: {}, choices: [] }, true],
  [{ success: false, message: "m" }, true],
  [{ status: "failed", message: "m" }, true],
  [{ type: "about:blank", title: "t", status: 503 }, true],
  [{ id: "1", error_code: 336003, error_msg: "m" }, true],
  [{ state: "loading", message: "m" }, false, true],
  [{ id: "1", message: "m" }, false],
  [{ code: 0, msg: "success", data: [{ id: "m" }] }, false],
  [{ code: 1, message: "m", choices: [{ delta: {} }] }, false],
  [{ choices: { 0: { delta: {}, finish_reason: "error" } } }, true],
  [{ choices: { message: {}, error: { message: "m" } } }, true],
  [{ choices: { 0: { delta: { content: "error" }, finish_reason: "stop" } } }, false],
  [{ code: 401, msg: "m", choices: {} }, true],
  [{ choices: [], usage: { total_tokens: 1 }, message: "m" }, false],
  [{ choices: [], prompt_filter_results: [], id: "", object: "" }, false],
  [{ type: "ping" }, false],
  [{ object: "list", data: [], message: "m" }, false],
  [{}, false],
])("%j is an error as an event: %s", (value, isEvent, isWhole = isEvent) => {
  expect(findError(value) !== undefined).toBe(isEvent);
  expect(findError(value, "whole") !== undefined).toBe(isWhole);
});

const words = "The model needs more memory than is available";

describe("over the server", () => {
  const bodies: [object, string][] = [
    [{ error: words }, "UPSTREAM_ERROR"],
    [{ errors: [{ message: words, code: 404 }] }, "UPSTREAM_NOT_FOUND"],
    [[{ error: { message: words, status: "INVALID_ARGUMENT" } }], "UPSTREAM_BAD_REQUEST"],
    [{ message: words }, "UPSTREAM_ERROR"],
    [{ detail: [{ loc: ["body", "model"], msg: words, type: "value_error" }] }, "UPSTREAM_ERROR"],
    [{ code: 429, msg: words, data: null }, "UPSTREAM_RATE_LIMITED"],
    [{ code: "InvalidParameter", message: words, request_id: "r" }, "UPSTREAM_BAD_REQUEST"],
    [{ title: "Unprocessable", detail: words, status: 422 }, "UPSTREAM_BAD_REQUEST"],
    [{ base_resp: { status_code: 1004, status_msg: words } }, "UPSTREAM_ERROR"],
    [{ error: { message: JSON.stringify({ error: { message: words } }), code: "503" } }, "UPSTREAM_ERROR"],
  ];

  test.each(bodies)("%j inside HTTP 200 is an error, whole and as an event", async (body, code) => {
    const { upstream, server } = await startServed(json(body));
    for (const operation of calls.map(({ operation }) => operation)) {
      const { errors } = (await server.query(operation)).body;
      expect([operation, errors]).toMatchObject([
        operation,
        [{ message: expect.stringContaining(words), extensions: { code } }],
      ]);
    }
    for (const subscription of [chatStream, completeText]) {
      for (const answer of [json(body), streams(event(body), done)]) {
        upstream.answer = answer;
        const { results, ended } = await subscribeSse(server.url, subscription);
        expect(await ended).toBe("complete");
        expect(results).toMatchObject([
          { errors: [{ message: expect.stringContaining(words), extensions: { code } }] },
        ]);
      }
    }
    expect(server.faults).toEqual([]);
  });

  test.each([400, 404, 422, 500, 503])("and with status %i its words are shown", async (status) => {
    const { upstream, server } = await startServed(() => {}, { MAX_RETRIES: "0" });
    for (const [body] of bodies) {
      upstream.answer = json(body, status);
      const { errors } = (await server.query(chat)).body;
      expect(errors).toMatchObject([{ message: expect.stringContaining(words), extensions: { upstream: { status } } }]);
    }
  });

  test("keys, addresses, stacks and pages in it are not", async () => {
    const { upstream, server } = await startServed(() => {}, { MAX_RETRIES: "0" });
    const parts = [
      "key sk-test-key-0123456789",
      "at http://10.1.2.3:8000/v1",
      "worker vllm-worker-3:8000",
      "host ollama:11434",
      "lookup llm-backend on 10.96.0.10:53",
      "connect ETIMEDOUT node-3.prod:443",
      "Connection to model_server.2:50051 failed",
    ];
    const message = `${words}: ${parts.join(", ")}\n    at Foo.bar (/app/x.js:1:2)`;
    for (const status of [200, 400, 500, 503]) {
      upstream.answer = json({ error: { message } }, status);
      const { body, text } = await server.query(chat);
      expect(body.errors[0].message).toContain(`${words}: key [masked], at [address]`);
      expect(text).not.toMatch(/0123456789|10\.|worker-3|ollama|llm-backend|node-3|model_server|\d{4}|app|Foo/);
      for (const page of ["<!doctype html><p>PAGE</p>", "<div>PAGE</div>", "\n<pre>PAGE</pre>"]) {
        for (const body of [{ error: page }, { error: { message: page } }, { detail: page }]) {
          upstream.answer = json(body, status);
          expect((await server.query(chat)).text).not.toMatch(/PAGE|</);
        }
      }
    }
  });
});

test("words that only look like addresses stay", () => {
  const secrets = new Secrets({ keys: [], addresses: [] });
  for (const text of [
    'model "llama3.1:70b" not found',
    "status:500 code:40301",
    "max_tokens: 4096, limit:8192",
    "resets at 10:45",
    "see gpt-4o:latest",
    "at messages.3:12",
    "2026-11-28 14:05:10",
  ]) {
    expect(redact(text, secrets)).toBe(text);
  }
});
