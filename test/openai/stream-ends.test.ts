// The two ends of a stream: complete, or an error with a code after the text so far. Never both, never a third.
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import {
  chunk,
  completeText,
  done,
  event,
  hello,
  startStreaming,
  streamOf,
  streams,
  streamsThen,
} from "../support/stream.ts";
import { subscribeSse, summary, transports } from "../support/subscribe.ts";
import type { Answer } from "../support/upstream.ts";

const half = event(chunk("Hel"));
const full = half + event(chunk("lo", "stop"));
const first = (finish_reason: string | null = null) => event(chunk("a", finish_reason, 0));
const second = (finish_reason: string | null = null) => event(chunk("b", finish_reason, 1));
const unnumbered = (...reasons: (string | null)[]) =>
  event({ choices: reasons.map((finish_reason) => ({ delta: { content: "a" }, finish_reason })) });

/** Writes an answer past Node's HTTP and ends the connection. */
function bytes(text: string): Answer {
  return (_, __, req) => void req.socket.end(text);
}
const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";
const httpChunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

describe.each(transports)("over $transport", ({ subscribe }) => {
  const end = async (answer: Answer) => {
    const { upstream, server } = await startStreaming(answer);
    const subscription = await subscribe(server.url);
    const told = await summary(subscription);
    expect(upstream.requests).toHaveLength(1);
    expect(server.faults).toEqual([]);
    return { told, results: subscription.results };
  };

  test.each<[string, Answer, string[]]>([
    ["[DONE]", streams(hello), ["Hel", "lo"]],
    ["[DONE] alone", streams(done), []],
    ["[DONE] without a finish_reason", streams(half, done), ["Hel"]],
    [
      "[DONE], whatever breaks after it",
      streamsThen(full + done, (_, socket) => socket.resetAndDestroy()),
      ["Hel", "lo"],
    ],
    ["a clean end after the finish_reason", streams(full), ["Hel", "lo"]],
    [
      "a clean end after the finish_reason and the usage",
      streams(full, event({ choices: [], usage: {} })),
      ["Hel", "lo", null],
    ],
    [
      "a clean end after both choices' finish_reasons",
      streams(first(), second("stop"), first("length")),
      ["a", null, "a"],
    ],
    ["a clean end after the finish_reasons of choices without numbers", streams(unnumbered("stop", "stop")), ["a"]],
    [
      "the end of the connection, where that ends the answer",
      bytes(`${head}connection: close\r\n\r\n${full}`),
      ["Hel", "lo"],
    ],
  ] as [string, Answer, string[]][])("a stream is complete with %s", async (_, answer, texts) => {
    const { told, results } = await end(answer);
    expect(told).toEqual([...texts, "complete"]);
    expect(results.every(({ errors }) => errors === undefined)).toBe(true);
  });

  test.each<[string, Answer, (string | null)[]]>([
    ["a clean end without a finish_reason", streams(half), ["Hel"]],
    ["a clean end before the first event", streams(""), []],
    ["a clean end after comments", streams(": hi\n\n", ": hi\n\n"), []],
    ["a clean end after the usage alone", streams(event({ choices: [], usage: {} })), [null]],
    ["a clean end with one of two choices finished", streams(first(), second("stop")), ["a", null]],
    ["a clean end with one of two choices finished that have no numbers", streams(unnumbered("stop", null)), ["a"]],
    ["a clean end in the middle of an event", streams(half, event(chunk("lo")).slice(0, 20)), ["Hel"]],
    ["a clean end in the middle of [DONE]", streams(half, "data: [DO"), ["Hel"]],
    [
      "a clean end in the middle of a character",
      streams(half, Buffer.from(event(chunk("ü"))).subarray(0, 60)),
      ["Hel"],
    ],
    ["a hang-up", streamsThen(half, (res) => res.destroy()), ["Hel"]],
    ["a hang-up after the finish_reason", streamsThen(full, (res) => res.destroy()), ["Hel", "lo"]],
    ["a hang-up before the first event", streamsThen("", (res) => res.destroy()), []],
    ["a reset", streamsThen(half, (_, socket) => socket.resetAndDestroy()), ["Hel"]],
    ["a reset before the first event", streamsThen("", (_, socket) => socket.resetAndDestroy()), []],
    ["an orderly end inside a chunk", bytes(`${head}transfer-encoding: chunked\r\n\r\nfff\r\n${half}`), ["Hel"]],
    ["an orderly end between chunks", bytes(`${head}transfer-encoding: chunked\r\n\r\n${httpChunk(half)}`), ["Hel"]],
    ["an orderly end before the counted length", bytes(`${head}content-length: 9999\r\n\r\n${half}`), ["Hel"]],
    [
      "the end of the connection, where that ends the answer",
      bytes(`${head}connection: close\r\n\r\n${half}`),
      ["Hel"],
    ],
    ["a broken HTTP chunk", bytes(`${head}transfer-encoding: chunked\r\n\r\n${httpChunk(half)}zz\r\n`), ["Hel"]],
  ])("a stream is interrupted by %s", async (name, answer, texts) => {
    const { told, results } = await end(answer);
    const code = name === "a broken HTTP chunk" ? "UPSTREAM_INVALID_RESPONSE" : "UPSTREAM_INTERRUPTED";
    expect(told).toEqual([...texts, code, "complete"]);
    const [error, ...others] = results.at(-1).errors;
    expect(results.at(-1)).toEqual({ errors: [error] });
    expect(error).toMatchObject({ message: expect.stringMatching(/^The upstream's answer /), extensions: { code } });
    expect(others).toEqual([]);
  });
});

describe("all that came before a cut is given out before the error, in its order,", () => {
  const texts = Array.from({ length: 500 }, (_, place) => String(place));
  const written = (leave: (socket: Socket) => unknown) =>
    streamsThen("", async (res, socket) => {
      const last = texts.map((text) => new Promise((resolve) => res.write(event(chunk(text)), resolve))).at(-1);
      await last;
      leave(socket);
    });

  test.each<[string, Answer]>([
    [
      "where it came in one piece",
      streamsThen(texts.map((text) => event(chunk(text))).join(""), (res) => res.destroy()),
    ],
    ["where it came in many, before a hang-up", written((socket) => socket.destroy())],
    ["where it came in many, before a reset", written((socket) => socket.resetAndDestroy())],
    ["where it came in many, before an orderly end", written((socket) => socket.end())],
  ])("%s", async (_, answer) => {
    const { server } = await startStreaming(answer);
    for (let call = 0; call < 5; call++) {
      expect(await summary(await subscribeSse(server.url))).toEqual([...texts, "UPSTREAM_INTERRUPTED", "complete"]);
    }
  });
});

test("a completion's stream ends by the same rules", async () => {
  const piece = (finish_reason: string | null) => event({ choices: [{ index: 0, text: "a", finish_reason }] });
  const { upstream, server } = await startStreaming(streams(piece("stop")));
  expect(await summary(await subscribeSse(server.url, completeText))).toEqual(["a", "complete"]);
  upstream.answer = streams(piece(null));
  expect(await summary(await subscribeSse(server.url, completeText))).toEqual([
    "a",
    "UPSTREAM_INTERRUPTED",
    "complete",
  ]);
});

test("with OPERATION_TOO_COMPLEX where an event would be longer than an answer may be, and the upstream call ends too", async () => {
  const { upstream, server } = await startStreaming(
    streamsThen(event(chunk("x".repeat(7_000_000))), () => {}),
    {
      MAX_ALIASES: "100",
    },
  );
  const fields = Array.from({ length: 90 }, (_, place) => `a${place}: text`).join(" ");
  const subscription = await subscribeSse(server.url, streamOf(fields));
  expect(await summary(subscription)).toEqual(["OPERATION_TOO_COMPLEX", "complete"]);
  await upstream.requests[0]?.closed;
});
