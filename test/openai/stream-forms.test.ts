// Events that differ in their text alone are not parsed one by one. Generated streams are read, counted and answered as if they
// were.
import { describe, expect, test } from "vitest";
import { createSpending } from "../../src/limits/spending.ts";
import { CHAT_COMPLETIONS } from "../../src/openai/chat.ts";
import type { PaidEndpoint } from "../../src/openai/client/endpoint.ts";
import { readEventStream } from "../../src/openai/client/event-stream.ts";
import { Repeat } from "../../src/openai/client/events/event-form.ts";
import { Secrets } from "../../src/openai/client/secrets/secrets.ts";
import { COMPLETIONS } from "../../src/openai/completions.ts";
import { createRandom, type Random } from "../support/random.ts";
import { chunk, done, event, startStreaming, streamOf, streams } from "../support/stream.ts";
import { subscribeSse, subscribeWs } from "../support/subscribe.ts";

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);
const TEXTS = [
  "a",
  " word",
  "m",
  "stop",
  "",
  '"',
  "\\",
  "\n\n",
  "{}",
  "é",
  "🙂",
  "\u2028",
  "\ud800",
  "0-first-probe-0",
  "content",
];
const PADDINGS = ["", "abc", "Zx81", 'q"'];

/** The text as JSON, in one of several spellings; now and then as no JSON at all. */
function spell(text: string, random: Random, canFail: boolean): string {
  const json = JSON.stringify(text);
  if (canFail && random.oneIn(150)) return random.pick(['"\\x"', '"\\u12"', '"\t"', '"a" "b"']);
  if (random.oneIn(10)) return `"${Array.from({ length: text.length }, (_, at) => toEscape(text, at)).join("")}"`;
  return json;
}

