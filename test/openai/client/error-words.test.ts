// Where servers put the reason of an error, and which status an error inside HTTP 200 stands for.
import { expect, test } from "vitest";
import { readWords } from "../../../src/openai/client/failures/error-words.ts";
import { impliedStatus } from "../../../src/openai/client/failures/implied-status.ts";

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
  [500, {}, "worker-7 crashed"],
])("%i is what %j stands for", (status, error, words = "") => {
  expect(impliedStatus(error as Record<string, unknown>, words)).toBe(status);
});
