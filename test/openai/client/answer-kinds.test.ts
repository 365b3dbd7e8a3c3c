// Answers that are neither JSON nor small events: bytes, text and large events; and requests that are neither GET nor POST.
import { describe, expect, test } from "vitest";
import type { OpenAIEvent } from "../../../src/openai/client/client.ts";
import { defineEndpoint, type UpstreamRequest } from "../../../src/openai/client/endpoint.ts";
import { Repeat } from "../../../src/openai/client/events/event-form.ts";
import { OpenAIError } from "../../../src/openai/client/failures/errors.ts";
import { openGuarded, signal } from "../../support/guarded.ts";
import { event, streams, write } from "../../support/stream.ts";
import { type Answer, failure, inTurn, json, startUpstream } from "../../support/upstream.ts";

const paid = {
  method: "POST",
  modelIn: "body",
  isPaid: true,
  operationName: "hum",
  estimate: () => ({ prompt: 1, output: 9, choices: 1, isCapped: true }),
  readUsage: () => undefined,
  countOutput: () => undefined,
  hasOutput: () => true,
} as const;

const HUM = defineEndpoint({
  ...paid,
  path: "/hum",
  readBytes: (bytes: Uint8Array, type: string) => ({ hex: Buffer.from(bytes).toString("hex"), type }),
});
const WORDS = defineEndpoint({
  ...paid,
  path: "/words",
  readText: (text: string, { json: body }: UpstreamRequest) =>
    (body as { as?: string }).as === "text" ? text : undefined,
  toEvent: (answer: unknown) => ({ whole: answer }),
});
const PICTURES = defineEndpoint({ ...paid, path: "/pictures", hasLargeEvents: true });
const POEM = defineEndpoint({
  method: "DELETE",
  path: "/poems/{id}",
  modelIn: "nowhere",
  isPaid: false,
  isShared: false,
});

const bytes = (type: string | undefined, ...pieces: Buffer[]): Answer => {
  return async (_, res) => {
    res.writeHead(200, type === undefined ? {} : { "content-type": type });
    for (const piece of pieces) await write(res, piece);
    res.end();
  };
};
const text = (body: string, type = "text/plain; charset=utf-8") => bytes(type, Buffer.from(body));

/** The value of a whole answer, and the events of the same answer read as a stream; or what reading it throws. */
async function read(answer: Answer, endpoint: typeof HUM, body = {}) {
  const upstream = await startUpstream(answer);
  const { operate } = openGuarded(upstream.url);
  const request = { endpoint, json: { model: "m", ...body } };
  const whole = await operate((client) => client.request(request, signal())).catch(describeError);
  const events: OpenAIEvent[] = [];
  const streaming = operate((client) =>
    client.stream(request, signal(), (batch) => {
      for (const one of batch) events.push(one instanceof Repeat ? one.toEvent() : one);
      return undefined;
    }),
  );
  const failed = await streaming.then(() => undefined, describeError);
  return { whole, events, failed };
}

function describeError(error: unknown): string {
  if (error instanceof OpenAIError) return `${error.reason}: ${error.message}`;
  throw error;
}

describe("bytes", () => {
  const mp3 = Buffer.from("494433fff3", "hex");
  const brace = Buffer.from("7b22000100", "hex");

  test.each([
    ["of a sound", "audio/mpeg", mp3],
    ["with parameters in their type", "Audio/MPEG; rate=24000", mp3],
    ["of no known type", "application/octet-stream", mp3],
    ["of no type", undefined, mp3],
    ["that begin as JSON does", "audio/pcm", brace],
    ["that begin as a page does", "audio/pcm", Buffer.from("<!")],
    ["that are one byte", "audio/pcm", Buffer.from([0x20])],
  ])("%s come as they are", async (_, type, sent) => {
    const event = { hex: sent.toString("hex"), type: type ?? "" };
    expect(await read(bytes(type, sent), HUM)).toEqual({ whole: event, events: [event], failed: undefined });
  });

  test("come piece by piece in a stream, and joined in a whole answer", async () => {
    const { whole, events } = await read(bytes("audio/wav", mp3, brace), HUM);
    const hex = mp3.toString("hex") + brace.toString("hex");
    expect(whole).toEqual({ hex, type: "audio/wav" });
    expect(events.map((one) => one.hex).join("")).toBe(hex);
  });

  test("may be none", async () => {
    const none = { hex: "", type: "audio/wav" };
    expect(await read(bytes("audio/wav"), HUM)).toEqual({ whole: none, events: [], failed: undefined });
  });

  test("that are events are read as events, whatever their type", async () => {
    const answer = bytes("audio/mpeg", Buffer.from(event({ delta: "a" })));
    expect(await read(answer, HUM)).toEqual({ whole: { delta: "a" }, events: [{ delta: "a" }], failed: undefined });
  });

  test.each([
    ["an error of JSON", json({ error: { message: "no such voice", type: "x" } }), /^status: no such voice/],
    ["a page", text("<html>busy</html>", "text/html"), /^invalid_response: /],
    ["an error's status", failure(400, { message: "bad voice" }), /^status: bad voice/],
  ])("are not %s", async (_, answer, problem) => {
    const { whole, events, failed } = await read(answer, HUM);
    expect([whole, failed]).toEqual([expect.stringMatching(problem), expect.stringMatching(problem)]);
    expect(events).toEqual([]);
  });

  test("that are cut are interrupted, after what has come", async () => {
    const cut: Answer = async (_, res) => {
      res.writeHead(200, { "content-type": "audio/mpeg", "content-length": "100" });
      await write(res, mp3);
      res.destroy();
    };
    const { whole, events, failed } = await read(cut, HUM);
    expect(whole).toMatch(/^interrupted: /);
    expect(failed).toMatch(/^interrupted: /);
    expect(events).toEqual([{ hex: mp3.toString("hex"), type: "audio/mpeg" }]);
  });

  test("over the limit end the call", async () => {
    const { whole, failed } = await read(bytes("audio/mpeg", Buffer.alloc(60_000), Buffer.alloc(60_000)), HUM);
    expect([whole, failed]).toEqual([expect.stringMatching(/large|most/), expect.stringMatching(/large|most/)]);
  });
});

