// Which of the fields that cap an answer's length an upstream is trusted to obey.
import { expect, test } from "vitest";
import { isOpenAIHost, obeyedCapsOf } from "../../src/openai/output-cap.ts";

test.each([
  ["https://api.openai.com/v1", true],
  ["https://eu.api.openai.com/v1", true],
  ["https://API.OPENAI.COM/v1", true],
  ["https://api.openai.com.example.com/v1", false],
  ["https://notapi.openai.com/v1", false],
  ["https://example.com/api.openai.com", false],
  ["http://127.0.0.1:11434/v1", false],
])("%s is OpenAI itself: %s", (url, isOpenAI) => {
  expect(isOpenAIHost(new URL(url))).toBe(isOpenAI);
});

test.each([
  [undefined, true, ["max_tokens", "max_completion_tokens"]],
  [undefined, false, []],
  ["max_tokens", true, ["max_tokens"]],
  ["max_completion_tokens", false, ["max_completion_tokens"]],
  ["both", false, ["max_tokens", "max_completion_tokens"]],
] as const)("OUTPUT_CAP_FIELD=%s, at OpenAI: %s, means %j", (field, isOpenAI, fields) => {
  expect([...obeyedCapsOf(field, isOpenAI)]).toEqual(fields);
});
