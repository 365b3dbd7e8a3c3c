// What clients get of an upstream's transcription: every format, and what other servers make of each.
import { describe, expect, test } from "vitest";
import { shared } from "../../support/lifetime.ts";
import { startServed } from "../../support/served-upstream.ts";
import { done, event, streams } from "../../support/stream.ts";
import { ALL, least, listeners, mutationOf } from "../../support/transcriptions.ts";
import { type Answer, json } from "../../support/upstream.ts";

const served = shared(() => startServed(json({})));

/** What a client gets of an answer; fields that are null are left out. The same on a later request of the document. */
async function hear(
  answer: Answer,
  input: object = {},
  field: (typeof listeners)[number]["field"] = "transcribe",
): Promise<unknown> {
  const { upstream, server } = served();
  upstream.answer = answer;
  const tell = async () => {
    const { body } = await server.query(mutationOf(field, ALL), { input: { ...least, ...input } });
    return body.errors ? body.errors.map(codeOf) : withoutNulls(body.data[field]);
  };
  const first = await tell();
  expect(await tell()).toEqual(first);
  expect(server.faults).toEqual([]);
  return first;
}

// biome-ignore lint/suspicious/noExplicitAny: answers of any shape
const codeOf = ({ message, extensions }: any) => `${extensions.code}: ${message}`;

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutNulls(inner)]));
}

const bare =
  (text: string, contentType?: string): Answer =>
  (_, res) =>
    void res.writeHead(200, contentType === undefined ? {} : { "content-type": contentType }).end(text);

test("a whole answer shows all of it", async () => {
  const answer = {
    text: "Hi, Zoë.",
    language: "english",
    languages: [{ code: "en" }, { code: "de" }],
    duration: 1.5,
    task: "transcribe",
    words: [{ word: "Hi", start: 0, end: 0.5 }],
    segments: [
      {
        ...{ id: 0, seek: 7, start: 0, end: 1.5, text: "Hi, Zoë.", tokens: [50_364, 1], temperature: 0.2 },
        ...{ avg_logprob: -0.3, compression_ratio: 1.1, no_speech_prob: 0.01, mood: "good" },
      },
      { type: "transcript.text.segment", id: "seg_1", start: 0, end: 1, text: "Hi,", speaker: "A" },
    ],
    logprobs: [{ token: "Hi", logprob: -0.1, bytes: [72, 105] }],
    usage: {
      type: "tokens",
      input_tokens: 15,
      input_token_details: { text_tokens: 1, audio_tokens: 14 },
      output_tokens: 4,
      total_tokens: 19,
    },
  };
  const shown = {
    text: "Hi, Zoë.",
    language: "english",
    languages: ["en", "de"],
    duration: 1.5,
    extra: { task: "transcribe" },
    words: [{ word: "Hi", start: 0, end: 0.5 }],
    segments: [
      {
        ...{ id: "0", seek: 7, start: 0, end: 1.5, text: "Hi, Zoë.", tokens: [50_364, 1], temperature: 0.2 },
        ...{ avgLogprob: -0.3, compressionRatio: 1.1, noSpeechProb: 0.01, extra: { mood: "good" } },
      },
      { id: "seg_1", start: 0, end: 1, text: "Hi,", speaker: "A" },
    ],
    logprobs: [{ token: "Hi", logprob: -0.1, bytes: [72, 105] }],
    usage: {
      inputTokens: 15,
      inputTokensDetails: { textTokens: 1, audioTokens: 14 },
      outputTokens: 4,
      totalTokens: 19,
    },
  };
  expect(await hear(json(answer))).toEqual(shown);
  expect(await hear(json(answer), {}, "translateAudio")).toEqual(shown);
});

