// When a failed call is tried again, after how long, and with what; counted at the upstream.
import { describe, expect, test } from "vitest";
import {
  OpenAIError,
  type OpenAIErrorDetails,
  type OpenAIErrorReason,
} from "../../../src/openai/client/failures/errors.ts";
import { isRetryable, retryDelayMs } from "../../../src/openai/client/failures/retry.ts";
import { calls, chat, chatAnswer } from "../../support/calls.ts";
import { startTestServer } from "../../support/server.ts";
import { type Answer, failure, inTurn, json, startUpstream } from "../../support/upstream.ts";

const soon = { "retry-after-ms": "1" };
const answered = { data: { chat: { text: "hello" } } };

/** Fails as often as given, then answers. */
function failing(times: number, answer: Answer): Answer {
  return inTurn(...Array<Answer>(times).fill(answer), json(chatAnswer));
}

async function ask(answer: Answer, environment: Record<string, string> = {}) {
  const upstream = await startUpstream(answer);
  const server = await startTestServer(upstream.url, environment);
  const start = performance.now();
  const { body } = await server.query(chat);
  const tookMs = performance.now() - start;
  expect(server.faults).toEqual([]);
  return { body, tookMs, requests: upstream.requests, code: body.errors?.[0].extensions.code };
}

describe("a call is repeated twice", () => {
  test.each([408, 409, 429, 500, 502, 503, 529])("after status %i", async (status) => {
    const helped = await ask(failing(2, failure(status, {}, soon)));
    expect(helped.body).toEqual(answered);
    expect(helped.requests).toHaveLength(3);
    const inVain = await ask(failing(3, failure(status, {}, soon)));
    expect(inVain.body).toMatchObject({ data: { chat: null }, errors: [{ extensions: { upstream: { status } } }] });
    expect(inVain.requests).toHaveLength(3);
  });

  test.each(calls)("for $field", async ({ field, operation, answer, data }) => {
    const upstream = await startUpstream(inTurn(failure(500, {}, soon), failure(503, {}, soon), json(answer)));
    const server = await startTestServer(upstream.url);
    const { body } = await server.query(operation);
    expect(body).toEqual({ data: { [field]: data } });
    expect(upstream.requests).toHaveLength(3);
  });

  test("after a fault, the second time after twice as long", async () => {
    const times: number[] = [];
    const timed =
      (answer: Answer): Answer =>
      (...parameters) => {
        times.push(performance.now());
        return answer(...parameters);
      };
    const fault = timed(failure(500, {}));
    const { body, requests } = await ask(inTurn(fault, fault, timed(json(chatAnswer))));
    expect(body).toEqual(answered);
    expect(requests).toHaveLength(3);
    const [first = 0, second = 0, third = 0] = times;
    expect(second - first).toBeGreaterThan(370);
    expect(second - first).toBeLessThan(700);
    expect(third - second).toBeGreaterThan(745);
    expect(third - second).toBeLessThan(1_300);
  });

  test("after an error status whose reason is cut off", async () => {
    const answer: Answer = (_, res) =>
      res.writeHead(503, { ...soon, "content-length": "9" }).write("x", () => res.destroy());
    expect(await ask(failing(1, answer))).toMatchObject({ body: answered, requests: { length: 2 } });
  });

  test("where the upstream says so, whatever the status", async () => {
    const answer = failure(400, {}, { ...soon, "x-should-retry": "true" });
    expect(await ask(failing(2, answer))).toMatchObject({ body: answered, requests: { length: 3 } });
  });

  test("with the same bytes and headers each time", async () => {
    const { requests } = await ask(failing(2, failure(500, {}, soon)));
    const [first, ...others] = requests.map(({ method, path, headers, body }) => ({
      method,
      path,
      headers,
      text: `${body}`,
    }));
    expect(first).toMatchObject({
      method: "POST",
      path: "/v1/chat/completions",
      headers: { authorization: "Bearer sk-test-key-0123456789", "content-type": "application/json" },
      text: '{"model":"m","messages":[{"role":"user","content":"hi"}]}',
    });
    expect(others).toEqual([first, first]);
  });
});

