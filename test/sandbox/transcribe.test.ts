// A sentence that the sandbox reads aloud is written down again through the server, in every format, whole and streamed.
import OpenAI from "openai";
import { describe, expect, test } from "vitest";
import { startSandbox } from "../../src/sandbox/server.ts";
import { shared, whenOver } from "../support/lifetime.ts";
import { startTestServer } from "../support/server.ts";
import { subscribeSse, transports } from "../support/subscribe.ts";
import { ALL, mutationOf, transcribe, transcribeStream, uploadSound } from "../support/transcriptions.ts";

const sentence = "Hello, Zoë. This is the other one.";

const started = shared(async () => {
  const sandbox = await startSandbox({ delayMs: 0 });
  whenOver(() => sandbox.close());
  const client = new OpenAI({ apiKey: "sandbox", baseURL: sandbox.url, maxRetries: 0 });
  const sound = await client.audio.speech.create({ model: "gpt-4o-mini-tts", voice: "alloy", input: sentence });
  const bytes = Buffer.from(await sound.arrayBuffer());
  const server = await startTestServer(sandbox.url, { OPENAI_API_KEY: "sandbox" });
  return { server, bytes, file: `data:audio/wav;base64,${bytes.toString("base64")}` };
});

test("as a file part without a name", async () => {
  const { server, bytes } = started();
  const input = { model: "gpt-4o-transcribe", include: ["LOGPROBS"] };
  const file = new File([bytes], "blob", { type: "audio/wav" });
  const { body } = await uploadSound(server, mutationOf("transcribe", ALL), input, file);
  const { text, usage, logprobs } = body.data.transcribe;
  expect([text, logprobs.map(({ token }: { token: string }) => token).join("")]).toEqual([sentence, sentence]);
  expect(usage.inputTokens).toBe(Math.ceil((bytes.length - 44) / 4_800));
  expect(usage.totalTokens).toBe(usage.inputTokens + usage.outputTokens);
});

test("with times, and with bare subtitles", async () => {
  const { server, file } = started();
  const input = {
    model: "whisper-1",
    file,
    responseFormat: "VERBOSE_JSON",
    timestampGranularities: ["WORD", "SEGMENT"],
  };
  const { body } = await server.query(mutationOf("transcribe", ALL), { input });
  const { text, duration, words, segments, usage } = body.data.transcribe;
  expect(text).toBe(sentence);
  expect(words.map(({ word }: { word: string }) => word).join(" ")).toBe(sentence);
  expect(segments).toHaveLength(2);
  expect(segments[1].end).toBeCloseTo(duration, 1);
  expect(usage).toMatchObject({ inputTokens: null, seconds: Math.ceil(duration) });
  for (const responseFormat of ["SRT", "VTT"]) {
    const bare = await server.query(transcribe, { input: { model: "whisper-1", file, responseFormat } });
    expect(bare.body.data.transcribe.text).toContain(`-->`);
    expect(bare.body.data.transcribe.text).toContain("Hello, Zoë.");
  }
});

test("in English", async () => {
  const { server, file } = started();
  const input = { model: "whisper-1", file, responseFormat: "TEXT" };
  const { body } = await server.query(mutationOf("translateAudio", "text"), { input });
  expect(body).toEqual({ data: { translateAudio: { text: `In English: ${sentence}\n` } } });
});

describe.each(transports)("over $transport", ({ subscribe }) => {
  test.each([
    ["gpt-4o-mini-transcribe", 6],
    ["whisper-1", 1],
  ])("streamed by %s", async (model, least) => {
    const { server, file } = started();
    const { results, ended } = await subscribe(server.url, transcribeStream, { input: { model, file } });
    expect(await ended).toBe("complete");
    const chunks = results.map(({ data }) => data.transcribe);
    expect(chunks.length).toBeGreaterThanOrEqual(least);
    expect(chunks.map(({ text }) => text ?? "").join("")).toBe(sentence);
    expect(chunks.at(-1).textSoFar).toBe(sentence);
  });
});

test("with speakers, streamed", async () => {
  const { server, file } = started();
  const query =
    "subscription ($input: TranscribeInput!) { transcribe(input: $input) { text segmentId segment { id text speaker } } }";
  const knownSpeakers = [
    { name: "Ada", reference: file },
    { name: "Bob", reference: file },
  ];
  const input = {
    model: "gpt-4o-transcribe-diarize",
    file,
    responseFormat: "DIARIZED_JSON",
    knownSpeakers,
    chunkingStrategy: { auto: true },
  };
  const { results, ended } = await subscribeSse(server.url, query, { input });
  expect(await ended).toBe("complete");
  const segments = results.flatMap(({ data }) => data.transcribe.segment ?? []);
  expect(segments.map(({ text, speaker }) => `${speaker}: ${text}`)).toEqual([
    "Ada: Hello, Zoë.",
    "Bob: This is the other one.",
  ]);
  expect(results[0].data.transcribe.segmentId).toBe(segments[0].id);
});
