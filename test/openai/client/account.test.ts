// What errors say of the account upstream: used-up credit apart from rate limits, and refused keys, of which clients hear nothing.
import { describe, expect, test } from "vitest";
import { chat } from "../../support/calls.ts";
import { startLogged } from "../../support/log.ts";
import { startServed } from "../../support/served-upstream.ts";
import { event, streams } from "../../support/stream.ts";
import { subscribeSse } from "../../support/subscribe.ts";
import { type Answer, json, startUpstream } from "../../support/upstream.ts";

const soon = { "retry-after-ms": "1" };
const retryInfo = (retryDelay: string) => ({ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay });
const gemini = (message: string, ...details: object[]) => [
  { error: { code: 429, message, status: "RESOURCE_EXHAUSTED", details } },
];
const perMinute =
  "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 10, model: gemini-2.5-flash\nPlease retry in 34.07s.";

describe("nothing is left to pay with: UPSTREAM_QUOTA_EXCEEDED, never repeated", () => {
  test.each<[string, number, unknown]>([
    [
      "OpenAI",
      429,
      {
        error: {
          message: "You exceeded your current quota, please check your plan and billing details.",
          type: "insufficient_quota",
          code: "insufficient_quota",
        },
      },
    ],
    [
      "OpenAI's images",
      400,
      {
        error: {
          message: "Billing hard limit has been reached",
          type: "invalid_request_error",
          code: "billing_hard_limit_reached",
        },
      },
    ],
    [
      "OpenAI, without billing",
      429,
      {
        error: {
          message: "Your account is not active, please check your billing details on our website.",
          code: "billing_not_active",
        },
      },
    ],
    [
      "OpenRouter",
      402,
      { error: { code: 402, message: "Insufficient credits. Add more using https://openrouter.ai/settings/credits" } },
    ],
    [
      "OpenRouter, by tokens",
      402,
      { error: { code: 402, message: "This request requires more credits, or fewer max_tokens." } },
    ],
    [
      "OpenRouter, a key's limit",
      403,
      {
        error: {
          code: 403,
          message: "Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys",
        },
      },
    ],
    [
      "DeepSeek",
      402,
      { error: { message: "Insufficient Balance", type: "unknown_error", param: null, code: "invalid_request_error" } },
    ],
    [
      "Anthropic",
      400,
      {
        type: "error",
        error: {
          type: "invalid_request_error",
          message:
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
        },
      },
    ],
    [
      "Anthropic, by its own limit",
      400,
      {
        type: "error",
        error: {
          type: "invalid_request_error",
          message:
            "You have reached your specified API usage limits. You will regain access on 2027-01-01 at 00:00 UTC.",
        },
      },
    ],
    [
      "Moonshot",
      429,
      {
        error: {
          message: "Your account is suspended, please check your plan and billing details",
          type: "exceeded_current_quota_error",
        },
      },
    ],
    ["Zhipu", 429, { error: { code: "1113", message: "余额不足或无可用资源包,请充值。" } }],
    [
      "Alibaba",
      400,
      {
        code: "Arrearage",
        message: "Access denied, please make sure your account is in good standing.",
        request_id: "r",
      },
    ],
    [
      "xAI",
      403,
      {
        code: "The caller does not have permission to execute the specified operation",
        error: "Your newly created team doesn't have any credits yet.",
      },
    ],
    [
      "xAI, later",
      429,
      {
        code: "Some resource has been exhausted",
        error: "Your team has either used all available credits or reached its monthly spending limit.",
      },
    ],
    ["Hugging Face", 402, { error: "You have exceeded your monthly included credits for Inference Providers." }],
    [
      "Gemini without a free tier",
      429,
      gemini(
        "Quota exceeded for metric: generate_content_free_tier_requests, limit: 0, model: gemini-2.5-pro",
        retryInfo("12s"),
      ),
    ],
    ["a monthly quota", 429, { error: { message: "Monthly quota exceeded." } }],
    ["a code of its own", 429, { error: { message: "No.", code: "quota_exceeded" } }],
  ])("%s", async (_, status, body) => {
    const { upstream, server } = await startServed(json(body, status, { "x-should-retry": "true" }));
    const { errors } = (await server.query(chat)).body;
    expect(errors).toMatchObject([{ extensions: { code: "UPSTREAM_QUOTA_EXCEEDED" } }]);
    expect(upstream.requests).toHaveLength(1);
  });
});