describe("text", () => {
  test.each([
    "Hello there.",
    "WEBVTT\n\n00:00.000 --> 00:01.000\nHi\n",
    "",
    "1984",
    '"quoted"',
    "null",
    "[Music]",
    "{",
  ])("%j is the value of an answer that is asked for as text", async (words) => {
    expect(await read(text(words), WORDS, { as: "text" })).toEqual({
      whole: words,
      events: [{ whole: words }],
      failed: undefined,
    });
  });

  test("that is a JSON object is that object", async () => {
    const { whole } = await read(text('{"data": ["Hi"]}'), WORDS, { as: "text" });
    expect(whole).toEqual({ data: ["Hi"] });
  });

  test.each([
    ["where JSON is asked for", text("Hello"), {}],
    ["that is a page", text("<!DOCTYPE html><p>busy", "text/plain"), { as: "text" }],
    ["that is said to be a page", text("busy", "text/html"), { as: "text" }],
  ])("%s is no answer", async (_, answer, body) => {
    const { whole, failed } = await read(answer, WORDS, body);
    expect([whole, failed]).toEqual([expect.stringMatching(/^invalid/), expect.stringMatching(/^invalid/)]);
  });
});

describe("an event of over 8 MiB", () => {
  const large = { picture: "A".repeat(9 * 2 ** 20) };
  const room = { maxUpstreamBytes: 20 * 2 ** 20 };

  test.each([
    ["comes whole where an endpoint says that it has such", PICTURES, [large.picture.length], undefined],
    [
      "ends the stream of any other",
      HUM,
      [],
      "invalid_response: The upstream sent an event of over 8388608 characters.",
    ],
  ])("%s", async (_, endpoint, lengths, problem) => {
    const upstream = await startUpstream(streams(event(large)));
    const { operate } = openGuarded(upstream.url, {}, room);
    const seen: number[] = [];
    const streaming = operate((client) =>
      client.stream({ endpoint, json: {} }, signal(), (batch) => {
        for (const one of batch as OpenAIEvent[]) seen.push(String(one.picture).length);
        return undefined;
      }),
    );
    expect(await streaming.then(() => undefined, describeError)).toBe(problem);
    expect(seen).toEqual(lengths);
  });
});

describe("DELETE", () => {
  const request = { endpoint: POEM, pathParameters: { id: "a/b" }, query: { for: "good" } };

  test("sends no body, and its query", async () => {
    const upstream = await startUpstream(json({ deleted: true }));
    const { operate } = openGuarded(upstream.url);
    expect(await operate((client) => client.request(request, signal()))).toEqual({ deleted: true });
    expect(upstream.requests).toMatchObject([{ method: "DELETE", path: "/v1/poems/a%2Fb?for=good" }]);
    expect(upstream.requests[0]?.body.length).toBe(0);
  });

  test("is sent once more after a hang-up: it costs nothing", async () => {
    const hangUp: Answer = (_, res) => res.destroy();
    const upstream = await startUpstream(inTurn(hangUp, json({ deleted: true })));
    const { operate } = openGuarded(upstream.url, {}, { maxRetries: 1 });
    expect(await operate((client) => client.request(request, signal()))).toEqual({ deleted: true });
    expect(upstream.requests).toHaveLength(2);
  });
});
