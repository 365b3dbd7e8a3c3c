// Errors of odd shapes: whatever JSON an upstream sends as an error, and whatever headers with it, is an error of the
// upstream, never a fault of this server.
import { describe, expect, test } from "vitest";
import { readErrorAnswer } from "../../../src/openai/client/error-answer.ts";
import { OpenAIError } from "../../../src/openai/client/failures/errors.ts";
import type { ResponseHeaders } from "../../../src/openai/client/failures/retry-after.ts";
import { findSecrets } from "../../../src/openai/client/secrets/credentials.ts";
import { chat } from "../../support/calls.ts";
import { createRandom, type Random } from "../../support/random.ts";
import { startServed } from "../../support/served-upstream.ts";
import { chunk, event, startStreaming, streams } from "../../support/stream.ts";
import { subscribeSse } from "../../support/subscribe.ts";

const secrets = findSecrets({
  baseUrl: new URL("https://models.example.com/v1"),
  apiKey: "sk-test-key-0123456789",
  organization: undefined,
  project: undefined,
});

const deep = (length: number) => `${"[".repeat(length)}${"]".repeat(length)}`;
const many = (value: string) => `[${Array(200_000).fill(value).join()}]`;

/** Each is the JSON of a whole answer. */
const bodies = [
  '{"error":{"type":{"toString":1}}}',
  '{"error":{"code":{"toString":1,"valueOf":null}}}',
  '{"error":{"code":["429"]}}',
  '{"error":{"code":[[[]]],"type":[{"toString":null}],"param":{}}}',
  '{"error":{"message":{"toString":1}}}',
  '{"error":{"message":"no","loc":[{"toString":null}]}}',
  '{"detail":[{"loc":[{"toString":null}],"msg":"no"}]}',
  '{"detail":[{"loc":[["body",["x"]],null,1],"msg":{"toString":1}}]}',
  `{"detail":[{"loc":${deep(10_000)},"msg":"no"}]}`,
  `{"error":{"loc":${many('{"toString":1}')},"message":"no"}}`,
  `{"error":{"message":${many('{"message":"no"}')}}}`,
  `{"error":${deep(50_000)}}`,
  `{"error":${many("{}")}}`,
  `{"error":{"message":${JSON.stringify("no ".repeat(350_000))}}}`,
  `{"error":{"message":${JSON.stringify("x".repeat(2 ** 20))},"type":${JSON.stringify("x".repeat(2 ** 20))}}}`,
  '{"error":{"__proto__":{"type":"x"},"constructor":1,"message":"no"}}',
  '{"error":{"code":1e400,"type":-0}}',
  '{"error":{"code":428.5}}',
  '{"error":true}',
  '{"error":1}',
  '{"error":[]}',
  '{"error":[null]}',
  '{"error":"\\ud800"}',
  '[{"error":{"code":{"toString":1}}}]',
  '{"object":"error","message":[],"code":{"toString":1}}',
];

const oddHeaders: ResponseHeaders[] = [
  { "retry-after": ["1", "2"] },
  { "retry-after": "Infinity", "retry-after-ms": "1e400" },
  { "retry-after": "-1", "retry-after-ms": "NaN" },
  { "retry-after": "\u00e9".repeat(10_000) },
  { "retry-after": "Wed, 99 Foo 20000 00:00:00 GMT" },
  { "retry-after-ms": ["5", "x"], "x-should-retry": ["true"] },
  { "x-should-retry": "constructor" },
  { "x-should-retry": "__proto__", "x-request-id": ["a", "b"] },
  { "x-should-retry": "toString", "x-request-id": "x".repeat(100_000) },
];

