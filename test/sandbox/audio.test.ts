// The sandbox's sounds: a text becomes notes that can be played, and the notes become the text again.
import OpenAI, { APIError, toFile } from "openai";
import type { TranscriptionStreamEvent } from "openai/resources/audio/transcriptions";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";

let sandbox: Sandbox;
let client: OpenAI;

beforeAll(async () => {
  sandbox = await startSandbox({ delayMs: 0 });
  client = new OpenAI({ apiKey: "sandbox", baseURL: sandbox.url, maxRetries: 0 });
});
afterAll(() => sandbox.close());

const sentence = "Hello, world. Two sentences: this is the other.";

type SpeechFields = Partial<OpenAI.Audio.SpeechCreateParams> & Record<string, unknown>;

async function speak(fields: SpeechFields = {}): Promise<{ bytes: Buffer; type: string | null }> {
  const sound = await client.audio.speech.create({
    model: "gpt-4o-mini-tts",
    voice: "alloy",
    input: sentence,
    ...fields,
  });
  return { bytes: Buffer.from(await sound.arrayBuffer()), type: sound.headers.get("content-type") };
}

function wav(bytes: Buffer, name = "speech.wav"): Promise<File> {
  return toFile(bytes, name);
}

async function transcribe(bytes: Buffer, name?: string): Promise<string> {
  return (await client.audio.transcriptions.create({ model: "gpt-4o-transcribe", file: await wav(bytes, name) })).text;
}

async function refusal(call: Promise<unknown>): Promise<APIError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof APIError)) throw new Error("It was not refused.");
  return error;
}