describe.each(listeners)("$field gets of an answer", ({ field }) => {
  test.each<[string, Answer, object, unknown]>([
    ["the text alone", json({ text: "Hello" }), {}, { text: "Hello" }],
    ["silence", json({ text: "" }), {}, { text: "" }],
    ["words about errors that are said", json({ text: "error: not found" }), {}, { text: "error: not found" }],
    [
      "billed seconds",
      json({ text: "a", usage: { type: "duration", seconds: 27 } }),
      {},
      { text: "a", usage: { seconds: 27 } },
    ],
    ["Groq's id", json({ text: "a", x_groq: { id: "req_1" } }), {}, { text: "a", extra: { x_groq: { id: "req_1" } } }],
    [
      "Groq's usage",
      json({ text: "a", x_groq: { id: "req_1", usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } } }),
      {},
      {
        text: "a",
        usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
        extra: { x_groq: { id: "req_1", usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } } },
      },
    ],
    [
      "Mistral's seconds and speakers",
      json({
        model: "voxtral",
        text: "a",
        language: null,
        segments: [{ type: "transcription_segment", text: "a", start: 0, end: 1, speaker_id: "s1", score: null }],
        usage: { prompt_audio_seconds: 4, prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
      }),
      {},
      {
        text: "a",
        segments: [{ text: "a", start: 0, end: 1, speaker: "s1" }],
        usage: { inputTokens: 5, outputTokens: 1, totalTokens: 6, seconds: 4 },
        extra: { model: "voxtral" },
      },
    ],
    ["vLLM's duration as text", json({ text: "a", duration: "5.25" }), {}, { text: "a", duration: 5.25 }],
    [
      "times as text",
      json({
        text: "a",
        words: [{ word: "a", start: "0.0", end: "1" }],
        segments: [{ text: "a", start: "0", end: "1.5" }],
      }),
      {},
      { text: "a", words: [{ word: "a", start: 0, end: 1 }], segments: [{ text: "a", start: 0, end: 1.5 }] },
    ],
    [
      "WhisperX's segments in segments",
      json({ text: "a", segments: { segments: [{ text: "a", start: 0 }], word_segments: [] } }),
      {},
      { text: "a", segments: [{ text: "a", start: 0 }] },
    ],
    [
      "segments without their text",
      json({ segments: [{ text: " Hel" }, { text: "lo" }] }),
      {},
      { text: " Hello", segments: [{ text: " Hel" }, { text: "lo" }] },
    ],
    [
      "languages as their codes",
      json({ text: "a", languages: ["en", 5, { code: "de" }, {}] }),
      {},
      { text: "a", languages: ["en", "de"] },
    ],
    [
      "what is not expected",
      json({
        ...{
          text: "a",
          language: 5,
          languages: "en",
          duration: "long",
          words: {},
          segments: [5, null, { id: {}, text: 5 }],
        },
        ...{
          logprobs: [{ token: 5, logprob: "x" }, 7],
          usage: { input_tokens: "many", seconds: "x", total_tokens: 1.5 },
        },
      }),
      {},
      { text: "a", segments: [{ text: "" }], logprobs: [{ token: "", logprob: -9999 }], usage: {} },
    ],
    ["a text as a JSON text, though JSON is asked for", bare('"Hello"', "application/json"), {}, { text: "Hello" }],
    ["an event in place of it", streams(event({ text: "Hello", duration: 1 })), {}, { text: "Hello", duration: 1 }],
    [
      "a stream in place of it",
      streams(
        event({ type: "transcript.text.delta", delta: "Hel", logprobs: [{ token: "Hel", logprob: -1 }] }),
        event({ type: "transcript.text.segment", id: "s", text: "Hel", speaker: "A", start: 0, end: 1 }),
        event({ type: "transcript.text.delta", delta: "lo", logprobs: [{ token: "lo", logprob: -2 }] }),
        event({ type: "transcript.text.done", text: "Hello.", languages: [{ code: "en" }], usage: { seconds: 2 } }),
      ),
      {},
      {
        text: "Hello.",
        languages: ["en"],
        segments: [{ id: "s", text: "Hel", speaker: "A", start: 0, end: 1 }],
        logprobs: [
          { token: "Hel", logprob: -1 },
          { token: "lo", logprob: -2 },
        ],
        usage: { seconds: 2 },
      },
    ],
    [
      "vLLM's stream in place of it",
      streams(
        event({
          id: "t",
          object: "transcription.chunk",
          choices: [{ delta: { content: "Hel" }, finish_reason: "stop" }],
        }),
        event({
          id: "t",
          object: "transcription.chunk",
          choices: [{ delta: { content: "lo" }, finish_reason: "stop" }],
        }),
        done,
      ),
      {},
      { text: "Hello", extra: { id: "t", object: "transcription.chunk" } },
    ],
  ])("%s", async (_, answer, input, expected) => {
    expect(await hear(answer, input, field)).toEqual(expected);
  });

  const vtt = "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nHello, error\n\n";
  test.each<[string, string, Answer, string]>([
    ["TEXT", "as it came", bare("Hello.\n", "text/plain; charset=utf-8"), "Hello.\n"],
    ["TEXT", "without a content type", bare(" Hello."), " Hello."],
    ["TEXT", "with a content type of JSON", bare("Hello.", "application/json"), "Hello."],
    ["TEXT", "in a JSON text", bare('"Hello.\\nBye"', "application/json"), "Hello.\nBye"],
    ["TEXT", "in a JSON object", json({ text: "Hello." }), "Hello."],
    ["TEXT", "that is a number", bare("42", "text/plain"), "42"],
    ["TEXT", "that begins with a bracket", bare("[Music] Hello", "text/plain"), "[Music] Hello"],
    ["TEXT", "that begins with a brace", bare("{laughs} Hello", "text/plain"), "{laughs} Hello"],
    ["TEXT", "that begins with a smaller sign", bare("<3 Hello", "text/plain"), "<3 Hello"],
    ["TEXT", "of silence", bare("", "text/plain"), ""],
    ["TEXT", "of silence, in a line", bare("\n", "text/plain"), "\n"],
    ["TEXT", "in other letters", bare("Grüße, 世界 🎉", "text/plain"), "Grüße, 世界 🎉"],
    ["VTT", "as it came", bare(vtt, "text/vtt"), vtt],
    ["VTT", "in a JSON text", bare(JSON.stringify(vtt), "application/json"), vtt],
    ["VTT", "in a JSON object", json({ text: vtt }), vtt],
    [
      "SRT",
      "as it came",
      bare("1\n00:00:00,000 --> 00:00:01,000\nHello\n\n", "text/plain"),
      "1\n00:00:00,000 --> 00:00:01,000\nHello\n\n",
    ],
    ["SRT", "of a server that sends JSON all the same", json({ text: "Hello", usage: { seconds: 1 } }), "Hello"],
  ])("a text for %s %s", async (responseFormat, _, answer, text) => {
    expect(await hear(answer, { responseFormat }, field)).toMatchObject({ text });
  });
});