const toEscape = (text: string, at: number) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`;

/** An event of a chat's or a completion's stream, as its line. */
function createEvent(isChat: boolean, random: Random, canFail: boolean): string {
  const text = spell(Array.from({ length: random.below(4) }, () => random.pick(TEXTS)).join(""), random, canFail);
  const index = random.oneIn(4) ? 1 : 0;
  const others = random.oneIn(15)
    ? random.pick(['"role":"assistant",', '"refusal":null,', '"reasoning":"hm",', '"content":"first",'])
    : "";
  const delta = isChat ? `"delta":{${others}"content":${text}}` : `"text":${text}`;
  const end = random.oneIn(20) ? `,"finish_reason":${random.oneIn(4) ? '"stop"' : '""'}` : ',"finish_reason":null';
  const choice = `{"index":${index},${delta}${random.oneIn(20) ? ',"logprobs":{"content":[]}' : ""}${end}}`;
  const usage = random.oneIn(20)
    ? ',"usage":{"prompt_tokens":3,"completion_tokens":9,"total_tokens":12}'
    : ',"usage":null';
  const padding = random.oneIn(2) ? `,"obfuscation":${JSON.stringify(random.pick(PADDINGS))}` : "";
  const choices = random.oneIn(20) ? "" : random.oneIn(20) ? `${choice},${choice}` : choice;
  const line = random.oneIn(40) ? "data:" : "data: ";
  return `${line}{"id":"c-1","model":"m","choices":[${choices}]${usage}${padding}}\n\n`;
}

const createStream = (isChat: boolean, random: Random, canFail: boolean) =>
  Array.from({ length: 300 }, () => createEvent(isChat, random, canFail)).join("") + done;

/** Cuts the stream at any bytes. */
function cut(stream: string, random: Random): Uint8Array[] {
  const bytes = Buffer.from(stream);
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = from + 1 + random.below(random.oneIn(3) ? 40 : 4_000);
    pieces.push(bytes.subarray(from, to));
    from = to;
  }
  return pieces;
}

/** The events, and how they end. */
async function read(pieces: readonly Uint8Array[], readAddedText?: PaidEndpoint["readAddedText"]) {
  const left = pieces.map((piece) => [piece]);
  const values: unknown[] = [];
  const answer = { headers: {}, read: async () => left.shift(), forget() {} };
  const options = { secrets: new Secrets({ keys: [], addresses: [] }), maxValues: 1_000, readAddedText };
  const take = (batch: readonly unknown[]) => void values.push(...batch);
  const end = await readEventStream(answer, take, options).catch((error: Error) => error.message);
  return { values, end };
}

const withoutPadding = (value: unknown) => ({ ...(value as object), obfuscation: undefined });

describe.each([
  ["a chat", CHAT_COMPLETIONS as PaidEndpoint, true],
  ["a completion", COMPLETIONS as PaidEndpoint, false],
])("the stream of %s", (_, endpoint, isChat) => {
  test.each(SEEDS)("has the same events and costs the same, seed %i", async (seed) => {
    const random = createRandom(seed);
    const pieces = cut(createStream(isChat, random, true), random);
    const plain = await read(pieces);
    const { values, end } = await read(pieces, endpoint.readAddedText);
    expect(end).toBe(plain.end);
    const parsed = values.map((value) => withoutPadding(value instanceof Repeat ? value.toValue() : value));
    expect(parsed).toEqual(plain.values.map(withoutPadding));

    const estimate = { prompt: 5, output: 400, choices: 1, isCapped: true, cap: 400 };
    const [one, other] = [createSpending(endpoint, estimate), createSpending(endpoint, estimate)];
    for (const [place, value] of values.entries()) {
      one.addEvent(plain.values[place]);
      if (value instanceof Repeat) other.addText(value.text);
      else other.addEvent(value);
      expect([other.ofStream(), other.isComplete(), other.excess()?.message]).toEqual([
        one.ofStream(),
        one.isComplete(),
        one.excess()?.message,
      ]);
    }
  });
});

test("many events of such a stream are of a few forms", async () => {
  const random = createRandom(1);
  const { values } = await read(
    cut(createStream(true, random, false), random),
    (CHAT_COMPLETIONS as PaidEndpoint).readAddedText,
  );
  const repeats = values.filter((value) => value instanceof Repeat);
  expect(values).toHaveLength(300);
  expect(repeats.length).toBeGreaterThan(50);
  expect(new Set(repeats.map(({ form }) => form)).size).toBeLessThan(5);
});

const fields = "id model choices { index delta { role content refusal } finishReason } text usage { totalTokens }";

test.each([
  ["of its own", fields],
  ["that stands in many places", `${fields} a: text b: text c: text`],
  ["that depends on those before", `${fields} textSoFar`],
])("a result with a text %s is the same over SSE as over WebSocket", async (_, selection) => {
  const random = createRandom(selection.length);
  const { server } = await startStreaming(streams(...cut(createStream(true, random, false), random)));
  const [sse, ws] = await Promise.all([
    subscribeSse(server.url, streamOf(selection)),
    subscribeWs(server.url, streamOf(selection)),
  ]);
  expect(await Promise.all([sse.ended, ws.ended])).toEqual(["complete", "complete"]);
  expect(sse.results).toHaveLength(300);
  expect(JSON.stringify(sse.results)).toBe(JSON.stringify(ws.results));
  expect(server.faults).toEqual([]);
});

test("a text is not taken for the same word elsewhere in its event", async () => {
  const events = ["m", "c-1", "assistant", "more"].map((content) => ({
    ...chunk(content),
    model: "m",
    role: "assistant",
  }));
  const lines = [...events, ...events].map(event).join("") + done;
  const { values } = await read([Buffer.from(lines)], (CHAT_COMPLETIONS as PaidEndpoint).readAddedText);
  expect(values.filter((value) => value instanceof Repeat)).toHaveLength(7);
  expect(values.map((value) => (value instanceof Repeat ? value.toValue() : value))).toEqual([...events, ...events]);
});
