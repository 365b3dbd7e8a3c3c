// Subscription.speak: the pieces of a sound, whose base64 can be joined, and its one end.
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { startServed } from "../../support/served-upstream.ts";
import { noise, openSound, sound, wav } from "../../support/sounds.ts";
import { done, event, noticed, openStream, streams, streamsThen, write } from "../../support/stream.ts";
import { type Result, type Subscription, subscribeSse, transports } from "../../support/subscribe.ts";
import { type Answer, failure, json } from "../../support/upstream.ts";

const query = `subscription ($input: SpeakInput!) {
  speak(input: $input) { index data contentType usage { inputTokens outputTokens totalTokens } }
}`;
const input = { model: "gpt-4o-mini-tts", input: "Hello!", voice: "alloy" };
const usage = { input_tokens: 3, output_tokens: 20, total_tokens: 23 };
const told = { inputTokens: 3, outputTokens: 20, totalTokens: 23 };
const delta = (bytes: Uint8Array) =>
  event({ type: "speech.audio.delta", audio: Buffer.from(bytes).toString("base64") });
const end = event({ type: "speech.audio.done", usage });

/** The chunks, then the codes of the errors, then how it ended. */
async function outcome({ results, ended }: Subscription) {
  const end = await ended;
  const codes = results.flatMap(({ errors }) => (errors ?? []).map((error: Result) => error.extensions.code));
  const chunks: Result[] = results.flatMap(({ data, errors }) => (errors ? [] : [data.speak]));
  return { chunks, end: [...codes, end] };
}

/** Checks what is promised of every stream, and yields its bytes. */
function joined(chunks: Result[]): Buffer {
  expect(chunks.map(({ index }) => index)).toEqual(chunks.map((_, place) => place));
  for (const [place, { data, usage: used }] of chunks.entries()) {
    expect(data).not.toBe("");
    if (place === chunks.length - 1) continue;
    expect([data.includes("="), used]).toEqual([false, null]);
  }
  expect(new Set(chunks.map(({ contentType }) => contentType)).size).toBe(1);
  return Buffer.from(chunks.map(({ data }) => data).join(""), "base64");
}

const bytes = wav(noise(500));
const each = [...bytes].map((byte) => Buffer.from([byte]));

