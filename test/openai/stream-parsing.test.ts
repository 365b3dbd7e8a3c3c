// One stream, cut and written in every way that the event stream format allows: clients always get the same.
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { readEventStream } from "../../src/openai/client/event-stream.ts";
import { Secrets } from "../../src/openai/client/secrets/secrets.ts";
import { done, event, openStream, startStreaming, streamOf, streams, streamsThen, write } from "../support/stream.ts";
import { subscribeSse, subscribeWs } from "../support/subscribe.ts";
import type { Answer } from "../support/upstream.ts";

const base = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1_700_000_000, model: "m-1" };
const events = [
  { ...base, choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }] },
  { ...base, choices: [{ index: 0, delta: { content: "Grüße, " }, finish_reason: null }] },
  { ...base, choices: [{ index: 1, delta: { content: "Second" }, finish_reason: null }] },
  { ...base, choices: [{ index: 0, delta: { content: '世界 🙂\r\n"data: x"\u2028' }, finish_reason: null }] },
  { ...base, choices: [{ index: 1, delta: null, finish_reason: "length" }] },
  { ...base, choices: [{ index: 0, finish_reason: "stop" }] },
  { ...base, choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } },
];
const canonical = events.map(event).join("") + done;
const fields = "id text textSoFar choices { index delta { role content } finishReason } usage { totalTokens }";
const bytes = Buffer.from(canonical);

/** The text in two pieces, with the first ending after the first occurrence of `part`. */
function cutAfter(part: string | Uint8Array, text: string | Uint8Array = bytes): Uint8Array[] {
  const whole = Buffer.from(text);
  const place = whole.indexOf(part) + part.length;
  if (place < part.length) throw new Error("not there");
  return [whole.subarray(0, place), whole.subarray(place)];
}

function cutEvery(size: number, text: string = canonical): Uint8Array[] {
  const whole = Buffer.from(text);
  return Array.from({ length: Math.ceil(whole.length / size) }, (_, part) =>
    whole.subarray(part * size, (part + 1) * size),
  );
}

/** The results one a line, and the end. */
async function receive(answer: Answer): Promise<string[]> {
  const { upstream, server } = await startStreaming(answer);
  const { results, ended } = await subscribeSse(server.url, streamOf(fields));
  const end = await ended;
  expect(upstream.requests).toHaveLength(1);
  expect(server.faults).toEqual([]);
  return [...results.map((result) => JSON.stringify(result.data?.chat ?? result)), end];
}

const head: Record<string, string> = { "content-type": "text/event-stream" };
const withHead =
  (headers: Record<string, string>): Answer =>
  (_, res) =>
    res.writeHead(200, headers).end(canonical);
const lines = (end: string) => canonical.replaceAll("\n", end);
const eachEvent = (edit: (text: string, place: number) => string) =>
  `${canonical.trimEnd().split("\n\n").map(edit).join("\n\n")}\n\n`;
const respace = (field: string) => `\n${canonical}`.replaceAll("\ndata: ", `\n${field}`);
const overLines = [...events.map((value) => JSON.stringify(value, null, 2)), "[DONE]"]
  .map(
    (text) =>
      `${text
        .split("\n")
        .map((line) => `data: ${line}`)
        .join("\n")}\n\n`,
  )
  .join("");

