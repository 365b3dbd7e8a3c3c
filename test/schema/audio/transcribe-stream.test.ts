// Subscription.transcribe: the chunks of every dialect, and the one end that each stream has.
import { describe, expect, test } from "vitest";
import { makeBytes, readFile } from "../../support/multipart.ts";
import { startServed } from "../../support/served-upstream.ts";
import { done, event, openStream, streams, streamsThen, write } from "../../support/stream.ts";
import { type Result, type Subscription, subscribeSse, transports } from "../../support/subscribe.ts";
import { least, readForm, transcribeStream, wav } from "../../support/transcriptions.ts";
import { type Answer, failure, json, type ReceivedRequest } from "../../support/upstream.ts";

const ALL = `subscription ($input: TranscribeInput!) { transcribe(input: $input) {
  text textSoFar segmentId languages extra segment { id start end text speaker extra }
  logprobs { token logprob } usage { inputTokens outputTokens totalTokens seconds } } }`;

const delta = (text: string, more: object = {}) => event({ type: "transcript.text.delta", delta: text, ...more });
const end = (text: string, more: object = {}) => event({ type: "transcript.text.done", text, ...more });
const hello = delta("Hel") + delta("lo");
const tokens = { type: "tokens", input_tokens: 14, output_tokens: 2, total_tokens: 16 };
const usage = { inputTokens: 14, outputTokens: 2, totalTokens: 16, seconds: null };
/** vLLM's. */
const chunk = (content: string, finish_reason: string | null = null) =>
  event({
    id: "trsc-1",
    object: "transcription.chunk",
    model: "whisper",
    choices: [{ delta: { content }, finish_reason }],
  });

/** What came, without what is null: chunks, and the codes of errors; then how it ended. */
async function collect({ results, ended }: Subscription): Promise<unknown[]> {
  const how = await ended;
  const chunks = results.map(({ data, errors }) =>
    errors ? errors.map((error: Result) => error.extensions.code).join() : withoutNulls(data.transcribe),
  );
  return [...chunks, how];
}

function withoutNulls(chunk: object): object {
  return Object.fromEntries(Object.entries(chunk).filter(([, value]) => value !== null));
}

const bare =
  (text: string, contentType?: string): Answer =>
  (_, res) =>
    void res.writeHead(200, contentType === undefined ? {} : { "content-type": contentType }).end(text);

const interrupted = ["UPSTREAM_INTERRUPTED", "complete"];