describe("a call is not repeated", () => {
  test.each<[string, Answer, string]>([
    ...[400, 401, 402, 403, 404, 405, 413, 415, 418, 422].map<[string, Answer, string]>((status) => [
      `after status ${status}`,
      failure(status, {}, soon),
      "UPSTREAM_",
    ]),
    ["where the upstream says so", failure(503, {}, { ...soon, "x-should-retry": "false" }), "UPSTREAM_ERROR"],
    ["without quota", failure(429, { code: "insufficient_quota" }, soon), "UPSTREAM_QUOTA_EXCEEDED"],
    ["without quota, told by the type", failure(429, { type: "insufficient_quota" }, soon), "UPSTREAM_QUOTA_EXCEEDED"],
    [
      "without credit, even where the upstream says so",
      failure(429, { code: "credit_balance_exhausted" }, { ...soon, "x-should-retry": "true" }),
      "UPSTREAM_QUOTA_EXCEEDED",
    ],
    ["after an answer that is none", json({}), "UPSTREAM_INVALID_RESPONSE"],
    ["after an error inside HTTP 200", json({ error: { code: 503 } }, 200, soon), "UPSTREAM_ERROR"],
  ])("%s", async (_, answer, code) => {
    const result = await ask(failing(1, answer));
    expect(result.code).toContain(code);
    expect(result.requests).toHaveLength(1);
  });

  test("with MAX_RETRIES=0", async () => {
    const { code, requests } = await ask(failing(1, failure(500, {}, soon)), { MAX_RETRIES: "0" });
    expect(code).toBe("UPSTREAM_ERROR");
    expect(requests).toHaveLength(1);
  });

  test.each([{ "retry-after-ms": "3000" }, { "retry-after": "3" }, { "retry-after": "Fri, 31 Dec 2099 23:59:59 GMT" }])(
    "where the wait %j does not fit into the total deadline: the error comes at once, with the wait",
    async (headers) => {
      const result = await ask(failing(1, failure(429, {}, headers)), { UPSTREAM_TOTAL_TIMEOUT_MS: "2000" });
      expect(result.code).toBe("UPSTREAM_RATE_LIMITED");
      expect(result.body.errors[0].extensions.retryAfterMs).toBeGreaterThanOrEqual(3_000);
      expect(result.requests).toHaveLength(1);
      expect(result.tookMs).toBeLessThan(1_000);
    },
  );
});

test("MAX_RETRIES sets how often", async () => {
  const { requests } = await ask(failure(500, {}, soon), { MAX_RETRIES: "5" });
  expect(requests).toHaveLength(6);
});