describe("waiting helps: UPSTREAM_RATE_LIMITED", () => {
  test.each<[string, unknown]>([
    [
      "OpenAI",
      {
        error: {
          message:
            "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000. Please try again in 1.2s. Visit https://platform.openai.com/account/billing to add credits.",
          type: "tokens",
          code: "rate_limit_exceeded",
        },
      },
    ],
    [
      "Groq, by the day",
      {
        error: {
          message:
            "Rate limit reached for model `llama` in organization on tokens per day (TPD): Limit 100000, Used 99000, Requested 4000. Please try again in 43m12s. Need more tokens? Upgrade at https://console.groq.com/settings/billing",
          type: "tokens",
        },
      },
    ],
    [
      "Azure",
      {
        error: {
          code: "429",
          message:
            "Requests to the ChatCompletions_Create Operation under Azure OpenAI API have exceeded call rate limit of your current OpenAI S0 pricing tier. Please retry after 24 seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to increase the default rate limit.",
        },
      },
    ],
    [
      "Vertex",
      {
        error: {
          code: 429,
          message:
            "Quota exceeded for aiplatform.googleapis.com/generate_content_requests_per_minute_per_project_per_base_model. Please submit a quota increase request.",
          status: "RESOURCE_EXHAUSTED",
        },
      },
    ],
    [
      "OpenRouter's free models",
      {
        error: {
          code: 429,
          message:
            "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day",
        },
      },
    ],
    [
      "Mistral",
      {
        object: "error",
        message: "Service tier capacity exceeded for this model.",
        type: "service_tier_capacity_exceeded",
        code: "3505",
      },
    ],
    ["Bedrock", { message: "Too many tokens per day, please wait before trying again." }],
    [
      "Cloudflare",
      {
        success: false,
        errors: [{ code: 4006, message: "you have used up your daily free allocation of 10,000 neurons" }],
      },
    ],
    ["plain words", "Too many requests."],
  ])("%s", async (_, body) => {
    const { upstream, server } = await startServed(json(body, 429, soon), { MAX_RETRIES: "1" });
    const { errors } = (await server.query(chat)).body;
    expect(errors).toMatchObject([{ extensions: { code: "UPSTREAM_RATE_LIMITED", retryAfterMs: 1 } }]);
    expect(upstream.requests).toHaveLength(2);
  });

  test.each<[string, unknown, number]>([
    ["Gemini", gemini(perMinute, { "@type": "type.googleapis.com/google.rpc.QuotaFailure" }, retryInfo("34s")), 34_000],
    [
      "Gemini, in the text of a gateway",
      {
        error: {
          message: `litellm.RateLimitError: VertexAIException - ${JSON.stringify(gemini(perMinute, retryInfo("41.5s")))}`,
          code: "429",
        },
      },
      41_500,
    ],
    [
      "Gemini, behind OpenRouter",
      {
        error: {
          code: 429,
          message: "Provider returned error",
          metadata: { raw: JSON.stringify(gemini(perMinute, retryInfo("59s"))) },
        },
      },
      59_000,
    ],
    ["a quota that is there again", { error: { message: "Quota exceeded." } }, 0],
  ])("with the wait that its body asks for: %s", async (_, body, retryAfterMs) => {
    const headers: Record<string, string> = retryAfterMs === 0 ? { "retry-after": "90" } : {};
    const { upstream, server } = await startServed(json(body, 429, headers));
    const { errors } = (await server.query(chat)).body;
    expect(errors).toMatchObject([
      { extensions: { code: "UPSTREAM_RATE_LIMITED", retryAfterMs: retryAfterMs || 90_000 } },
    ]);
    expect(upstream.requests).toHaveLength(1);
  });
});

const words =
  "Incorrect API key provided: sk-acme-zyxwvuts98765432. Project ACME-BILLING of owner@acme.example has none.";