function check(status: number, headers: ResponseHeaders, text: string): void {
  const error = readErrorAnswer(status, headers, text, secrets);
  expect(error).toBeInstanceOf(OpenAIError);
  expect(error.reason).toBe("status");
  const { status: told = 0, retryAfterMs = 0, shouldRetry, requestId = "", type = "", code = "" } = error.details;
  expect([told >= 400 && told <= 599, Number.isInteger(told)]).toEqual([true, true]);
  if (status >= 400) expect(told).toBe(status);
  expect(Number.isFinite(retryAfterMs) && retryAfterMs >= 0).toBe(true);
  expect(["boolean", "undefined"]).toContain(typeof shouldRetry);
  expect([typeof requestId, typeof type, typeof code]).toEqual(["string", "string", "string"]);
  expect(error.message.length).toBeGreaterThan(0);
  expect(error.message.length).toBeLessThanOrEqual(2_000);
}

test.each(bodies.map((text) => [text.slice(0, 60), text]))("%s", (_, text) => {
  for (const status of [200, 400, 429, 500]) check(status, {}, text);
});

test("odd headers", () => {
  for (const headers of oddHeaders) {
    for (const status of [200, 400, 418, 429, 529]) check(status, headers, '{"error":{"message":"no"}}');
  }
});

test("text of a megabyte, JSON that is cut, and bytes that are none", () => {
  for (const text of [
    "x".repeat(2 ** 20),
    "no ".repeat(2 ** 19),
    '{"error":{"mess',
    "\0\0",
    "\ufffd",
    "null",
    '""',
    "0",
    "",
  ])
    for (const status of [400, 404, 500]) check(status, {}, text);
});

const NAMES = [
  "error",
  "message",
  "detail",
  "msg",
  "loc",
  "type",
  "code",
  "param",
  "toString",
  "valueOf",
  "__proto__",
  "object",
];
const LEAVES = [
  null,
  true,
  false,
  0,
  -1,
  429,
  4.5,
  1e21,
  "",
  "429",
  "rate_limit",
  "invalid",
  "toString",
  "\ud800",
  "no\0",
];

/** A JSON text of any shape in which an error's names are frequent. */
function writeJson(random: Random, depth = 0): string {
  const shape = random.below(depth > 5 ? 1 : 4);
  if (shape === 0) return JSON.stringify(random.pick(LEAVES));
  const inside = Array.from({ length: random.below(4) }, () => writeJson(random, depth + 1));
  if (shape === 1) return `[${inside.join()}]`;
  return `{${inside.map((value) => `${JSON.stringify(random.pick(NAMES))}:${value}`).join()}}`;
}

test.each([1, 2, 3, 4])("generated JSON, seed %i", (seed) => {
  const random = createRandom(seed);
  for (let round = 0; round < 1_500; round++)
    check(random.pick([200, 400, 404, 429, 500]), random.pick([{}, ...oddHeaders]), writeJson(random));
});

describe("over the server each is an error of the upstream", () => {
  const short = bodies.filter((text) => text.length < 100);

  test("in a whole answer", async () => {
    const { server, upstream } = await startServed(() => {}, { MAX_RETRIES: "0" });
    for (const status of [200, 400]) {
      for (const text of short) {
        upstream.answer = (_, res) => res.writeHead(status, { "content-type": "application/json" }).end(text);
        const { body } = await server.query(chat);
        // An empty list is no error; such an answer only holds nothing.
        expect([text, body.errors[0].extensions.code]).toEqual([text, expect.stringMatching(/^UPSTREAM_/)]);
      }
    }
    expect(server.faults).toEqual([]);
  });

  test("in a stream", async () => {
    const { server, upstream } = await startStreaming(streams(), { MAX_RETRIES: "0" });
    for (const text of short) {
      for (const before of ["", event(chunk("Hel"))]) {
        upstream.answer = streams(`${before}event: error\ndata: ${text}\n\n`);
        const { results, ended } = await subscribeSse(server.url);
        await ended;
        expect([text, results.at(-1).errors?.[0].extensions.code]).toEqual([text, expect.stringMatching(/^UPSTREAM_/)]);
      }
    }
    expect(server.faults).toEqual([]);
  });
});
