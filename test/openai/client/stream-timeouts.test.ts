// Silence of the upstream, and failures before the first token: how long the server waits, and what it tries again.
import { describe, expect, test } from "vitest";
import { shared } from "../../support/lifetime.ts";
import { chunk, event, hello, openStream, startStreaming, streams, streamsThen } from "../../support/stream.ts";
import { type Subscribe, subscribeSse, summary, transports } from "../../support/subscribe.ts";
import { type Answer, failure, inTurn } from "../../support/upstream.ts";

const half = event(chunk("Hel"));
const soon = { "retry-after-ms": "1" };
const failed = { message: "worker-7 crashed" };

/** Writes `text` every 20 ms for ever. */
function repeats(text: string, before = ""): Answer {
  return streamsThen(before, (res) => {
    const timer = setInterval(() => res.write(text), 20);
    res.once("close", () => clearInterval(timer));
  });
}

/** undici's timers tick twice a second: half a second early, one and a half late. */
const LATE_MS = 2_500;

/** An answer, the texts that come of it, the server's configuration, and the error's message. */
const timeouts: [string, Answer, string[], Record<string, string>, string][] = [
  [
    "where the head never comes",
    () => {},
    [],
    { UPSTREAM_HEADERS_TIMEOUT_MS: "500" },
    "The upstream did not answer within 500 ms.",
  ],
  [
    "where nothing follows the head",
    streamsThen("", () => {}),
    [],
    { UPSTREAM_IDLE_TIMEOUT_MS: "500" },
    "The upstream fell silent for 500 ms in its answer.",
  ],
  [
    "where nothing follows an event",
    streamsThen(half, () => {}),
    ["Hel"],
    { UPSTREAM_IDLE_TIMEOUT_MS: "500" },
    "The upstream fell silent for 500 ms in its answer.",
  ],
  [
    "where nothing follows half an event",
    streamsThen(half + half.slice(0, 9), () => {}),
    ["Hel"],
    { UPSTREAM_IDLE_TIMEOUT_MS: "500" },
    "The upstream fell silent for 500 ms in its answer.",
  ],
  [
    "where comments follow for ever",
    repeats(": OPENROUTER PROCESSING\n\n", half),
    ["Hel"],
    { UPSTREAM_IDLE_TIMEOUT_MS: "5000", UPSTREAM_TOTAL_TIMEOUT_MS: "600" },
    "The upstream took longer than 600 ms in all.",
  ],
  [
    "where comments come for ever, and nothing else",
    repeats(":\n\n"),
    [],
    { UPSTREAM_TOTAL_TIMEOUT_MS: "600" },
    "The upstream took longer than 600 ms in all.",
  ],
  [
    "where the head never comes within the total time",
    () => {},
    [],
    { UPSTREAM_TOTAL_TIMEOUT_MS: "600" },
    "The upstream took longer than 600 ms in all.",
  ],
];

/** Streams one chat to its end, which its case awaits later: what came, and how long it took. */
function watch({ server }: Awaited<ReturnType<typeof startStreaming>>, subscribe: Subscribe) {
  const began = performance.now();
  const ended = subscribe(server.url).then(async (subscription) => {
    const told = await summary(subscription);
    return { told, results: subscription.results, tookMs: performance.now() - began };
  });
  ended.catch(() => {});
  return ended;
}

describe.each(transports)(
  "over $transport, UPSTREAM_TIMEOUT ends a stream, after the text so far,",
  ({ subscribe }) => {
    /** All streams at the same time, each on a server of its own: their cases wait together. */
    const streaming = shared(
      async () => {
        const served = timeouts.map(([, answer, , environment]) => startStreaming(answer, environment));
        return (await Promise.all(served)).map((running) => ({ ...running, ended: watch(running, subscribe) }));
      },
      { goesOn: true },
    );

    test.each(timeouts.map(([name, , texts, , message], number) => [name, texts, message, number] as const))(
      "%s",
      async (_, texts, message, number) => {
        const { upstream, server, ended } = streaming()[number] ?? expect.fail();
        const { told, results, tookMs } = await ended;
        expect(told).toEqual([...texts, "UPSTREAM_TIMEOUT", "complete"]);
        expect(results.at(-1).errors).toMatchObject([{ message: `${message} This call may have been paid for.` }]);
        expect(tookMs).toBeLessThan(LATE_MS);
        await upstream.requests[0]?.closed;
        expect(upstream.requests).toHaveLength(1);
        expect(server.faults).toEqual([]);
      },
    );
  },
);

test("UPSTREAM_TOTAL_TIMEOUT_MS ends a stream that goes on for ever", async () => {
  const { upstream, server } = await startStreaming(repeats(half), { UPSTREAM_TOTAL_TIMEOUT_MS: "600" });
  const told = await summary(await subscribeSse(server.url));
  expect(told.length).toBeGreaterThan(10);
  expect(told.slice(-3)).toEqual(["Hel", "UPSTREAM_TIMEOUT", "complete"]);
  await upstream.requests[0]?.closed;
});