describe.each(transports)("over $transport", ({ subscribe }) => {
  /** The same for a later request of the document. */
  async function listen(answer: Answer, input: object = {}, query = ALL): Promise<unknown[]> {
    const { upstream, server } = await startServed(answer);
    const tell = async () => collect(await subscribe(server.url, query, { input: { ...least, ...input } }));
    const first = await tell();
    expect(await tell()).toEqual(first);
    expect(upstream.requests).toHaveLength(2);
    expect(server.faults).toEqual([]);
    return first;
  }

  test.each<[string, Answer, unknown[]]>([
    [
      "OpenAI's, with all that its last event has",
      streams(
        delta("Hel", { logprobs: [{ token: "Hel", logprob: -1 }] }),
        delta("lo"),
        end("Hello.", { languages: [{ code: "en" }], usage: tokens, logprobs: [{ token: "Hello.", logprob: -2 }] }),
      ),
      [
        { text: "Hel", textSoFar: "Hel", logprobs: [{ token: "Hel", logprob: -1 }] },
        { text: "lo", textSoFar: "Hello" },
        { textSoFar: "Hello.", languages: ["en"], usage, logprobs: [{ token: "Hello.", logprob: -2 }] },
      ],
    ],
    [
      "one with [DONE]",
      streams(hello + end("Hello") + done),
      [{ text: "Hel", textSoFar: "Hel" }, { text: "lo", textSoFar: "Hello" }, { textSoFar: "Hello" }],
    ],
    ["one of silence", streams(end("")), [{ text: "", textSoFar: "" }]],
    [
      "one that has its end alone",
      streams(end("Hello", { usage: tokens })),
      [{ text: "Hello", textSoFar: "Hello", usage }],
    ],
    [
      "one whose end has no text",
      streams(`${hello}${event({ type: "transcript.text.done", usage: tokens })}`),
      [
        { text: "Hel", textSoFar: "Hel" },
        { text: "lo", textSoFar: "Hello" },
        { textSoFar: "Hello", usage },
      ],
    ],
    [
      "one with speakers",
      streams(
        delta("Hi.", { segment_id: "s1" }),
        event({
          type: "transcript.text.segment",
          id: "s1",
          start: 0,
          end: 1,
          text: "Hi.",
          speaker: "Ada",
          mood: "good",
        }),
        delta(" Yes?", { segment_id: "s2" }),
        end("Hi. Yes?"),
      ),
      [
        { text: "Hi.", textSoFar: "Hi.", segmentId: "s1" },
        {
          textSoFar: "Hi.",
          segment: { id: "s1", start: 0, end: 1, text: "Hi.", speaker: "Ada", extra: { mood: "good" } },
        },
        { text: " Yes?", textSoFar: "Hi. Yes?", segmentId: "s2" },
        { textSoFar: "Hi. Yes?" },
      ],
    ],
    [
      "one with segments alone",
      streams(event({ type: "transcript.text.segment", id: 1, text: "Hi." }), end("Hi.")),
      [
        { textSoFar: "", segment: { id: "1", start: null, end: null, text: "Hi.", speaker: null, extra: null } },
        { text: "Hi.", textSoFar: "Hi." },
      ],
    ],
    [
      "one with events of other types, comments and signs of life",
      streams(
        ": ping\n\n",
        event({ type: "transcript.created", id: "x" }),
        delta("Hel"),
        event({ type: "keepalive" }),
        event({ type: "response.done", response: {} }),
        event({ type: "response.text.delta", delta: "no" }),
        event({}),
        event({ choices: [] }),
        "event: ping\ndata: \n\n",
        delta("lo") + end("Hello"),
      ),
      [{ text: "Hel", textSoFar: "Hel" }, { text: "lo", textSoFar: "Hello" }, { textSoFar: "Hello" }],
    ],
    [
      "vLLM's, which ends a piece of 30 seconds more than once",
      streams(chunk(""), chunk("Hel", "stop"), chunk("lo"), chunk("", "stop"), done),
      ["", "Hel", "Hello", "Hello"].map((textSoFar, place) => ({
        text: ["", "Hel", "lo", ""][place],
        textSoFar,
        extra: { id: "trsc-1", object: "transcription.chunk", model: "whisper" },
      })),
    ],
    [
      "vLLM's, with the usage at its end",
      streams(
        chunk("Hi", "stop"),
        event({ choices: [], usage: { prompt_tokens: 14, completion_tokens: 2, total_tokens: 16 } }),
        done,
      ),
      [
        { text: "Hi", textSoFar: "Hi", extra: { id: "trsc-1", object: "transcription.chunk", model: "whisper" } },
        { textSoFar: "Hi", usage },
      ],
    ],
    [
      "Mistral's",
      streams(
        event({ type: "transcription.language", audio_language: "en" }),
        event({ type: "transcription.text.delta", text: "Hi" }),
        event({ type: "transcription.segment", text: "Hi", start: 0, end: 1, speaker_id: "s1" }),
        event({
          type: "transcription.done",
          text: "Hi",
          language: "en",
          usage: { prompt_audio_seconds: 2, total_tokens: 3 },
        }),
      ),
      [
        { text: "Hi", textSoFar: "Hi" },
        { textSoFar: "Hi", segment: { id: null, start: 0, end: 1, text: "Hi", speaker: "s1", extra: null } },
        {
          textSoFar: "Hi",
          usage: { inputTokens: null, outputTokens: null, totalTokens: 3, seconds: 2 },
          extra: { language: "en" },
        },
      ],
    ],
    [
      "pieces without a type, which end with their body",
      streams(event({ text: "Hel" }), event({ text: "lo" })),
      [
        { text: "Hel", textSoFar: "Hel" },
        { text: "lo", textSoFar: "Hello" },
      ],
    ],
    [
      "a whole answer in one event",
      streams(event({ text: "Hello", duration: 1 })),
      [{ text: "Hello", textSoFar: "Hello", extra: { duration: 1 } }],
    ],
    [
      "[DONE] alone after the text",
      streams(hello + done),
      [
        { text: "Hel", textSoFar: "Hel" },
        { text: "lo", textSoFar: "Hello" },
      ],
    ],
    [
      "whisper-1's, one JSON answer",
      json({ text: "Hello", task: "transcribe", usage: { type: "duration", seconds: 3 } }),
      [
        {
          text: "Hello",
          textSoFar: "Hello",
          usage: { inputTokens: null, outputTokens: null, totalTokens: null, seconds: 3 },
          extra: { task: "transcribe" },
        },
      ],
    ],
    ["one JSON answer of silence", json({ text: "" }), [{ text: "", textSoFar: "" }]],
    ["a JSON text", bare('"Hello"', "application/json"), [{ text: "Hello", textSoFar: "Hello" }]],
  ])("%s", async (_, answer, expected) => {
    expect(await listen(answer)).toEqual([...expected, "complete"]);
  });

  test.each<[string, Answer, string]>([
    ["TEXT", bare("Hello.\n", "text/plain"), "Hello.\n"],
    ["TEXT", bare("[Music]"), "[Music]"],
    ["TEXT", bare("", "text/plain"), ""],
    [
      "VTT",
      bare("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n\n", "text/vtt"),
      "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n\n",
    ],
    ["SRT", json({ text: "1\n" }), "1\n"],
  ])("a bare text for %s is one chunk", async (responseFormat, answer, text) => {
    expect(await listen(answer, { responseFormat })).toEqual([{ text, textSoFar: text }, "complete"]);
  });

  test("texts alone are joined, too, however often they are selected", async () => {
    const soFar = "subscription ($input: TranscribeInput!) { transcribe(input: $input) { textSoFar a: textSoFar } }";
    expect(await listen(streams(hello + end("Hello!")), {}, soFar)).toEqual([
      ...["Hel", "Hello", "Hello!"].map((text) => ({ textSoFar: text, a: text })),
      "complete",
    ]);
  });

  const key = { text: "Hel", textSoFar: "Hel" };
  test("a connection that breaks after the last event takes nothing with it", async () => {
    const breaks = streamsThen(delta("Hel") + end("Hello."), (_, socket) => socket.destroy());
    expect(await listen(breaks)).toEqual([key, { textSoFar: "Hello." }, "complete"]);
  });

  test.each<[string, Answer, unknown[]]>([
    ["by the body's end", streams(delta("Hel")), [key, ...interrupted]],
    ["by a lost connection", streamsThen(delta("Hel"), (res) => void res.destroy()), [key, ...interrupted]],
    ["in the middle of an event", streams(delta("Hel"), delta("lo").slice(0, 30)), [key, ...interrupted]],
    ["inside a character", streams(delta("Hel"), Buffer.from(delta("é")).subarray(0, 49)), [key, ...interrupted]],
    [
      "between two of vLLM's pieces",
      streams(chunk("Hel", "stop")),
      [{ ...key, extra: expect.anything() }, ...interrupted],
    ],
    ["before any event", streams(": ping\n\n"), interrupted],
    [
      "pieces, by a lost connection",
      streamsThen(event({ text: "Hel" }), (res) => void res.destroy()),
      [key, ...interrupted],
    ],
    [
      "a segment",
      streams(event({ type: "transcript.text.segment", text: "Hi" })),
      [{ textSoFar: "", segment: expect.anything() }, ...interrupted],
    ],
  ])("a stream that is cut %s ends with one error", async (_, answer, expected) => {
    expect(await listen(answer)).toEqual(expected);
  });

  test.each<[string, Answer, string]>([
    ["an error object", streams(delta("Hel"), event({ error: { message: "no", code: 500 } })), "UPSTREAM_ERROR"],
    ["an error event", streams(delta("Hel"), `event: error\n${event({ message: "no" })}`), "UPSTREAM_ERROR"],
    ["an event of type error", streams(delta("Hel"), event({ type: "error", message: "no" })), "UPSTREAM_ERROR"],
    [
      "vLLM's error",
      streams(delta("Hel"), event({ object: "error", message: "no", code: 400 }), done),
      "UPSTREAM_BAD_REQUEST",
    ],
    ["what is no JSON", streams(delta("Hel"), event("Hello")), "UPSTREAM_INVALID_RESPONSE"],
  ])("%s ends it after the text so far", async (_, answer, code) => {
    expect(await listen(answer)).toEqual([key, code, "complete"]);
  });

  test.each<[string, Answer, string]>([
    ["a refusal", failure(400, { message: "no such format" }), "UPSTREAM_BAD_REQUEST"],
    ["another status", failure(404, {}), "UPSTREAM_NOT_FOUND"],
    ["a whole answer without text", json({ usage: tokens }), "UPSTREAM_INVALID_RESPONSE"],
    ["a page", bare("<!doctype html><p>Sign in</p>", "text/html"), "UPSTREAM_INVALID_RESPONSE"],
    ["an end without text", streams(event({ type: "transcript.text.done" })), "UPSTREAM_INVALID_RESPONSE"],
    ["[DONE] alone", streams(done), "UPSTREAM_INVALID_RESPONSE"],
    ["bare text where JSON is asked for", bare("Hello", "text/plain"), "UPSTREAM_INVALID_RESPONSE"],
  ])("%s is one error", async (_, answer, code) => {
    const told = await listen(answer);
    expect(told.slice(-2)).toEqual([code, "complete"]);
    expect(told.filter((one) => typeof one === "string")).toHaveLength(2);
  });

  test("a stream that stays open after its end is complete soon", async () => {
    const { upstream, server } = await startServed(
      streamsThen(hello + end("Hello"), () => {}),
      {
        UPSTREAM_IDLE_TIMEOUT_MS: "300",
      },
    );
    const told = await collect(await subscribe(server.url, transcribeStream, { input: least }));
    expect(told.slice(-2)).toEqual([{ textSoFar: "Hello" }, "complete"]);
    await upstream.requests[0]?.closed;
  });

  test.each([
    ["before its end", delta("Hel")],
    ["between two of vLLM's pieces", chunk("Hel", "stop")],
  ])("a stream that stays open %s is an error", async (_, text) => {
    const { server } = await startServed(
      streamsThen(text, () => {}),
      { UPSTREAM_IDLE_TIMEOUT_MS: "300" },
    );
    const told = await collect(await subscribe(server.url, transcribeStream, { input: least }));
    expect(told.slice(1)).toEqual(["UPSTREAM_TIMEOUT", "complete"]);
  });

  test("a client that leaves ends the upstream call", async () => {
    const { upstream, server } = await startServed(streamsThen(delta("Hel"), () => {}));
    const subscription = await subscribe(server.url, transcribeStream, { input: least });
    expect((await subscription.next()).data.transcribe.text).toBe("Hel");
    subscription.leave();
    await upstream.requests[0]?.closed;
    expect(server.faults).toEqual([]);
  });
});

