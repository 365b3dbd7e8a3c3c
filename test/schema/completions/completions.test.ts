// Mutation.complete: the upstream request, the answer, and the input that is refused before any call.
import { expect, test } from "vitest";
import { completion } from "../../support/answers.ts";
import { startTestServer } from "../../support/server.ts";
import { json, startUpstream } from "../../support/upstream.ts";

const COMPLETE = "mutation ($input: CompleteInput!) { complete(input: $input) { id } }";

/** Sends a completion and yields the wire body and the answer. */
async function complete(input: Record<string, unknown>) {
  const upstream = await startUpstream(json(completion));
  const server = await startTestServer(upstream.url);
  const { body } = await server.query(COMPLETE, { input });
  return { body, requests: upstream.requests, wire: upstream.requests[0]?.json() };
}

test("complete sends only what the caller gave", async () => {
  const { wire, requests } = await complete({ model: "m", prompt: "Once" });
  expect(wire).toEqual({ model: "m", prompt: "Once" });
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({ method: "POST", path: "/v1/completions" });
});

test.each([
  ["Once", "Once"],
  [["Once"], "Once"],
  [[""], ""],
  [
    ["Once", "Twice"],
    ["Once", "Twice"],
  ],
])("the prompt %j travels as %j", async (prompt, wirePrompt) => {
  expect((await complete({ model: "m", prompt })).wire).toEqual({ model: "m", prompt: wirePrompt });
});

const every = {
  suffix: " end",
  maxTokens: 16,
  temperature: 0,
  topP: 0.1,
  n: 2,
  bestOf: 3,
  echo: true,
  logprobs: 5,
  stop: ["."],
  presencePenalty: 0.5,
  frequencyPenalty: -0.5,
  logitBias: { "50256": -100 },
  seed: -9007199254740991,
  user: "u",
  extraBody: { min_p: 0.1 },
};

test("complete sends every field by its wire name and value", async () => {
  const { wire, body } = await complete({ model: "m", prompt: "Once", ...every });
  expect(body).toEqual({ data: { complete: { id: "cmpl-123" } } });
  expect(wire).toEqual({
    model: "m",
    prompt: "Once",
    suffix: " end",
    max_tokens: 16,
    temperature: 0,
    top_p: 0.1,
    n: 2,
    best_of: 3,
    echo: true,
    logprobs: 5,
    stop: ["."],
    presence_penalty: 0.5,
    frequency_penalty: -0.5,
    logit_bias: { "50256": -100 },
    seed: -9007199254740991,
    user: "u",
    min_p: 0.1,
  });
});

test("complete leaves an explicit null out, in every field", async () => {
  const nulls = Object.fromEntries(Object.keys(every).map((name) => [name, null]));
  expect((await complete({ model: "m", prompt: "Once", ...nulls })).wire).toEqual({ model: "m", prompt: "Once" });
});

test("complete gives every field of the answer", async () => {
  const upstream = await startUpstream(json(completion));
  const server = await startTestServer(upstream.url);
  const { body } = await server.query(/* GraphQL */ `
    mutation {
      complete(input: { model: "m", prompt: "Once" }) {
        id
        object
        created
        model
        text
        systemFingerprint
        choices {
          index
          text
          finishReason
          logprobs {
            tokens
            tokenLogprobs
            textOffset
            topLogprobs
          }
        }
        usage {
          promptTokens
          completionTokens
          totalTokens
          promptTokensDetails {
            cachedTokens
          }
        }
      }
    }
  `);
  expect(body).toMatchInlineSnapshot(`
    {
      "data": {
        "complete": {
          "choices": [
            {
              "finishReason": "LENGTH",
              "index": 0,
              "logprobs": {
                "textOffset": [
                  0,
                  1,
                ],
                "tokenLogprobs": [
                  null,
                  -0.5,
                ],
                "tokens": [
                  "
    ",
                  "This",
                ],
                "topLogprobs": [
                  null,
                  {
                    "That": -2,
                    "This": -0.5,
                  },
                ],
              },
              "text": "

    This is a test",
            },
          ],
          "created": "2023-11-14T22:13:20.000Z",
          "id": "cmpl-123",
          "model": "gpt-3.5-turbo-instruct:20230824-v2",
          "object": "text_completion",
          "systemFingerprint": "fp_1",
          "text": "

    This is a test",
          "usage": {
            "completionTokens": 7,
            "promptTokens": 5,
            "promptTokensDetails": null,
            "totalTokens": 12,
          },
        },
      },
    }
  `);
});

test.each([
  ["input.prompt must hold at least 1 entry; got 0.", { prompt: [] }],
  ["input.logprobs must be between 0 and 5; got 6.", { logprobs: 6 }],
  ["input.maxTokens must be at least 1; got 0.", { maxTokens: 0 }],
  ["input.n must be between 1 and 10; got -1.", { n: -1 }],
  ["input.temperature must be between 0 and 2; got 2.5.", { temperature: 2.5 }],
  ["input.topP must be between 0 and 1; got -0.5.", { topP: -0.5 }],
  ["input.presencePenalty must be between -2 and 2; got 2.5.", { presencePenalty: 2.5 }],
  ["input.frequencyPenalty must be between -2 and 2; got -3.", { frequencyPenalty: -3 }],
  ["input.bestOf must be at least n (3); got 2.", { n: 3, bestOf: 2 }],
  ["input.bestOf must be between 1 and 10; got 0.", { bestOf: 0 }],
  ["input.stop must hold at most 4 entries; got 5.", { stop: ["a", "b", "c", "d", "e"] }],
  ["input.model must be printable characters.", { model: " " }],
  ['input.extraBody must not hold "best_of", which has its own place in this API.', { extraBody: { best_of: 9 } }],
  ['input.extraBody must not hold "stream", which has its own place in this API.', { extraBody: { stream: true } }],
])("%s", async (message, input) => {
  const { body, requests } = await complete({ model: "m", prompt: "Once", ...input });
  expect(body.data).toEqual({ complete: null });
  expect(body.errors).toMatchObject([{ message, path: ["complete"], extensions: { code: "BAD_USER_INPUT" } }]);
  expect(requests).toEqual([]);
});