describe.each(transports)("over $transport", ({ subscribe }) => {
  const run = async (answer: Answer, more: object = {}) => {
    const { upstream, server } = await startServed(answer);
    const result = await outcome(await subscribe(server.url, query, { input: { ...input, ...more } }));
    expect(upstream.requests).toHaveLength(1);
    expect(server.faults).toEqual([]);
    return { ...result, sent: upstream.requests[0]?.json() };
  };

  test.each<[string, Answer, object | null]>([
    ["bytes", sound([bytes.subarray(0, 100), bytes.subarray(100)], "audio/wav"), null],
    ["bytes that come one by one", sound(each, "application/octet-stream"), null],
    ["bytes with a length", (_, res) => res.writeHead(200, { "content-type": "audio/wav" }).end(bytes), null],
    ["events", streams(delta(bytes.subarray(0, 100)), delta(bytes.subarray(100)), end), told],
    ["events of a byte each", streams(...each.map(delta), end), told],
    ["events with [DONE] after their end", streams(delta(bytes), end, done), told],
    ["events with [DONE] alone", streams(delta(bytes), done), null],
    [
      "events, and a connection that breaks after their end",
      streamsThen(delta(bytes) + end, (_, socket) => socket.destroy()),
      told,
    ],
    ["events that are not named", (_, res) => res.writeHead(200).end(delta(bytes) + end), told],
    [
      "a finish_reason",
      streams(
        event({ audio: { data: bytes.toString("base64") } }),
        event({ audio: null, finish_reason: "stop", usage }),
      ),
      told,
    ],
    ["a whole answer in place of a stream", json({ audio: bytes.toString("base64"), usage }), told],
  ])("%s: the pieces join, the last one has the usage, and the stream completes", async (_, answer, usageTold) => {
    const { chunks, end } = await run(answer);
    expect(joined(chunks).equals(bytes)).toBe(true);
    expect([chunks[0].contentType, chunks.at(-1).usage, end]).toEqual(["audio/wav", usageTold, ["complete"]]);
  });

  test("one byte is one piece", async () => {
    const { chunks, end } = await run(sound(Buffer.from([7]), ""), { responseFormat: "FLAC" });
    expect([chunks, end]).toEqual([[{ index: 0, data: "Bw==", contentType: "audio/flac", usage: null }], ["complete"]]);
  });

  test("the request is as the mutation's: nothing asks for a stream", async () => {
    expect((await run(sound(bytes))).sent).toEqual(input);
    expect((await run(sound(bytes), { streamFormat: "SSE" })).sent).toEqual({ ...input, stream_format: "sse" });
  });

  const cutChunks: Answer = async (_, res, req) => {
    openSound(res);
    await write(res, bytes);
    req.socket.destroy();
  };
  const cutLength: Answer = async (_, res, req) => {
    res.writeHead(200, { "content-type": "audio/wav", "content-length": 10_000 });
    await write(res, bytes);
    req.socket.end();
  };
  test.each<[string, Answer, number, string]>([
    ["bytes cut in chunks", cutChunks, 1, "UPSTREAM_INTERRUPTED"],
    ["bytes cut before their length", cutLength, 1, "UPSTREAM_INTERRUPTED"],
    ["events without an end", streams(delta(bytes)), 1, "UPSTREAM_INTERRUPTED"],
    ["half an event", streams(delta(bytes), 'data: {"type":"speech.au'), 1, "UPSTREAM_INTERRUPTED"],
    [
      "an error after pieces",
      streams(delta(bytes), event({ type: "speech.audio.error", error: { message: "no" } })),
      1,
      "UPSTREAM_ERROR",
    ],
    [
      "a piece that is not base64",
      streams(delta(bytes), event({ type: "speech.audio.delta", audio: "AAAA*AAA" }), delta(bytes), end),
      1,
      "UPSTREAM_INVALID_RESPONSE",
    ],
    [
      "a piece of base64 that is cut inside a byte",
      streams(delta(bytes), event({ type: "speech.audio.delta", audio: "AAAAA" }), end),
      1,
      "UPSTREAM_INVALID_RESPONSE",
    ],
    ["no sound", sound([], "audio/mpeg"), 0, "UPSTREAM_INVALID_RESPONSE"],
    ["the head of a WAV alone", sound(wav(Buffer.alloc(0)), "audio/wav"), 1, "UPSTREAM_INVALID_RESPONSE"],
    [
      "an error that is said to be a sound",
      (_, res) => res.writeHead(200, { "content-type": "audio/mpeg" }).end('{"error":{"message":"no"}}'),
      0,
      "UPSTREAM_ERROR",
    ],
    [
      "a page that is said to be a sound",
      (_, res) => res.writeHead(200, { "content-type": "audio/mpeg" }).end("<!doctype html><p>Sign in</p>"),
      0,
      "UPSTREAM_INVALID_RESPONSE",
    ],
    ["events without a sound", streams(end), 0, "UPSTREAM_INVALID_RESPONSE"],
    ["JSON without a sound", json({ id: "x" }), 0, "UPSTREAM_INVALID_RESPONSE"],
    [
      "a page",
      (_, res) => res.writeHead(200, { "content-type": "text/html" }).end("<html></html>"),
      0,
      "UPSTREAM_INVALID_RESPONSE",
    ],
    ["a refusal", failure(400, {}), 0, "UPSTREAM_BAD_REQUEST"],
  ])("%s: an error after the pieces so far, and no completion before it", async (_, answer, count, code) => {
    const { chunks, end } = await run(answer);
    expect([chunks.length, end]).toEqual([count, [code, "complete"]]);
  });

  test("what is refused here is not sent", async () => {
    const { upstream, server } = await startServed(sound(bytes));
    const { end } = await outcome(await subscribe(server.url, query, { input: { ...input, voice: null } }));
    expect([end[0], upstream.requests]).toEqual(["BAD_USER_INPUT", []]);
  });

  test("a client that leaves after a piece ends the upstream's work", async () => {
    const answer: Answer = async (_, res) => {
      openSound(res);
      await write(res, bytes);
    };
    const { upstream, server } = await startServed(answer);
    const subscription = await subscribe(server.url, query, { input });
    expect((await subscription.next()).data.speak.index).toBe(0);
    subscription.leave();
    await upstream.requests[0]?.closed;
  });

  test("a client that leaves a silent upstream ends its work", async () => {
    const { answer, arrived } = noticed((_, res) => openSound(res));
    const { upstream, server } = await startServed(answer);
    const subscribed = subscribe(server.url, query, { input });
    await arrived;
    (await subscribed).disconnect();
    await upstream.requests[0]?.closed;
  });
});