test.each<[string, Answer]>([
  ["event by event", streams(...events.map(event), done)],
  ["all in one piece", streams(canonical)],
  ["byte by byte", streams(...cutEvery(1))],
  ["in pieces of three bytes", streams(...cutEvery(3))],
  ["in pieces of 100 bytes", streams(...cutEvery(100))],
  ["in HTTP chunks of one byte that come at once", (_, res) => writeAtOnce(res, cutEvery(1))],
  ["all in one piece without a final newline", streams(canonical.trimEnd())],
  ["with one final newline", streams(canonical.slice(0, -1))],
  ["up to the end of its body, without [DONE]", streams(canonical.replace(done, ""))],
  ["without [DONE] and without a final newline", streams(canonical.replace(done, "").trimEnd())],
  ["cut after the first byte of ü", streams(...cutAfter(Buffer.from("ü").subarray(0, 1)))],
  ["cut after the second byte of 世", streams(...cutAfter(Buffer.from("世").subarray(0, 2)))],
  ["cut after the third byte of 🙂", streams(...cutAfter(Buffer.from("🙂").subarray(0, 3)))],
  ["with lines ended by CR", streams(lines("\r"))],
  ["with lines ended by CR, byte by byte", streams(...cutEvery(1, lines("\r")))],
  ["with lines ended by CRLF", streams(lines("\r\n"))],
  ["with lines ended by CRLF, byte by byte", streams(...cutEvery(1, lines("\r\n")))],
  ["with every CRLF cut in two", streams(...lines("\r\n").split(/(?<=\r)/))],
  ["with CRLF and no final newline", streams(lines("\r\n").trimEnd())],
  ["with CR, LF and CRLF in turn", streams(mixLineEnds(canonical))],
  ["with CR, LF and CRLF in turn, byte by byte", streams(...cutEvery(1, mixLineEnds(canonical)))],
  ["after a byte order mark", streams(`\uFEFF${canonical}`)],
  ["after a byte order mark that is cut in two", streams(...cutAfter(Buffer.of(0xef), `\uFEFF${canonical}`))],
  ["without a space after the colon", streams(respace("data:"))],
  ["with two spaces after the colon", streams(respace("data:  "))],
  ["with data over several lines", streams(overLines)],
  ["with data over several lines, in pieces of seven bytes", streams(...cutEvery(7, overLines))],
  ["with comments", streams(`: hi\n\n:\n${eachEvent((text) => `: OPENROUTER PROCESSING\n\n${text}`)}`)],
  ["with comments inside events", streams(eachEvent((text) => `:\n${text}\n: data: no`))],
  ["with ids", streams(eachEvent((text, place) => `id: ${place}\n${text}`))],
  ["with retry", streams(`retry: 3000\n\n${eachEvent((text) => `retry: x\n${text}`)}`)],
  ["with `event: message`", streams(eachEvent((text) => `event: message\n${text}`))],
  ["with an event name after the data", streams(eachEvent((text) => `${text}\nevent: chunk`))],
  [
    "with events that have no data",
    streams(`event: ping\n\ndata:\n\ndata\n\n${eachEvent((text) => `data\n\n${text}`)}`),
  ],
  ["with fields that nobody knows", streams(eachEvent((text) => `x-trace: 1\n${text}\nfoo`))],
  ["with empty lines before each event", streams(eachEvent((text) => `\n\n\n${text}`))],
  ["with [DONE] between spaces", streams(canonical.replace("[DONE]", " [DONE]  "))],
  [
    "with events after [DONE]",
    streams(canonical + event({ id: "x", choices: [{ index: 0, delta: { content: "!" } }] })),
  ],
  ["with an error after [DONE]", streams(canonical, event({ error: { message: "late" } }))],
  ["with [DONE] and no end", streamsThen(canonical, () => {})],
  ["of a content type with a charset", withHead({ "content-type": "text/event-stream; charset=utf-8" })],
  ["of a content type in capitals", withHead({ "content-type": "Text/Event-Stream" })],
  ["of no content type", withHead({})],
  ["of the content type text/plain", withHead({ "content-type": "text/plain" })],
  ["of a counted length", withHead({ ...head, "content-length": String(bytes.length) })],
  ["from a connection that closes after it", withHead({ ...head, connection: "close" })],
  [
    "over HTTP/1.0",
    (_, res) => void res.socket?.end(`HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n${canonical}`),
  ],
  ["with status 201", (_, res) => res.writeHead(201, head).end(canonical)],
])("a stream %s is read", async (_, answer) => {
  expect(await receive(answer)).toMatchInlineSnapshot(`
    [
      "{"id":"chatcmpl-1","text":"","textSoFar":"","choices":[{"index":0,"delta":{"role":"ASSISTANT","content":""},"finishReason":null}],"usage":null}",
      "{"id":"chatcmpl-1","text":"Grüße, ","textSoFar":"Grüße, ","choices":[{"index":0,"delta":{"role":null,"content":"Grüße, "},"finishReason":null}],"usage":null}",
      "{"id":"chatcmpl-1","text":null,"textSoFar":"Grüße, ","choices":[{"index":1,"delta":{"role":null,"content":"Second"},"finishReason":null}],"usage":null}",
      "{"id":"chatcmpl-1","text":"世界 🙂\\r\\n\\"data: x\\" ","textSoFar":"Grüße, 世界 🙂\\r\\n\\"data: x\\" ","choices":[{"index":0,"delta":{"role":null,"content":"世界 🙂\\r\\n\\"data: x\\" "},"finishReason":null}],"usage":null}",
      "{"id":"chatcmpl-1","text":null,"textSoFar":"Grüße, 世界 🙂\\r\\n\\"data: x\\" ","choices":[{"index":1,"delta":{"role":null,"content":null},"finishReason":"LENGTH"}],"usage":null}",
      "{"id":"chatcmpl-1","text":null,"textSoFar":"Grüße, 世界 🙂\\r\\n\\"data: x\\" ","choices":[{"index":0,"delta":{"role":null,"content":null},"finishReason":"STOP"}],"usage":null}",
      "{"id":"chatcmpl-1","text":null,"textSoFar":"Grüße, 世界 🙂\\r\\n\\"data: x\\" ","choices":[],"usage":{"totalTokens":3}}",
      "complete",
    ]
  `);
});

