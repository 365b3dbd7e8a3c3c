// The three deadlines of an upstream call: to the head of the answer, between its bytes, and in all.
import { describe, expect, test } from "vitest";
import { Deadlines } from "../../../src/openai/client/deadline.ts";
import { calls, chat, chatAnswer } from "../../support/calls.ts";
import { shared } from "../../support/lifetime.ts";
import { startServed } from "../../support/served-upstream.ts";
import { type Answer, failure, inTurn, json } from "../../support/upstream.ts";

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

/** An upstream's answer, the server's configuration, and the operation; a chat if it is absent. */
type Question = [answer: Answer, environment: Record<string, string>, operation?: string];

type Outcome = Awaited<ReturnType<typeof time>>;

async function time({ upstream, server }: Awaited<ReturnType<typeof startServed>>, operation = chat) {
  const start = performance.now();
  const { body } = await server.query(operation);
  const tookMs = performance.now() - start;
  expect(server.faults).toEqual([]);
  return { body, tookMs, upstream };
}

async function ask(...[answer, environment, operation]: Question) {
  return time(await startServed(answer, environment), operation);
}

/**
 * Asks all of these at the same time, each on a server of its own, as the block begins: their cases wait together.
 * Yields how a case gets the outcome of the question with its name.
 */
function askTogether(questions: Record<string, Question>): (name: string | number) => Promise<Outcome> {
  const outcomes = shared(
    async () => {
      const asked = Object.entries(questions).map(async ([name, [answer, environment, operation]]) => {
        const served = await startServed(answer, environment);
        return { name, served, operation };
      });
      const begun = (await Promise.all(asked)).map(({ name, served, operation }) => {
        const outcome = time(served, operation);
        outcome.catch(() => {});
        return [name, outcome] as const;
      });
      return new Map<string, Promise<Outcome>>(begun);
    },
    { goesOn: true },
  );
  return (name) => outcomes().get(String(name)) ?? Promise.reject(new Error(`Nothing was asked as ${name}.`));
}

/** Expects one UPSTREAM_TIMEOUT with this message, and that the call may have been paid for, within this time, and the last connection closed. */
async function expectTimeout(message: string, withinMs: [number, number], outcome: Promise<Outcome>, requests = 1) {
  const { body, tookMs, upstream } = await outcome;
  expect(body.data).toEqual({ chat: null });
  expect(body.errors).toMatchObject([{ message: `${message} This call may have been paid for.`, path: ["chat"] }]);
  expect(body.errors[0].extensions).toEqual({ code: "UPSTREAM_TIMEOUT" });
  expect(tookMs).toBeGreaterThanOrEqual(withinMs[0]);
  expect(tookMs).toBeLessThan(withinMs[1]);
  expect(upstream.requests).toHaveLength(requests);
  await upstream.requests.at(-1)?.closed;
}

describe("UPSTREAM_HEADERS_TIMEOUT_MS", () => {
  const outcomeOf = askTogether({
    300: [silence, { UPSTREAM_HEADERS_TIMEOUT_MS: "300" }],
    1200: [silence, { UPSTREAM_HEADERS_TIMEOUT_MS: "1200" }],
    ...Object.fromEntries(
      calls.map(({ field, operation }) => [field, [silence, { UPSTREAM_HEADERS_TIMEOUT_MS: "200" }, operation]]),
    ),
    body: [drip(15), { UPSTREAM_HEADERS_TIMEOUT_MS: "300" }],
  });

  test.each([300, 1_200])("of %i ms ends the wait for an answer, which is not retried", (timeoutMs) =>
    expectTimeout(`The upstream did not answer within ${timeoutMs} ms.`, around(timeoutMs), outcomeOf(timeoutMs)),
  );

  test.each(calls)("holds for $field", async ({ field }) => {
    const { body, upstream } = await outcomeOf(field);
    expect(body.data).toEqual({ [field]: null });
    expect(body.errors).toMatchObject([{ path: [field], extensions: { code: "UPSTREAM_TIMEOUT" } }]);
    expect(upstream.requests).toHaveLength(1);
    await upstream.requests[0]?.closed;
  });

  test("does not count the body", async () => {
    const { body } = await outcomeOf("body");
    expect(body).toEqual({ data: { chat: { text: "hello" } } });
  });
});