test("each piece leaves as it comes", async () => {
  let send: (bytes: Buffer) => Promise<void> = async () => {};
  const { answer, arrived } = noticed((_, res: ServerResponse) => {
    openSound(res, "audio/wav");
    send = (piece) => write(res, piece);
  });
  const { server } = await startServed(answer);
  const subscribing = subscribeSse(server.url, query, { input });
  await arrived;
  await send(bytes.subarray(0, 31));
  const subscription = await subscribing;
  const sizeOf = ({ data }: Result) => Buffer.from(data.speak.data, "base64").length;
  // Three bytes at most are held back.
  expect(sizeOf(await subscription.next())).toBe(30);
  await send(bytes.subarray(31, 34));
  expect(sizeOf(await subscription.next())).toBe(3);
  subscription.leave();
});

test("a large answer in place of a stream is cut into pieces", async () => {
  const large = wav(noise(1_000_000));
  const { server } = await startServed(json({ audio: large.toString("base64") }));
  const { chunks, end } = await outcome(await subscribeSse(server.url, query, { input }));
  expect(joined(chunks).equals(large)).toBe(true);
  expect([chunks.length, end]).toEqual([4, ["complete"]]);
});

test("pieces are not counted by their bytes", async () => {
  const pieces = Array.from({ length: 20 }, () => noise(60_000));
  const { server } = await startServed(sound(pieces), { MAX_UPSTREAM_VALUES: "1000" });
  const { chunks, end } = await outcome(await subscribeSse(server.url, query, { input }));
  expect(joined(chunks).equals(Buffer.concat(pieces))).toBe(true);
  expect(end).toEqual(["complete"]);
});

test("an event of several megabytes is taken", async () => {
  const large = wav(noise(9_000_000));
  const { server } = await startServed(streams(delta(large), end));
  const { chunks, end: ending } = await outcome(await subscribeSse(server.url, query, { input }));
  expect(joined(chunks).equals(large)).toBe(true);
  expect(ending).toEqual(["complete"]);
});

test("a stream above MAX_UPSTREAM_BYTES ends with an error after the pieces so far", async () => {
  const pieces = Array.from({ length: 40 }, () => noise(1_000));
  const { server } = await startServed(sound(pieces), { MAX_UPSTREAM_BYTES: "20000" });
  const { chunks, end } = await outcome(await subscribeSse(server.url, query, { input }));
  expect(chunks.length).toBeGreaterThan(0);
  expect(end).toEqual(["UPSTREAM_INVALID_RESPONSE", "complete"]);
});

test("an upstream that falls silent is a timeout", async () => {
  const answer: Answer = async (_, res) => {
    openStream(res);
    await write(res, delta(bytes));
  };
  const { server } = await startServed(answer, { UPSTREAM_IDLE_TIMEOUT_MS: "100" });
  const { chunks, end } = await outcome(await subscribeSse(server.url, query, { input }));
  expect([chunks.length, end]).toEqual([1, ["UPSTREAM_TIMEOUT", "complete"]]);
});

test("a slow reader holds the upstream", async () => {
  const piece = noise(64 * 1024);
  let written = 0;
  let stalled = () => {};
  const hasStalled = new Promise<void>((resolve) => {
    stalled = resolve;
  });
  const answer: Answer = (_, res) => {
    openSound(res);
    const go = () => {
      while (written < 400 && res.write(piece)) written++;
      // Nobody has taken anything for a while: the sockets are full.
      const timer = setTimeout(stalled, 500);
      res.once("drain", () => {
        clearTimeout(timer);
        go();
      });
    };
    go();
  };
  const { server } = await startServed(answer);
  const { res } = await subscribeSse(server.url, query, { input });
  res.pause();
  await hasStalled;
  // 26 MB would fit into no socket.
  expect(written).toBeLessThan(400);
});