test("a stream is read the same over WebSocket", async () => {
  const { server } = await startStreaming(streams(...cutEvery(5, lines("\r\n"))));
  const overSse = await subscribeSse(server.url, streamOf(fields));
  const overWebSocket = await subscribeWs(server.url, streamOf(fields));
  expect(await Promise.all([overSse.ended, overWebSocket.ended])).toEqual(["complete", "complete"]);
  expect(overWebSocket.results).toHaveLength(events.length);
  expect(overWebSocket.results).toEqual(overSse.results);
});

const noSecrets = new Secrets({ keys: [], addresses: [] });

describe("cut in two at any byte, a stream", () => {
  const read = async (pieces: Uint8Array[]) => {
    const left = pieces.map((piece) => [piece]);
    const values: unknown[] = [];
    const answer = { headers: {}, read: async () => left.shift(), forget() {} };
    const take = (objects: readonly unknown[]) => void values.push(...objects);
    const end = await readEventStream(answer, take, { secrets: noSecrets, maxValues: 1_000 });
    return [...values, end];
  };

  test.each(["\n", "\r", "\r\n"])("with lines ended by %j is read the same", async (end) => {
    const whole = Buffer.from(lines(end));
    for (let place = 0; place <= whole.length; place++) {
      expect(await read([whole.subarray(0, place), whole.subarray(place)])).toEqual([...events, "done"]);
    }
  });
});

describe("an event is passed on when its last line has ended, not when more has come:", () => {
  test.each(["\n", "\r", "\r\n"])("%j", async (end) => {
    const { server } = await startStreaming(async (_, res) => {
      openStream(res);
      for (const value of events) {
        await write(res, event(value).replaceAll("\n", end));
        await turn.taken;
      }
      res.end(done);
    });
    const turn = createTurns();
    const subscription = await subscribeSse(server.url, streamOf("text"));
    for (const _ of events) {
      expect(await subscription.next()).toBeDefined();
      turn.take();
    }
    expect(await subscription.ended).toBe("complete");
  });
});

/** Lets one side wait for the other. */
function createTurns() {
  const turns = { taken: Promise.resolve(), take: () => {} };
  const next = () => {
    turns.taken = new Promise((resolve) => {
      turns.take = () => {
        resolve();
        next();
      };
    });
  };
  next();
  return turns;
}

function mixLineEnds(text: string): string {
  const ends = ["\r", "\n", "\r\n"];
  let place = 0;
  // A CR before an LF would be one end of line.
  return text.replaceAll("\n\n", () => ["\r\r", "\n\n", "\r\n\r\n", "\n\r", "\r\n\n"][place++ % 5] ?? ends.join(""));
}

function writeAtOnce(res: ServerResponse, pieces: Uint8Array[]): void {
  openStream(res);
  // Past `res`: what Node 24 makes of many writes under cork() is not valid HTTP.
  const chunks = pieces.flatMap((piece) => [
    Buffer.from(`${piece.length.toString(16)}\r\n`),
    piece,
    Buffer.from("\r\n"),
  ]);
  res.socket?.end(Buffer.concat([...chunks, Buffer.from("0\r\n\r\n")]));
}