describe("speech", () => {
  test("is a WAV of 24 kHz, 16 bits, one channel, 80 ms for each byte, whose sizes are right", async () => {
    const { bytes, type } = await speak({ input: "é!" });
    expect(type).toBe("audio/wav");
    expect(bytes.length).toBe(44 + 3 * 0.08 * 48_000);
    expect(bytes.toString("latin1", 0, 4) + bytes.toString("latin1", 8, 16)).toBe("RIFFWAVEfmt ");
    expect([bytes.readUInt32LE(4), bytes.readUInt32LE(40)]).toEqual([bytes.length - 8, bytes.length - 44]);
    expect([bytes.readUInt16LE(20), bytes.readUInt16LE(22), bytes.readUInt32LE(24)]).toEqual([1, 1, 24_000]);
    expect([bytes.readUInt32LE(28), bytes.readUInt16LE(32), bytes.readUInt16LE(34)]).toEqual([48_000, 2, 16]);
  });

  test("does not click: two samples in a row are never far apart, and each note begins and ends in silence", async () => {
    const { bytes } = await speak({ response_format: "pcm" });
    const samples = Array.from({ length: bytes.length / 2 }, (_, place) => bytes.readInt16LE(place * 2));
    const steps = samples.map((sample, place) => Math.abs(sample - (samples[place - 1] ?? 0)));
    expect(Math.max(...samples.slice(0, 20_000).map(Math.abs))).toBeGreaterThan(8_000);
    // The highest note at its full loudness.
    expect(Math.max(...steps.slice(0, 20_000))).toBeLessThan((8_192 * 2 * Math.PI * 4_186.01) / 24_000);
    const edges = samples.filter((_, place) => place % 960 < 4 || place % 960 > 836);
    expect(Math.max(...edges.map(Math.abs))).toBeLessThan(100);
  });

  test.each([["pcm", "audio/pcm"] as const, ["wav", "audio/wav"] as const])("%s is %s", async (format, type) => {
    const made = await speak({ response_format: format });
    expect([made.type, made.bytes.length % 1920]).toEqual([type, format === "pcm" ? 0 : 44]);
  });

  test("a text of 4,096 characters is said, and heard, while others have their turn", async () => {
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    count();
    const input = "x".repeat(4_096);
    const { bytes } = await speak({ input });
    const spoken = turns;
    expect(await transcribe(bytes)).toBe(input);
    isOver = true;
    expect(bytes.length).toBe(44 + 4_096 * 2 * 1_920);
    expect(spoken).toBeGreaterThan(600);
    expect(turns - spoken).toBeGreaterThan(100);
  });

  test("as events: base64 that joins to the same bytes, then the usage, and no [DONE]", async () => {
    const sound = await client.audio.speech.create({
      model: "gpt-4o-mini-tts",
      voice: "cedar",
      input: sentence,
      stream_format: "sse",
    });
    expect(sound.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const lines = (await sound.text()).split("\n\n").filter((line) => line !== "");
    const events = lines.map((line) => JSON.parse(line.replace(/^data: /, "")));
    const joined = Buffer.concat(events.slice(0, -1).map(({ audio }) => Buffer.from(audio, "base64")));
    expect(joined.equals((await speak()).bytes)).toBe(true);
    const seconds = (joined.length - 44) / 48_000;
    expect(events.at(-1)).toEqual({
      type: "speech.audio.done",
      usage: { input_tokens: 12, output_tokens: Math.ceil(seconds * 20), total_tokens: 12 + Math.ceil(seconds * 20) },
    });
  });

  test.each<[SpeechFields, number, string | null]>([
    [{ response_format: "mp3" }, 400, "response_format"],
    [{ response_format: "midi" as "mp3" }, 400, "response_format"],
    [{ speed: 0.2 }, 400, "speed"],
    [{ speed: 4.1 }, 400, "speed"],
    [{ input: "" }, 400, "input"],
    [{ input: "x".repeat(4_097) }, 400, "input"],
    [{ voice: "nobody" }, 400, "voice"],
    [{ model: "gpt-4o" }, 404, null],
    [{ model: "tts-1", stream_format: "sse" }, 400, "stream_format"],
    [{ song: "la" }, 400, null],
  ])("%j is refused with %i", async (fields, status, param) => {
    expect(await refusal(speak(fields))).toMatchObject({ status, param });
  });

  test("custom voices, instructions and null fields are taken", async () => {
    const fields = {
      voice: { id: "voice_1234" },
      instructions: "Slowly.",
      response_format: null,
    } as unknown as SpeechFields;
    expect((await speak(fields)).type).toBe("audio/wav");
  });
});

describe("speak, then transcribe", () => {
  test.each([0.25, 0.7, 1, 1.5, 3.3, 4])("at a speed of %d the text comes back", async (speed) => {
    expect(await transcribe((await speak({ speed })).bytes)).toBe(sentence);
  });

  test.each(["日本語 🎉 é", "a", "\u0000\u0001\n\t", " spaces  around "])("%j comes back", async (input) => {
    expect(await transcribe((await speak({ input })).bytes)).toBe(input);
  });

  test("bare samples come back", async () => {
    expect(await transcribe((await speak({ response_format: "pcm" })).bytes, "speech.pcm")).toBe(sentence);
  });

  test.each([0, 0xffffffff, 12])("a WAV that says its data has %d bytes, and has a chunk before it", async (size) => {
    const { bytes } = await speak();
    const list = Buffer.from("LIST\u0003\0\0\0abc\0", "latin1");
    const changed = Buffer.concat([bytes.subarray(0, 36), list, bytes.subarray(36)]);
    changed.writeUInt32LE(0xffffffff, 4);
    changed.writeUInt32LE(size, 36 + list.length + 4);
    expect(await transcribe(changed)).toBe(size === 12 ? "" : sentence);
  });

  test("two channels at 48 kHz come back", async () => {
    const { bytes } = await speak();
    const samples = bytes.subarray(44);
    const doubled = Buffer.alloc(samples.length * 4);
    for (let place = 0; place < samples.length; place += 2) {
      const sample = samples.readInt16LE(place);
      for (const copy of [0, 2, 4, 6]) doubled.writeInt16LE(sample, place * 4 + copy);
    }
    const header = Buffer.from(bytes.subarray(0, 44));
    header.writeUInt16LE(2, 22);
    header.writeUInt32LE(48_000, 24);
    header.writeUInt32LE(192_000, 28);
    header.writeUInt16LE(4, 32);
    header.writeUInt32LE(doubled.length, 40);
    expect(await transcribe(Buffer.concat([header, doubled]))).toBe(sentence);
  });

  test("silence is no text; noise, music and other formats are seconds of sound", async () => {
    const { bytes } = await speak();
    const noise = Buffer.from(bytes);
    for (let place = 44; place < noise.length; place += 1) noise[place] = (place * 2_654_435_761) >>> 24;
    expect(await transcribe(Buffer.concat([bytes.subarray(0, 44), Buffer.alloc(9_600)]))).toBe("");
    expect(await transcribe(noise)).toBe("3.8 seconds of sound");
    expect(await transcribe(Buffer.alloc(32_000, 0xff), "song.mp3")).toBe("2 seconds of sound");
    // Half a byte.
    expect(await transcribe(bytes.subarray(0, 44 + 1_920))).toBe("0 seconds of sound");
    expect(await transcribe(Buffer.from("RIFF"))).toBe("0 seconds of sound");
  });
});

describe("transcription", () => {
  let file: File;
  beforeAll(async () => {
    file = await wav((await speak()).bytes);
  });

  test("json has tokens, or seconds with whisper-1, and log probabilities if asked for", async () => {
    const [tokens, seconds] = await Promise.all([
      client.audio.transcriptions.create({ model: "gpt-4o-transcribe", file, include: ["logprobs"] }),
      client.audio.transcriptions.create({ model: "whisper-1", file }),
    ]);
    expect(tokens).toMatchObject({
      text: sentence,
      usage: { type: "tokens", input_tokens: 38, output_tokens: 12, total_tokens: 50 },
    });
    expect(tokens.logprobs?.map(({ token }) => token).join("")).toBe(sentence);
    expect(seconds).toEqual({ text: sentence, usage: { type: "duration", seconds: 4 } });
  });

  test("srt, vtt and text are text", async () => {
    const ask = (format: "srt" | "vtt" | "text") =>
      client.audio.transcriptions.create({ model: "whisper-1", file, response_format: format });
    expect(await ask("text")).toBe(`${sentence}\n`);
    expect(await ask("srt")).toBe(
      "1\n00:00:00,000 --> 00:00:01,035\nHello, world.\n\n2\n00:00:01,121 --> 00:00:03,755\nTwo sentences: this is the other.\n\n",
    );
    expect(await ask("vtt")).toBe(
      "WEBVTT\n\n00:00:00.000 --> 00:00:01.035\nHello, world.\n\n00:00:01.121 --> 00:00:03.755\nTwo sentences: this is the other.\n\n",
    );
  });

  test("verbose_json has segments, and words if asked for", async () => {
    const verbose = await client.audio.transcriptions.create({
      model: "whisper-1",
      file,
      response_format: "verbose_json",
      timestamp_granularities: ["word", "segment"],
      language: "en",
    });
    expect(verbose).toMatchObject({ language: "en", duration: 3.76, text: sentence });
    expect(verbose.words?.map(({ word }) => word).join(" ")).toBe(sentence);
    expect(verbose.words?.[1]).toMatchObject({
      word: "world.",
      start: expect.closeTo(0.56, 2),
      end: expect.closeTo(1.03, 2),
    });
    expect(verbose.segments).toMatchObject([{ id: 0, text: "Hello, world." }, { id: 1 }]);
    const onlySegments = { model: "whisper-1", file, response_format: "verbose_json" } as const;
    expect((await client.audio.transcriptions.create(onlySegments)).words).toBeUndefined();
  });

  test("diarized_json has speakers: A and B, or the known ones", async () => {
    const ask = (fields: object) =>
      client.audio.transcriptions.create({
        model: "gpt-4o-transcribe-diarize",
        file,
        response_format: "diarized_json",
        ...fields,
      });
    expect(await ask({ chunking_strategy: "auto" })).toMatchObject({
      task: "transcribe",
      segments: [{ speaker: "A", text: "Hello, world." }, { speaker: "B" }],
    });
    const known = { known_speaker_names: ["agent"], known_speaker_references: ["data:audio/wav;base64,AAAA"] };
    const strategy = { chunking_strategy: { type: "server_vad", threshold: 0.5 } };
    expect(await ask({ ...known, ...strategy })).toMatchObject({
      segments: [{ speaker: "agent" }, { speaker: "agent" }],
    });
  });

  async function collect(fields: object): Promise<TranscriptionStreamEvent[]> {
    const events: TranscriptionStreamEvent[] = [];
    const stream = await client.audio.transcriptions.create({
      model: "gpt-4o-transcribe",
      file,
      stream: true,
      ...fields,
    });
    for await (const event of stream) events.push(event);
    return events;
  }

  const deltasOf = (events: readonly TranscriptionStreamEvent[]) =>
    events.flatMap((event) => (event.type === "transcript.text.delta" ? [event.delta] : []));

  test("is streamed by words, and its end has the text and the usage", async () => {
    const events = await collect({});
    expect(deltasOf(events).length).toBeGreaterThan(5);
    expect(deltasOf(events).join("")).toBe(sentence);
    expect(events.at(-1)).toMatchObject({ type: "transcript.text.done", text: sentence, usage: { total_tokens: 50 } });
  });

  test("is streamed with a segment for each speaker", async () => {
    const events = await collect({ model: "gpt-4o-transcribe-diarize", response_format: "diarized_json" });
    expect(deltasOf(events).join("")).toBe(sentence);
    const segments = events.filter((event) => event.type === "transcript.text.segment");
    expect(segments).toMatchObject([{ speaker: "A", text: "Hello, world." }, { speaker: "B" }]);
    const ids = events.flatMap((event) => (event.type === "transcript.text.delta" ? [event.segment_id] : []));
    expect(new Set(ids)).toEqual(new Set(segments.map(({ id }) => id)));
  });

  test("whisper-1 ignores `stream`: its answer is whole", async () => {
    const form = new FormData();
    for (const [name, value] of Object.entries({ model: "whisper-1", stream: "true" })) form.set(name, value);
    form.set("file", file);
    const headers = { authorization: "Bearer sandbox" };
    const response = await fetch(`${sandbox.url}/audio/transcriptions`, { method: "POST", headers, body: form });
    expect(await response.json()).toMatchObject({ text: sentence });
  });

  test.each<[object, number, string | null]>([
    [{ response_format: "srt" }, 400, "response_format"],
    [{ response_format: "rtf" }, 400, "response_format"],
    [{ model: "gpt-transcribe", response_format: "text" }, 400, "response_format"],
    [{ model: "whisper-1", response_format: "diarized_json" }, 400, "response_format"],
    [{ temperature: 1.5 }, 400, "temperature"],
    [{ timestamp_granularities: ["word"] }, 400, "timestamp_granularities"],
    [{ timestamp_granularities: ["line"] }, 400, "timestamp_granularities"],
    [{ model: "whisper-1", include: ["logprobs"] }, 400, "include"],
    [{ model: "tts-1" }, 404, null],
    [{ known_speaker_names: ["a"], known_speaker_references: ["data:,"] }, 400, "known_speaker_names"],
    [{ model: "gpt-4o-transcribe-diarize", prompt: "x" }, 400, "prompt"],
    [{ chunking_strategy: "cleverly" }, 400, "chunking_strategy"],
    [{ pitch: 3 }, 400, "pitch"],
  ])("%j is refused with %i", async (fields, status, param) => {
    const call = client.audio.transcriptions.create({ model: "gpt-4o-transcribe", file, ...fields });
    expect(await refusal(call)).toMatchObject({ status, param });
  });

  test("an empty file, one without a known extension, and one above 25 MB are refused", async () => {
    const ask = async (bytes: Buffer, name: string) => refusal(transcribe(bytes, name));
    expect(await ask(Buffer.alloc(0), "a.wav")).toMatchObject({ status: 400, code: "audio_too_short" });
    expect(await ask(Buffer.alloc(9), "a.txt")).toMatchObject({ message: expect.stringContaining("'flac', 'm4a'") });
    expect(await ask(Buffer.alloc(26_214_401), "a.wav")).toMatchObject({ status: 413 });
  });

  test("a long sound with several speakers needs a chunking strategy", async () => {
    const long = await wav((await speak({ input: "x".repeat(400) })).bytes);
    const call = client.audio.transcriptions.create({ model: "gpt-4o-transcribe-diarize", file: long });
    expect(await refusal(call)).toMatchObject({ status: 400, param: "chunking_strategy" });
  });
});

describe("translation", () => {
  test("says that it is in English, in every format", async () => {
    const file = await wav((await speak()).bytes);
    const translated = `In English: ${sentence}`;
    expect((await client.audio.translations.create({ model: "whisper-1", file })).text).toBe(translated);
    const verbose = await client.audio.translations.create({
      model: "whisper-1",
      file,
      response_format: "verbose_json",
    });
    expect(verbose).toMatchObject({ language: "english", duration: 3.76, text: translated });
    const subtitles = await client.audio.translations.create({ model: "whisper-1", file, response_format: "srt" });
    expect(subtitles).toMatch(/^1\n.* --> .*\nIn English: Hello, world\.\n/);
    const other = client.audio.translations.create({ model: "gpt-4o-transcribe", file });
    expect(await refusal(other)).toMatchObject({ status: 400, param: "model" });
  });
});
