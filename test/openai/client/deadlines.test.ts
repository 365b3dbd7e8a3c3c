// The three deadlines of an upstream call: to the head of the answer, between its bytes, and in all.
import { describe, expect, test } from "vitest";
import { Deadline } from "../../../src/openai/client/deadline.ts";
import { calls, chat, chatAnswer } from "../../support/calls.ts";
import { startTestServer } from "../../support/server.ts";
import { type Answer, failure, inTurn, json, startUpstream } from "../../support/upstream.ts";

const answerText = JSON.stringify(chatAnswer);
const silence: Answer = () => {};

/** undici's own timers, which keep the first two deadlines, tick twice a second: half a second early, one and a half late. */
const around = (timeoutMs: number): [number, number] => [timeoutMs - 500, timeoutMs + 1_500];

/** Writes the answer a byte at a time. */
function drip(intervalMs: number, text = answerText): Answer {
  return (_, res) => {
    res.writeHead(200, { "content-type": "application/json" });
    let sent = 0;
    const timer = setInterval(() => {
      if (sent < text.length) res.write(text[sent++]);
      else res.end();
    }, intervalMs);
    res.once("close", () => clearInterval(timer));
  };
}

async function ask(answer: Answer, environment: Record<string, string>, operation = chat) {
  const upstream = await startUpstream(answer);
  const server = await startTestServer(upstream.url, environment);
  const start = performance.now();
  const { body } = await server.query(operation);
  const tookMs = performance.now() - start;
  expect(server.faults).toEqual([]);
  return { body, tookMs, upstream };
}

/** Asks, and expects one UPSTREAM_TIMEOUT with this message within this time, and the last connection closed. */
async function expectTimeout(
  message: string,
  withinMs: [number, number],
  answer: Answer,
  environment: Record<string, string>,
  requests = 1,
) {
  const { body, tookMs, upstream } = await ask(answer, environment);
  expect(body.data).toEqual({ chat: null });
  expect(body.errors).toMatchObject([{ message, path: ["chat"] }]);
  expect(body.errors[0].extensions).toEqual({ code: "UPSTREAM_TIMEOUT" });
  expect(tookMs).toBeGreaterThanOrEqual(withinMs[0]);
  expect(tookMs).toBeLessThan(withinMs[1]);
  expect(upstream.requests).toHaveLength(requests);
  await upstream.requests.at(-1)?.closed;
}

describe("UPSTREAM_HEADERS_TIMEOUT_MS", () => {
  test.each([300, 1_200])("of %i ms ends the wait for an answer, which is not retried", (timeoutMs) =>
    expectTimeout(`The upstream did not answer within ${timeoutMs} ms.`, around(timeoutMs), silence, {
      UPSTREAM_HEADERS_TIMEOUT_MS: String(timeoutMs),
    }),
  );

  test.each(calls)("holds for $field", async ({ field, operation }) => {
    const { body, upstream } = await ask(silence, { UPSTREAM_HEADERS_TIMEOUT_MS: "200" }, operation);
    expect(body.data).toEqual({ [field]: null });
    expect(body.errors).toMatchObject([{ path: [field], extensions: { code: "UPSTREAM_TIMEOUT" } }]);
    expect(upstream.requests).toHaveLength(1);
    await upstream.requests[0]?.closed;
  });

  test("does not count the body", async () => {
    const { body } = await ask(drip(15), { UPSTREAM_HEADERS_TIMEOUT_MS: "300" });
    expect(body).toEqual({ data: { chat: { text: "hello" } } });
  });
});

describe("UPSTREAM_IDLE_TIMEOUT_MS", () => {
  test.each([300, 1_200])("of %i ms ends a silence inside the answer, which is not retried", (timeoutMs) =>
    expectTimeout(
      `The upstream fell silent for ${timeoutMs} ms in its answer.`,
      around(timeoutMs),
      (_, res) => res.writeHead(200).write(answerText.slice(0, 9)),
      { UPSTREAM_IDLE_TIMEOUT_MS: String(timeoutMs) },
    ),
  );

  test("starts anew with every byte", async () => {
    const { body, tookMs } = await ask(drip(20), { UPSTREAM_IDLE_TIMEOUT_MS: "700" });
    expect(body).toEqual({ data: { chat: { text: "hello" } } });
    expect(tookMs).toBeGreaterThan(1_500);
  });
});

describe("UPSTREAM_TOTAL_TIMEOUT_MS", () => {
  const environment = { UPSTREAM_TOTAL_TIMEOUT_MS: "400" };
  const message = "The upstream took longer than 400 ms in all.";

  test("ends the wait for an answer", () => expectTimeout(message, [395, 800], silence, environment));

  test("ends an answer that drips and never falls silent", () =>
    expectTimeout(message, [395, 800], drip(20), environment));

  test("ends a second attempt, which has no time of its own", () => {
    const answer = inTurn(failure(503, {}, { "retry-after-ms": "250" }), silence);
    return expectTimeout(message, [395, 800], answer, environment, 2);
  });

  test("ends an error answer that drips", () => {
    const dripping: Answer = (_, res) => res.writeHead(400).write("{");
    return expectTimeout(message, [395, 800], dripping, environment);
  });

  test("leaves what is in time alone, and the next call after a timeout", async () => {
    const upstream = await startUpstream(inTurn(silence, json(chatAnswer)));
    const server = await startTestServer(upstream.url, environment);
    expect((await server.query(chat)).body.errors).toMatchObject([{ extensions: { code: "UPSTREAM_TIMEOUT" } }]);
    expect((await server.query(chat)).body).toEqual({ data: { chat: { text: "hello" } } });
  });
});

describe("a deadline", () => {
  test("counts down, and ends a wait with its own error", async () => {
    const deadline = new Deadline(50, new AbortController().signal);
    expect(deadline.remainingMs()).toBeLessThanOrEqual(50);
    await expect(deadline.sleep(10_000)).rejects.toMatchObject({ name: "OpenAIError", reason: "timeout" });
    expect(deadline.remainingMs()).toBeLessThanOrEqual(1);
  });

  test("ends a wait with the caller's reason", async () => {
    const caller = new AbortController();
    const deadline = new Deadline(10_000, caller.signal);
    const wait = deadline.sleep(10_000);
    caller.abort("gone");
    await expect(wait).rejects.toBe("gone");
    deadline.end();
  });

  test("that has ended is never up and follows nobody", async () => {
    const caller = new AbortController();
    const deadline = new Deadline(1, caller.signal);
    deadline.end();
    caller.abort();
    await deadline.sleep(20);
    expect(deadline.over).toBeUndefined();
  });
});