describe("what is no answer:", () => {
  const noText = (path: string) => `UPSTREAM_INVALID_RESPONSE: The upstream's answer to POST ${path} holds no text.`;
  test.each<[string, Answer, string]>([
    ["an object without text", json({ segments: null, usage: { seconds: 1 } }), noText("/audio/transcriptions")],
    ["a text that is none", json({ text: null }), noText("/audio/transcriptions")],
    ["a list", json([]), noText("/audio/transcriptions")],
    ["null", json(null), noText("/audio/transcriptions")],
    [
      "text where JSON is asked for",
      bare("Hello", "text/plain"),
      "UPSTREAM_INVALID_RESPONSE: The upstream answered 200 with a body that is not JSON.",
    ],
    [
      "nothing",
      bare("", "application/json"),
      "UPSTREAM_INVALID_RESPONSE: The upstream answered 200 with an empty body.",
    ],
    ["a stream without text", streams(event({ type: "transcript.text.done" })), noText("/audio/transcriptions")],
    ["an end without a stream", streams(done), noText("/audio/transcriptions")],
    [
      "a stream that breaks off",
      streams(event({ type: "transcript.text.delta", delta: "Hel" })),
      "UPSTREAM_INTERRUPTED: The upstream's answer broke off before its end.",
    ],
  ])("%s", async (_, answer, expected) => {
    expect(await hear(answer)).toEqual([expect.stringContaining(expected.slice(0, 60))]);
  });

  const page = "<!DOCTYPE html><html><body>Sign in</body></html>";
  test.each(["text/html", "text/plain"])("a page as %s, also where text is asked for", async (contentType) => {
    const codes = await hear(bare(page, contentType), { responseFormat: "TEXT" });
    expect(codes).toEqual([expect.stringMatching(/^UPSTREAM_INVALID_RESPONSE: /)]);
  });

  test.each<[string, Answer]>([
    ["an error object", json({ error: { message: "no such model", code: "model_not_found" } })],
    ["an error beside an empty text", json({ text: "", error: "no such model" })],
    ["a failure in other words", json({ success: false, message: "no such model" })],
    ["vLLM's error", json({ object: "error", message: "no such model", code: 404 })],
    ["an error event", streams(event({ type: "error", message: "no such model" }))],
  ])("%s with 200 is an error, also where text is asked for", async (_, answer) => {
    for (const input of [{}, { responseFormat: "TEXT" }])
      expect(await hear(answer, input)).toEqual([expect.stringContaining("no such model")]);
  });
});
