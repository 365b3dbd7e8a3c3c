// What goes wrong between the server and an upstream that listens: each has its code, for both mutations, whole and streamed.
import { describe, expect, test } from "vitest";
import { startServed } from "../../support/served-upstream.ts";
import { preflighted } from "../../support/server.ts";
import { event, noticed, streams, streamsThen } from "../../support/stream.ts";
import { subscribeSse } from "../../support/subscribe.ts";
import { least, listeners, mutationOf, transcribe, transcribeStream } from "../../support/transcriptions.ts";
import { type Answer, failure, json } from "../../support/upstream.ts";

const variables = { input: least };
const delta = event({ type: "transcript.text.delta", delta: "Hel" });
const done = event({ type: "transcript.text.done", text: "Hel" });

const operations = [
  ...listeners.map(({ field }) => [field, mutationOf(field, "text")] as const),
  ["Subscription.transcribe", transcribeStream] as const,
];

/** The code of the only error, whatever the transport. */
async function codeOf(answer: Answer, query: string, environment: Record<string, string> = {}) {
  const { upstream, server } = await startServed(answer, { MAX_RETRIES: "0", ...environment });
  const { results, ended } = await subscribeSse(server.url, query, variables);
  expect(await ended).toBe("complete");
  expect([results.at(-1).errors.length, server.faults]).toEqual([1, []]);
  expect(results.slice(0, -1).every(({ errors }) => errors === undefined)).toBe(true);
  expect(JSON.stringify(results)).not.toMatch(/sk-test-key|127\.0\.0\.1/);
  expect(upstream.requests).toHaveLength(1);
  const [{ message, extensions }] = results.at(-1).errors;
  return { message, ...extensions };
}

describe.each(operations)("%s", (_, query) => {
  test.each<[string, Answer, string]>([
    ["400", failure(400, { message: "no such format", param: "response_format" }), "UPSTREAM_BAD_REQUEST"],
    ["401", failure(401, {}), "UPSTREAM_UNAUTHENTICATED"],
    ["403", failure(403, {}), "UPSTREAM_FORBIDDEN"],
    ["404", failure(404, {}), "UPSTREAM_NOT_FOUND"],
    ["413", failure(413, { message: "too large" }), "UPSTREAM_BAD_REQUEST"],
    ["429", failure(429, {}), "UPSTREAM_RATE_LIMITED"],
    ["429 for a used-up quota", failure(429, { code: "insufficient_quota" }), "UPSTREAM_QUOTA_EXCEEDED"],
    ["500", failure(500, {}), "UPSTREAM_ERROR"],
    ["503", failure(503, {}), "UPSTREAM_ERROR"],
    ["a redirect", (__, res) => void res.writeHead(302, { location: "/" }).end(), "UPSTREAM_INVALID_RESPONSE"],
    [
      "a cut body",
      (__, res) => void res.writeHead(200, { "content-length": "50" }).write('{"text":"Hel', () => res.destroy()),
      "UPSTREAM_INTERRUPTED",
    ],
    ["a lost connection", (__, res) => void res.destroy(), "UPSTREAM_UNAVAILABLE"],
  ])("%s", async (__, answer, code) => {
    expect((await codeOf(answer, query)).code).toBe(code);
  });

  test("an answer of too many bytes, and one of too many values", async () => {
    const long = json({ text: "x".repeat(5_000) });
    expect(await codeOf(long, query, { MAX_UPSTREAM_BYTES: "4000" })).toMatchObject({
      code: "UPSTREAM_INVALID_RESPONSE",
      message: expect.stringContaining("4000"),
    });
    const many = json({ text: "x", words: Array.from({ length: 2_000 }, () => ({ word: "x" })) });
    expect(await codeOf(many, query, { MAX_UPSTREAM_VALUES: "1000" })).toMatchObject({
      code: "UPSTREAM_INVALID_RESPONSE",
      message: expect.stringContaining("1000"),
    });
  });

  test("silence", async () => {
    const silent = await codeOf(() => {}, query, { UPSTREAM_HEADERS_TIMEOUT_MS: "200" });
    expect(silent.code).toBe("UPSTREAM_TIMEOUT");
    const slow = await codeOf(
      streamsThen(delta, () => {}),
      query,
      { UPSTREAM_IDLE_TIMEOUT_MS: "200" },
    );
    expect(slow.code).toBe("UPSTREAM_TIMEOUT");
  });
});

describe.each(listeners)("$field", ({ field }) => {
  const query = mutationOf(field, "text");

  test("ends the upstream call of a client that leaves", async () => {
    const { answer, arrived } = noticed(() => {});
    const { upstream, server } = await startServed(answer);
    const controller = new AbortController();
    const left = fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...preflighted },
      body: JSON.stringify({ query, variables }),
      signal: controller.signal,
    });
    await arrived;
    controller.abort();
    await expect(left).rejects.toThrow();
    await upstream.requests[0]?.closed;
    expect(server.faults).toEqual([]);
  });

  test("refuses a stream of too many values in place of an answer", async () => {
    const word = event({
      type: "transcript.text.delta",
      delta: "a",
      logprobs: [{ token: "a", logprob: -1, bytes: [97] }],
    });
    const answer = await codeOf(streams(word.repeat(200), done), query, { MAX_UPSTREAM_VALUES: "1000" });
    expect(answer).toMatchObject({ code: "UPSTREAM_INVALID_RESPONSE", message: expect.stringContaining("1000") });
  });

  test("of one of two fields that fail leaves the other's answer", async () => {
    const { upstream, server } = await startServed(json({ text: "Hello" }));
    const two = query.replace(
      `{ ${field}`,
      `{ bad: ${field}(input: { model: "a,b", file: "data:audio/wav;base64,UklGRg==" }) { text } ${field}`,
    );
    const { body } = await server.query(two, variables);
    expect(body.data).toEqual({ bad: null, [field]: { text: "Hello" } });
    expect(body.errors).toHaveLength(1);
    expect(upstream.requests).toHaveLength(1);
  });
});

test("an answer and an error never come together, nor neither of them", async () => {
  const { upstream, server } = await startServed(json({}));
  const ends: Answer[] = [
    streams(delta, done),
    streams(delta),
    streams(done, delta),
    streams(delta, done, event({ error: { message: "late" } })),
    streamsThen(delta + done, (res) => void res.destroy()),
    json({ text: "" }),
    json({}),
  ];
  for (const answer of ends) {
    upstream.answer = answer;
    const { results, ended } = await subscribeSse(server.url, transcribeStream, variables);
    expect(await ended).toBe("complete");
    const errors = results.filter((result) => result.errors);
    expect(errors.length).toBeLessThan(2);
    expect(errors.length === 1 || results.at(-1).data.transcribe.textSoFar !== undefined).toBe(true);
    if (errors.length === 1) expect(results.at(-1)).toBe(errors[0]);
  }
  expect((await server.query(transcribe, variables)).body.errors).toHaveLength(1);
});