/** Each refuses the server's key, in its server's way. */
const refusals: [string, string, number, unknown][] = [
  ["401", "UPSTREAM_UNAUTHENTICATED", 401, { error: { message: words, type: "acme_error", code: "invalid_api_key" } }],
  ["401 in plain words", "UPSTREAM_UNAUTHENTICATED", 401, { detail: words }],
  ["403", "UPSTREAM_FORBIDDEN", 403, { error: { message: words, code: "model_not_allowed", param: "ACME-BILLING" } }],
  ["403 of a list", "UPSTREAM_FORBIDDEN", 403, { errors: [{ message: words }] }],
  [
    "400 of Gemini",
    "UPSTREAM_UNAUTHENTICATED",
    400,
    [{ error: { code: 400, message: `API key not valid. ${words}`, status: "INVALID_ARGUMENT" } }],
  ],
  ["400 of xAI", "UPSTREAM_UNAUTHENTICATED", 400, { code: "Client specified an invalid argument", error: words }],
  ["200, by its code", "UPSTREAM_UNAUTHENTICATED", 200, { error: { message: words, code: "invalid_api_key" } }],
  ["200, by its number", "UPSTREAM_FORBIDDEN", 200, { object: "error", message: words, code: 403 }],
];
const secrets = /acme|owner|zyxwvuts98765432|Incorrect|valid/i;

describe("where the server's own key is refused, clients hear that the operator must act, and the log has the words:", () => {
  test.each(refusals)("%s", async (_, code, status, body) => {
    const upstream = await startUpstream(json(body, status, { "x-request-id": "req_7" }));
    const { server, operations, text } = await startLogged(upstream.url, {}, "warn");
    const { errors } = (await server.query(chat)).body;
    expect(errors).toMatchObject([{ message: expect.stringContaining("operator"), extensions: { code } }]);
    expect(errors[0].extensions.upstream).toEqual({ status: expect.any(Number), requestId: "req_7" });
    expect(JSON.stringify(errors)).not.toMatch(secrets);
    const [line] = await operations(1);
    expect(line).toMatchObject({ level: "warn", code });
    expect(line.upstream[0].cause).toContain("Incorrect API key provided: [masked]");
    expect(text()).not.toContain("zyxwvuts98765432");
    expect(upstream.requests).toHaveLength(1);
  });

  test.each(refusals.filter(([, , status]) => status === 200))("in a stream: %s", async (_, code, __, body) => {
    const upstream = await startUpstream(streams(event(body)));
    const { server, operations } = await startLogged(upstream.url, {}, "warn");
    const { results, ended } = await subscribeSse(server.url);
    await ended;
    expect(results.at(-1).errors).toMatchObject([
      { message: expect.stringContaining("operator"), extensions: { code } },
    ]);
    expect(JSON.stringify(results)).not.toMatch(secrets);
    const [line] = await operations(1);
    expect(line.upstream[0].cause).toContain("ACME-BILLING");
  });

  test("with their own keys callers hear the words, and the log does not have them", async () => {
    for (const [, code, status, body] of refusals) {
      const upstream = await startUpstream(json(body, status));
      const { server, operations } = await startLogged(upstream.url, { AUTH: "passthrough" });
      const bearer = { headers: { authorization: "Bearer own-key-of-the-caller" } };
      const { errors } = (await server.query(chat, {}, bearer)).body;
      expect(errors).toMatchObject([{ message: expect.stringContaining("ACME-BILLING"), extensions: { code } }]);
      const [line] = await operations(1);
      expect(line.upstream[0]).not.toHaveProperty("cause");
    }
  });

  test("a prompt that moderation has flagged is the caller's", async () => {
    const message = "Your chosen model requires moderation and your input was flagged";
    const answer: Answer = json({ error: { code: 403, message, metadata: { reasons: ["violence"] } } }, 403);
    const { server } = await startServed(answer);
    const { errors } = (await server.query(chat)).body;
    expect(errors).toMatchObject([{ message, extensions: { code: "UPSTREAM_FORBIDDEN" } }]);
  });

  test("words of other failures are not logged: they may quote a prompt", async () => {
    const upstream = await startUpstream(json({ error: { message: "ACME-PROMPT is too long" } }, 400));
    const { server, operations, text } = await startLogged(upstream.url);
    expect((await server.query(chat)).text).toContain("ACME-PROMPT");
    await operations(1);
    expect(text()).not.toContain("ACME-PROMPT");
  });
});