describe("not ended by a timeout", () => {
  /** Both streams at the same time: their cases wait together. */
  const streaming = shared(
    async () => {
      const [commented, late] = await Promise.all([
        startStreaming(
          streamsThen("", (res) => {
            let comments = 0;
            const timer = setInterval(() => {
              if (comments++ < 150) res.write(":\n\n");
              else res.end(hello);
            }, 20);
            res.once("close", () => clearInterval(timer));
          }),
          { UPSTREAM_IDLE_TIMEOUT_MS: "1000" },
        ),
        startStreaming(
          async (_, res) => {
            openStream(res);
            const timer = setTimeout(() => res.end(hello), 2_000);
            res.once("close", () => clearTimeout(timer));
          },
          { UPSTREAM_HEADERS_TIMEOUT_MS: "500" },
        ),
      ]);
      return { commented: watch(commented, subscribeSse), late: watch(late, subscribeSse) };
    },
    { goesOn: true },
  );

  test("UPSTREAM_IDLE_TIMEOUT_MS does not end a stream that is slower in all, comments being enough", async () => {
    expect((await streaming().commented).told).toEqual(["Hel", "lo", "complete"]);
  });

  test("UPSTREAM_HEADERS_TIMEOUT_MS does not count what follows the head", async () => {
    expect((await streaming().late).told).toEqual(["Hel", "lo", "complete"]);
  });
});

describe.each(transports)("over $transport, a failure before the first token", ({ subscribe }) => {
  test.each<[string, Answer]>([
    ["status 429", failure(429, failed, soon)],
    ["status 500", failure(500, failed, soon)],
    ["status 503 with a page", (_, res) => res.writeHead(503, { "content-type": "text/html", ...soon }).end("<html>")],
    [
      "status 503 that claims to be a stream",
      (_, res) => res.writeHead(503, { "content-type": "text/event-stream", ...soon }).end(event({ error: failed })),
    ],
  ])("that may pass is tried again: %s", async (_, answer) => {
    const { upstream, server } = await startStreaming(inTurn(answer, streams(hello)));
    expect(await summary(await subscribe(server.url))).toEqual(["Hel", "lo", "complete"]);
    expect(upstream.requests).toHaveLength(2);
    expect(upstream.requests[1]?.json()).toEqual(upstream.requests[0]?.json());
  });

  test.each<[string, Answer, number, string, string]>([
    [
      "status 400",
      failure(400, { message: "The prompt is too long." }),
      1,
      "UPSTREAM_BAD_REQUEST",
      "The prompt is too long.",
    ],
    [
      "status 401",
      failure(401, { message: "No." }),
      1,
      "UPSTREAM_UNAUTHENTICATED",
      "The upstream does not accept this server's credentials (status 401). The server's operator has to act; the server's log has the reason.",
    ],
    [
      "a reset",
      (_, __, req) => req.socket.resetAndDestroy(),
      1,
      "UPSTREAM_UNAVAILABLE",
      "The upstream hung up before it answered. This call may have been paid for.",
    ],
    ["status 404", failure(404, { message: "No such model." }), 1, "UPSTREAM_NOT_FOUND", "No such model."],
    [
      "status 429 again and again",
      failure(429, { message: "Slow down." }, soon),
      3,
      "UPSTREAM_RATE_LIMITED",
      "Slow down.",
    ],
    [
      "a used-up quota",
      failure(429, { message: "No more.", code: "insufficient_quota" }),
      1,
      "UPSTREAM_QUOTA_EXCEEDED",
      "No more.",
    ],
    ["status 500 again and again", failure(500, failed, soon), 3, "UPSTREAM_ERROR", failed.message],
  ])("that stays is the ordinary error: %s", async (_, answer, attempts, code, message) => {
    const { upstream, server } = await startStreaming(answer);
    const subscription = await subscribe(server.url);
    expect(await summary(subscription)).toEqual([code, "complete"]);
    expect(subscription.results[0].errors).toMatchObject([{ message }]);
    expect(upstream.requests).toHaveLength(attempts);
    expect(server.faults).toEqual([]);
  });
});

describe("after the head of a stream nothing is tried again:", () => {
  test.each<[string, Answer, string[]]>([
    ["a break", streamsThen(half, (res) => res.destroy()), ["Hel", "UPSTREAM_INTERRUPTED"]],
    ["a break before the first event", streamsThen("", (res) => res.destroy()), ["UPSTREAM_INTERRUPTED"]],
    [
      "a rate limit",
      streams(half, event({ error: { message: "Slow down.", code: 429 } })),
      ["Hel", "UPSTREAM_RATE_LIMITED"],
    ],
    ["a failure in the first event", streams(event({ error: failed })), ["UPSTREAM_ERROR"]],
  ])("%s", async (_, answer, told) => {
    const { upstream, server } = await startStreaming(inTurn(answer, streams(hello)));
    expect(await summary(await subscribeSse(server.url))).toEqual([...told, "complete"]);
    expect(upstream.requests).toHaveLength(1);
  });
});