describe("a subscription with a file part", () => {
  /** Posts the form and reads the events as they are. */
  async function post(url: string, file: Blob, signal?: AbortSignal) {
    const form = new FormData();
    const variables = { input: { model: "m", file: null } };
    form.set("operations", JSON.stringify({ query: transcribeStream, variables }));
    form.set("map", '{"0":["variables.input.file"]}');
    form.set("0", file);
    const headers = { accept: "text/event-stream", "graphql-require-preflight": "1" };
    return fetch(url, { method: "POST", body: form, headers, signal: signal ?? null });
  }

  test.each([5_000, 3_000_000])("of %i bytes is sent on, and its text streams", async (size) => {
    let received: ReceivedRequest | undefined;
    const { server } = await startServed((request, ...others) => {
      received = request;
      return streams(hello, end("Hello"))(request, ...others);
    });
    const bytes = makeBytes(size);
    const text = await (await post(server.url, wav(bytes))).text();
    const data = [...text.matchAll(/^data: (\{.*)$/gm)].map(([, line = ""]) => JSON.parse(line).data.transcribe);
    expect(data.map(({ textSoFar }) => textSoFar)).toEqual(["Hel", "Hello", "Hello"]);
    expect(text).toMatch(/event: complete\ndata:\s*$/);
    expect(readForm(received)).toEqual([
      ["model", "m"],
      ["stream", "true"],
      ["file", "talk.wav"],
    ]);
    expect(received && readFile(received).bytes.equals(bytes)).toBe(true);
    expect(server.faults).toEqual([]);
  });

  test("over MAX_UPLOAD_BYTES is one error", async () => {
    const { upstream, server } = await startServed(json({ text: "" }), { MAX_UPLOAD_BYTES: "1000" });
    const text = await (await post(server.url, wav(makeBytes(1_001)))).text();
    expect(text).toContain("input.file must be at most 1000 bytes; got more.");
    expect(text.match(/^event: (\w+)$/gm)).toEqual(["event: next", "event: complete"]);
    expect(upstream.requests).toEqual([]);
  });

  test("of a refused input leaves the server as it was", async () => {
    const { upstream, server } = await startServed(json({ text: "Hello" }));
    const form = new FormData();
    const variables = { input: { model: "a,b", file: null } };
    form.set("operations", JSON.stringify({ query: transcribeStream, variables }));
    form.set("map", '{"0":["variables.input.file"]}');
    form.set("0", wav(makeBytes(3_000_000)));
    const headers = { accept: "text/event-stream", "graphql-require-preflight": "1" };
    const text = await (await fetch(server.url, { method: "POST", body: form, headers })).text();
    expect(text).toContain("BAD_USER_INPUT");
    expect([upstream.requests, server.faults]).toEqual([[], []]);
    expect(await (await post(server.url, wav())).text()).toContain("Hello");
  });

  test("whose client leaves in the middle of the text ends the upstream call", async () => {
    const { upstream, server } = await startServed(async (_, res) => {
      openStream(res);
      await write(res, delta("Hel"));
    });
    const controller = new AbortController();
    const response = await post(server.url, wav(makeBytes(2_000_000)), controller.signal);
    await response.body?.getReader().read();
    controller.abort();
    await upstream.requests[0]?.closed;
    expect(server.faults).toEqual([]);
  });
});

test("a subscription without a sound is refused before anything is sent", async () => {
  const { upstream, server } = await startServed(json({ text: "Hello" }));
  const { results, ended } = await subscribeSse(server.url, transcribeStream, { input: { model: "m" } });
  expect([await ended, results[0].errors[0].extensions.code]).toEqual(["complete", "BAD_USER_INPUT"]);
  expect(upstream.requests).toEqual([]);
});