describe("UPSTREAM_IDLE_TIMEOUT_MS", () => {
  const fallsSilent: Answer = (_, res) => res.writeHead(200).write(answerText.slice(0, 9));
  const outcomeOf = askTogether({
    300: [fallsSilent, { UPSTREAM_IDLE_TIMEOUT_MS: "300" }],
    1200: [fallsSilent, { UPSTREAM_IDLE_TIMEOUT_MS: "1200" }],
    drip: [drip(20), { UPSTREAM_IDLE_TIMEOUT_MS: "700" }],
  });

  test.each([300, 1_200])("of %i ms ends a silence inside the answer, which is not retried", (timeoutMs) =>
    expectTimeout(
      `The upstream fell silent for ${timeoutMs} ms in its answer.`,
      around(timeoutMs),
      outcomeOf(timeoutMs),
    ),
  );

  test("starts anew with every byte", async () => {
    const { body, tookMs } = await outcomeOf("drip");
    expect(body).toEqual({ data: { chat: { text: "hello" } } });
    expect(tookMs).toBeGreaterThan(1_500);
  });
});

describe("UPSTREAM_TOTAL_TIMEOUT_MS", () => {
  const environment = { UPSTREAM_TOTAL_TIMEOUT_MS: "400" };
  const message = "The upstream took longer than 400 ms in all.";

  test("ends the wait for an answer", () => expectTimeout(message, [395, 800], ask(silence, environment)));

  test("ends an answer that drips and never falls silent", () =>
    expectTimeout(message, [395, 800], ask(drip(20), environment)));

  test("ends a second attempt, which has no time of its own", () => {
    const answer = inTurn(failure(503, {}, { "retry-after-ms": "250" }), silence);
    return expectTimeout(message, [395, 800], ask(answer, environment), 2);
  });

  test("ends an error answer that drips", () => {
    const dripping: Answer = (_, res) => res.writeHead(400).write("{");
    return expectTimeout(message, [395, 800], ask(dripping, environment));
  });

  test("leaves what is in time alone, and the next call after a timeout", async () => {
    const { server } = await startServed(inTurn(silence, json(chatAnswer)), environment);
    expect((await server.query(chat)).body.errors).toMatchObject([{ extensions: { code: "UPSTREAM_TIMEOUT" } }]);
    expect((await server.query(chat)).body).toEqual({ data: { chat: { text: "hello" } } });
  });
});

describe("a deadline", () => {
  test("counts down, and ends a wait with its own error", async () => {
    const deadline = new Deadlines(50).start(new AbortController().signal);
    expect(deadline.remainingMs()).toBeLessThanOrEqual(50);
    await expect(deadline.sleep(10_000)).rejects.toMatchObject({ name: "OpenAIError", reason: "timeout" });
    expect(deadline.remainingMs()).toBeLessThanOrEqual(1);
  });

  test("ends a wait with the caller's reason", async () => {
    const caller = new AbortController();
    const deadline = new Deadlines(10_000).start(caller.signal);
    const wait = deadline.sleep(10_000);
    caller.abort("gone");
    await expect(wait).rejects.toBe("gone");
    deadline.end();
  });

  test("that has ended is never up and follows nobody", async () => {
    const caller = new AbortController();
    const deadline = new Deadlines(1).start(caller.signal);
    deadline.end();
    caller.abort();
    await deadline.sleep(20);
    expect(deadline.over).toBeUndefined();
  });

  test("is up in its own time, with those that have started before it or after", async () => {
    const deadlines = new Deadlines(60);
    const start = () => deadlines.start(new AbortController().signal);
    const [ended, first] = [start(), start()];
    ended.end();
    await first.sleep(30);
    const second = start();
    const waits = [first, second].map(async (deadline) => {
      const restMs = deadline.remainingMs();
      const startedAt = performance.now();
      await expect(deadline.sleep(10_000)).rejects.toMatchObject({ reason: "timeout" });
      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(restMs - 2);
    });
    await waits[0];
    expect(second.over).toBeUndefined();
    await waits[1];
    expect(ended.over).toBeUndefined();
  });

  test("is up for all that have started together", async () => {
    const deadlines = new Deadlines(20);
    const started = Array.from({ length: 100 }, () => deadlines.start(new AbortController().signal));
    const waits = await Promise.allSettled(started.map((deadline) => deadline.sleep(10_000)));
    expect(waits.every(({ status }) => status === "rejected")).toBe(true);
  });
});