test.each<[string, () => Record<string, string>, number, number]>([
  ["retry-after-ms", () => ({ "retry-after-ms": "120", "retry-after": "9" }), 115, 600],
  ["retry-after in seconds", () => ({ "retry-after": "0.12" }), 115, 600],
  ["retry-after as a date", () => ({ "retry-after": new Date(Date.now() + 1_500).toUTCString() }), 400, 2_000],
  ["retry-after as a date that has passed", () => ({ "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }), 0, 300],
])("%s is waited for", async (_, headers, minimumMs, maximumMs) => {
  const { body, tookMs, requests } = await ask(failing(1, failure(429, {}, headers())));
  expect(body).toEqual(answered);
  expect(requests).toHaveLength(2);
  expect(tookMs).toBeGreaterThanOrEqual(minimumMs);
  expect(tookMs).toBeLessThan(maximumMs);
});

describe("the rule", () => {
  const error = (reason: OpenAIErrorReason, details: OpenAIErrorDetails = {}) => new OpenAIError(reason, "", details);

  test.each<[OpenAIErrorReason, OpenAIErrorDetails, boolean]>([
    ["unavailable", {}, false],
    ["unavailable", { isUntouched: true }, true],
    ["timeout", {}, false],
    ["interrupted", {}, false],
    ["invalid_response", { status: 200 }, false],
    ["status", { status: 500 }, true],
    ["status", { status: 500, shouldRetry: false }, false],
    ["status", { status: 404, shouldRetry: true }, true],
    ["status", { status: 429, code: "insufficient_quota", shouldRetry: true }, false],
    ["status", {}, false],
  ])("%s %j: %s", (reason, details, expected) => expect(isRetryable(error(reason, details), "POST")).toBe(expected));

  test("a GET is repeated whoever hangs up", () => {
    expect(isRetryable(error("unavailable"), "GET")).toBe(true);
    expect(isRetryable(error("timeout"), "GET")).toBe(false);
  });

  test.each([
    [0, 375, 500],
    [1, 750, 1_000],
    [2, 1_500, 2_000],
    [3, 3_000, 4_000],
    [4, 6_000, 8_000],
    [5, 6_000, 8_000],
    [10, 6_000, 8_000],
  ])("retry %i waits %i to %i ms, by chance", (retry, minimumMs, maximumMs) => {
    const delays = Array.from({ length: 200 }, () => retryDelayMs(error("unavailable"), retry));
    expect(Math.min(...delays)).toBeGreaterThan(minimumMs);
    expect(Math.max(...delays)).toBeLessThanOrEqual(maximumMs);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan((maximumMs - minimumMs) / 2);
  });

  test.each([0, 1, 90_000])("what the upstream asks for is taken as it is: %i ms", (retryAfterMs) => {
    expect(retryDelayMs(error("status", { status: 429, retryAfterMs }), 3)).toBe(retryAfterMs);
  });
});

describe("a call is not repeated where it may have been paid for, or nobody would wait so long", () => {
  test.each([501, 504, 505, 520, 521, 522, 523, 524, 599])(
    "after status %i, whatever x-should-retry says",
    async (status) => {
      const { requests, code } = await ask(failing(1, failure(status, {}, { ...soon, "x-should-retry": "true" })));
      expect(code).toBe("UPSTREAM_ERROR");
      expect(requests).toHaveLength(1);
    },
  );

  test.each<[string, Answer, number]>([
    ["Retry-After", failure(429, { message: "Slow." }, { "retry-after": "300" }), 300_000],
    ["retry-after-ms", failure(503, { message: "Slow." }, { "retry-after-ms": "20001" }), 20_001],
    [
      "Google's RetryInfo",
      failure(429, {
        message: "Slow.",
        details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34.5s" }],
      }),
      34_500,
    ],
  ])("%s of more than 20 s is told at once", async (_, answer, retryAfterMs) => {
    const { body, requests, tookMs } = await ask(failing(1, answer));
    expect(body.errors[0].extensions).toMatchObject({ retryAfterMs });
    expect(body.errors[0].message).toBe("Slow.");
    expect(requests).toHaveLength(1);
    expect(tookMs).toBeLessThan(5_000);
  });

  test.each([
    ["402", failure(402, { message: "Insufficient Balance", type: "unknown_error" })],
    ["a 429 that speaks of quota", failure(429, { message: "You exceeded your current quota." })],
    ["a 429 that speaks of credit", failure(429, { message: "Your credit has run out." })],
    ["a 429 that speaks of the balance", failure(429, { message: "insufficient balance" })],
  ])("a used-up account: %s", async (_, answer) => {
    const { requests, code } = await ask(failing(1, answer));
    expect(code).toBe("UPSTREAM_QUOTA_EXCEEDED");
    expect(requests).toHaveLength(1);
  });

  test("a rate limit that names the way to more is a rate limit", async () => {
    const message = "Rate limit reached. Increase it at https://example.com/account/billing.";
    const { code } = await ask(failing(3, failure(429, { message, code: "rate_limit_exceeded" }, soon)));
    expect(code).toBe("UPSTREAM_RATE_LIMITED");
  });
});
