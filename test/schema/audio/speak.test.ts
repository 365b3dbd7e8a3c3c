// Mutation.speak: what it sends, and the sound that it makes of whatever upstreams answer with.
import { describe, expect, test } from "vitest";
import { shared } from "../../support/lifetime.ts";
import { startServed } from "../../support/served-upstream.ts";
import { noise, openSound, sound, wav } from "../../support/sounds.ts";
import { done, event, streams } from "../../support/stream.ts";
import { type Answer, failure, inTurn, json } from "../../support/upstream.ts";

const served = shared(() => startServed(sound(noise(100), "audio/mpeg")));

const query = `mutation ($input: SpeakInput!) { speak(input: $input) {
  data contentType sizeBytes duration usage { inputTokens outputTokens totalTokens seconds inputTokensDetails { textTokens audioTokens } }
} }`;
const minimal = { model: "gpt-4o-mini-tts", input: "Hello!", voice: "alloy" };

async function speak(input: object = {}, document = query) {
  const { body } = await served().server.query(document, { input: { ...minimal, ...input } });
  return body;
}

/** What comes of an answer. */
async function heard(answer: Answer, input: object = {}, document?: string) {
  served().upstream.answer = answer;
  const { data, errors } = await speak(input, document);
  expect(errors).toBeUndefined();
  return data.speak;
}

describe("the request", () => {
  test("has the fields that were given and nothing else", async () => {
    await speak();
    const [request] = served().upstream.requests;
    expect([request?.method, request?.path, request?.json()]).toEqual(["POST", "/v1/audio/speech", minimal]);
    expect(request?.headers["content-type"]).toBe("application/json");
  });

  test("has every field by its wire name, and those of extraBody", async () => {
    await speak({
      instructions: "Slowly.",
      responseFormat: "OPUS",
      speed: 0.25,
      streamFormat: "SSE",
      extraBody: { lang_code: "a", normalization_options: { unit: true } },
    });
    expect(served().upstream.requests[0]?.json()).toEqual({
      ...minimal,
      instructions: "Slowly.",
      response_format: "opus",
      speed: 0.25,
      stream_format: "sse",
      lang_code: "a",
      normalization_options: { unit: true },
    });
  });

  test("has no field that is null", async () => {
    await speak({ instructions: null, responseFormat: null, speed: null, streamFormat: null, voiceId: null });
    expect(served().upstream.requests[0]?.json()).toEqual(minimal);
  });

  test("has a custom voice as an object", async () => {
    await speak({ voice: null, voiceId: "voice_1234" });
    expect(served().upstream.requests[0]?.json()).toEqual({ ...minimal, voice: { id: "voice_1234" } });
  });

  test("has a long text whole", async () => {
    const input = "Überlänge. ".repeat(5_000);
    await speak({ input });
    expect(served().upstream.requests[0]?.json()).toEqual({ ...minimal, input });
  });

  test.each([
    [{ voiceId: "v" }, "input.voice must not be given together with input.voiceId.", "input.voice"],
    [{ voice: null }, "input.voice or input.voiceId must be given; got neither.", "input.voice"],
    [{ voice: "" }, "input.voice must be 1 to 256 characters long; got 0.", "input.voice"],
    [{ voice: "v".repeat(257) }, "input.voice must be 1 to 256 characters long; got 257.", "input.voice"],
    [{ voice: null, voiceId: "" }, "input.voiceId must be 1 to 256 characters long; got 0.", "input.voiceId"],
    [{ input: "" }, "input.input must be at least 1 character long; got 0.", "input.input"],
    [{ speed: 0.2 }, "input.speed must be between 0.25 and 4; got 0.2.", "input.speed"],
    [{ speed: 4.5 }, "input.speed must be between 0.25 and 4; got 4.5.", "input.speed"],
    [{ model: "a,b" }, "input.model must name one model", "input.model"],
    [{ extraBody: { response_format: "mp3" } }, 'must not hold "response_format"', "input.extraBody"],
    [{ extraBody: { streamFormat: "sse" } }, 'must not hold "streamFormat"', "input.extraBody"],
    [{ extraBody: { stream: true } }, 'must not hold "stream"', "input.extraBody"],
    [{ extraBody: { Voice: "x" } }, 'must not hold "Voice"', "input.extraBody"],
  ])("%j is refused", async (input, message, field) => {
    const { errors } = await speak(input);
    expect(errors).toMatchObject([
      { message: expect.stringContaining(message), extensions: { code: "BAD_USER_INPUT", field } },
    ]);
    expect(served().upstream.requests).toEqual([]);
  });
});

describe("a sound in bytes", () => {
  test("comes whole, with its type and its size", async () => {
    const bytes = noise(300_000);
    const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 70_000), bytes.subarray(70_000)];
    expect(await heard(sound(pieces, "audio/mpeg"))).toEqual({
      data: bytes.toString("base64"),
      contentType: "audio/mpeg",
      sizeBytes: 300_000,
      duration: null,
      usage: null,
    });
  });

  const mp3 = Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x64]), noise(40)]);
  const begins = (...start: number[]) => Buffer.concat([Buffer.from(start), noise(40)]);
  const word = (text: string) => Buffer.concat([Buffer.from(text, "latin1"), noise(40)]);
  test.each<[string, Buffer, string | undefined, string | undefined, string]>([
    ["the upstream's type", noise(40), "audio/x-wav; codecs=1", undefined, "audio/x-wav"],
    ["the upstream's type, whatever was asked for", noise(40), "Audio/FLAC", "MP3", "audio/flac"],
    [
      "the bytes', if the upstream says they are any bytes",
      wav(noise(40)),
      "application/octet-stream",
      "MP3",
      "audio/wav",
    ],
    ["the bytes', if the upstream says nothing", word("OggS"), "", undefined, "audio/ogg"],
    ["the bytes': FLAC", word("fLaC"), "", undefined, "audio/flac"],
    ["the bytes': MP3 with a tag", word("ID3"), "binary/octet-stream", undefined, "audio/mpeg"],
    ["the bytes': MP3 without one", mp3, "", "WAV", "audio/mpeg"],
    ["the bytes': AAC", begins(0xff, 0xf1), "", undefined, "audio/aac"],
    ["the bytes': MP4", word("\0\0\0 ftypM4A "), "", undefined, "audio/mp4"],
    ["the bytes': WebM", begins(0x1a, 0x45, 0xdf, 0xa3), "", undefined, "audio/webm"],
    ["what was asked for, else", noise(40), "application/octet-stream", "AAC", "audio/aac"],
    ["what was asked for, where bare samples look like a frame", mp3, "application/octet-stream", "PCM", "audio/pcm"],
    ["MP3, if there is nothing to go by", noise(40), "", undefined, "audio/mpeg"],
    ["what was asked for, where the upstream's type would do harm", noise(40), "audio/<script>", "WAV", "audio/wav"],
  ])("has %s", async (_, bytes, type, responseFormat, contentType) => {
    expect(await heard(sound(bytes, type), { responseFormat })).toMatchObject({
      contentType,
      data: bytes.toString("base64"),
    });
  });

  const list = Buffer.from("LIST\u0004\0\0\0abcd", "latin1");
  test.each<[string, Buffer, string, number | null]>([
    ["a WAV", wav(Buffer.alloc(24_000)), "audio/wav", 0.5],
    ["a WAV whose size is not known", wav(Buffer.alloc(24_000), { size: 0xffffffff }), "audio/wav", 0.5],
    ["a WAV whose size is 0", wav(Buffer.alloc(24_000), { size: 0 }), "audio/wav", 0.5],
    ["a WAV with something after its samples", wav(Buffer.alloc(24_000), { size: 12_000 }), "audio/wav", 0.25],
    ["a WAV with another chunk before", wav(Buffer.alloc(24_000), { before: list }), "audio/wav", 0.5],
    ["a WAV that is said to be something else", wav(Buffer.alloc(24_000)), "audio/mpeg", 0.5],
    ["bare samples", Buffer.alloc(24_000), "audio/pcm", 0.5],
    ["bare samples of a rate of their own", Buffer.alloc(24_000), "audio/pcm;rate=8000", 1.5],
    ["bare samples of two channels", Buffer.alloc(24_000), 'audio/L16; RATE=6000; x="y"; channels=2', 1],
    ["bare samples of no possible rate", Buffer.alloc(24_000), "audio/pcm; rate=0; channels=-1", 0.5],
    ["a WAV without its head's end", wav(Buffer.alloc(24_000)).subarray(0, 30), "audio/wav", null],
    ["MP3", noise(24_000), "audio/mpeg", null],
  ])("knows the length of %s", async (_, bytes, type, duration) => {
    expect(await heard(sound(bytes, type))).toMatchObject({ duration });
  });

  test.each([
    ["audio/L16;codec=pcm;rate=16000", "audio/l16;rate=16000"],
    ["audio/pcm; rate=8000; channels=2", "audio/pcm;rate=8000;channels=2"],
    ["audio/pcm; rate=1e9", "audio/pcm"],
    ["audio/ogg; codecs=opus", "audio/ogg"],
  ])("said to be %s is %s, in bytes and in JSON", async (type, contentType) => {
    const json64 = json({ audio: noise(48).toString("base64"), content_type: type });
    for (const answer of [sound(noise(48), type), json64]) expect(await heard(answer)).toMatchObject({ contentType });
    const fields = "mutation ($input: SpeakInput!) { speak(input: $input) { url } }";
    const { upstream, server } = await startServed(sound(noise(48), type));
    const { body } = await server.query(fields, { input: minimal });
    const medium = await fetch(new URL(body.data.speak.url, server.url));
    expect([medium.status, medium.headers.get("content-type")]).toEqual([200, contentType]);
    expect(upstream.requests).toHaveLength(1);
  });

  test("has bytes, which are no values: a long one is an answer like any other", async () => {
    const { server } = await startServed(sound(noise(3_000_000)), { MAX_UPSTREAM_VALUES: "1000" });
    const { body } = await server.query(query, { input: minimal });
    expect([body.errors, body.data.speak.sizeBytes]).toEqual([undefined, 3_000_000]);
  });

  test("comes after a failure that passes", async () => {
    const { upstream, server } = await startServed(inTurn(failure(503, {}), sound(noise(10))), { MAX_RETRIES: "1" });
    const { body } = await server.query(query, { input: minimal });
    expect([body.data.speak.sizeBytes, upstream.requests.length]).toEqual([10, 2]);
  });

  test("has a URL if one is selected", async () => {
    const fields = "mutation ($input: SpeakInput!) { speak(input: $input) { url } }";
    const { url } = await heard(sound(Buffer.from("ID3!"), "audio/mpeg"), {}, fields);
    expect(url).toMatch(/^\/media\/[\da-f]{32}\.mp3$/);
  });

  test("may begin as JSON, a page or an event does, if it is said to be a sound", async () => {
    for (const text of ["{}", "<p>", "[1]"]) {
      expect(await heard(sound(Buffer.from(text), "audio/pcm"))).toMatchObject({
        data: Buffer.from(text).toString("base64"),
      });
    }
  });
});

test.each([
  ["bare samples that begin as JSON does", "{", "application/octet-stream"],
  ["bare samples that begin as a list does", "[", ""],
  ["bare samples that begin as a page does", "<", "binary/octet-stream"],
  ["bytes that are said to be JSON", "ID3", "application/json"],
  ["bytes that are said to be text", "OggS", "text/plain"],
])("%s are a sound", async (_, start, type) => {
  const bytes = Buffer.concat([Buffer.from(start), Buffer.alloc(40), noise(400)]);
  expect(await heard(sound(bytes, type), { responseFormat: "PCM" })).toMatchObject({ data: bytes.toString("base64") });
});

describe("a sound in other forms", () => {
  const usage = { input_tokens: 3, output_tokens: 20, total_tokens: 23 };
  const told = { inputTokens: 3, outputTokens: 20, totalTokens: 23, seconds: null, inputTokensDetails: null };
  const delta = (bytes: Buffer, more: object = {}) =>
    event({ type: "speech.audio.delta", audio: bytes.toString("base64"), ...more });
  const end = event({ type: "speech.audio.done", usage });
  const bytes = wav(noise(1_000));

  test.each<[string, Answer, object | null]>([
    ["events", streams(delta(bytes.subarray(0, 50)), delta(bytes.subarray(50)), end), told],
    ["events of a byte each", streams([...bytes].map((byte) => delta(Buffer.from([byte]))).join("") + end), told],
    ["events that end with [DONE] alone", streams(delta(bytes), done), null],
    [
      "SGLang's events",
      streams(
        event({ audio: { data: bytes.toString("base64"), format: "wav" } }),
        event({ audio: null, finish_reason: "stop", usage }),
        done,
      ),
      told,
    ],
    [
      "Mistral's events",
      streams(event({ type: "speech.audio.delta", audio_data: bytes.toString("base64") }), end),
      told,
    ],
    [
      "an older server's events",
      streams(event({ type: "speech.audio.delta", delta: bytes.toString("base64") }), end),
      told,
    ],
    [
      "events beside others",
      streams(event({ type: "ping" }), event({ type: "speech.transcript.delta", delta: "Hello" }), delta(bytes), end),
      told,
    ],
    ["JSON", json({ audio: bytes.toString("base64"), usage }), told],
    ["JSON with a data URL", json({ data: `data:audio/wav;base64,${bytes.toString("base64")}` }), null],
    ["JSON with an object", json({ id: "x", audio: { data: bytes.toString("base64"), transcript: "Hello" } }), null],
    ["JSON with the text beside it", json({ audio: bytes.toString("base64"), text: "Hello!" }), null],
    ["JSON with lines of base64", json({ audioContent: bytes.toString("base64").replace(/.{76}/g, "$&\r\n") }), null],
  ])("%s", async (_, answer, usageTold) => {
    expect(await heard(answer)).toEqual({
      data: bytes.toString("base64"),
      contentType: "audio/wav",
      sizeBytes: bytes.length,
      duration: 1_000 / 48_000,
      usage: usageTold,
    });
  });

  test("has the type that the upstream names beside it", async () => {
    const base64 = noise(40).toString("base64");
    expect(await heard(json({ audio: base64, content_type: "audio/flac" }))).toMatchObject({
      contentType: "audio/flac",
    });
    expect(await heard(json({ audio: base64, response_format: "pcm" }))).toMatchObject({ contentType: "audio/pcm" });
    expect(await heard(json({ audio: base64, format: 3, mime_type: {} }))).toMatchObject({ contentType: "audio/mpeg" });
  });

  test("usage of any shape is read leniently", async () => {
    const odd = { input_tokens: "3", prompt_tokens: 4, input_token_details: { text_tokens: 4 }, seconds: "1.5" };
    expect(await heard(json({ audio: "aGVsbG8=", usage: odd }))).toMatchObject({
      usage: {
        inputTokens: 4,
        outputTokens: null,
        totalTokens: null,
        seconds: 1.5,
        inputTokensDetails: { textTokens: 4, audioTokens: null },
      },
    });
    expect(await heard(json({ audio: "aGVsbG8=", usage: [3] }))).toMatchObject({ usage: null });
  });
});

describe("no sound", () => {
  const cut: Answer = (_, res, req) => {
    openSound(res);
    res.write(noise(100), () => req.socket.destroy());
  };
  const holdsNone = "The upstream's answer to POST /audio/speech holds no sound.";
  test.each<[string, Answer, string, string | RegExp]>([
    ["nothing", sound([], "audio/mpeg"), "UPSTREAM_INVALID_RESPONSE", holdsNone],
    ["a WAV without samples", sound(wav(Buffer.alloc(0)), "audio/wav"), "UPSTREAM_INVALID_RESPONSE", holdsNone],
    ["JSON without a sound", json({ id: "x", object: "speech" }), "UPSTREAM_INVALID_RESPONSE", holdsNone],
    ["JSON with a URL", json({ audio: "https://example.com/a.mp3" }), "UPSTREAM_INVALID_RESPONSE", holdsNone],
    ["JSON with bytes that are none", json({ bytes: "hello", audio: 3 }), "UPSTREAM_INVALID_RESPONSE", holdsNone],
    ["a list", json([1]), "UPSTREAM_INVALID_RESPONSE", holdsNone],
    ["events without a sound", streams(event({ type: "speech.audio.done" })), "UPSTREAM_INVALID_RESPONSE", holdsNone],
    ["an error", failure(400, { message: "No such voice.", param: "voice" }), "UPSTREAM_BAD_REQUEST", "No such voice."],
    ["an error with status 200", json({ error: { message: "No such voice." } }), "UPSTREAM_ERROR", "No such voice."],
    [
      "an error where events were begun",
      streams(
        event({ type: "speech.audio.delta", audio: "aGVs" }),
        event({ type: "speech.audio.error", error: { message: "Out of memory." } }),
      ),
      "UPSTREAM_ERROR",
      "Out of memory.",
    ],
    [
      "a page",
      (_, res) => res.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in</html>"),
      "UPSTREAM_INVALID_RESPONSE",
      /not JSON/,
    ],
    ["a cut body", cut, "UPSTREAM_INTERRUPTED", /broke off/],
    [
      "events of which one cannot be read",
      streams(
        event({ type: "speech.audio.delta", audio: "aGVs" }),
        event({ type: "speech.audio.delta", audio: "https://example.com/a.mp3" }),
        event({ type: "speech.audio.done" }),
      ),
      "UPSTREAM_INVALID_RESPONSE",
      /a piece of a sound that is not base64/,
    ],
    [
      "events cut before their end",
      streams(event({ type: "speech.audio.delta", audio: "aGVs" })),
      "UPSTREAM_INTERRUPTED",
      /broke off before its end/,
    ],
  ])("%s", async (_, answer, code, message) => {
    served().upstream.answer = answer;
    const { data, errors } = await speak();
    expect(data).toEqual({ speak: null });
    expect(errors).toMatchObject([{ message: expect.stringMatching(message), path: ["speak"], extensions: { code } }]);
  });

  test("an answer above MAX_UPSTREAM_BYTES, with a length or without", async () => {
    const { upstream, server } = await startServed(sound(noise(2_000)), { MAX_UPSTREAM_BYTES: "1000" });
    const withLength: Answer = (_, res) => res.writeHead(200, { "content-type": "audio/wav" }).end(noise(2_000));
    for (const answer of [sound(noise(2_000)), withLength]) {
      upstream.answer = answer;
      const { body } = await server.query(query, { input: minimal });
      expect(body.errors).toMatchObject([{ extensions: { code: "UPSTREAM_INVALID_RESPONSE" } }]);
    }
  });

  test("a silent upstream", async () => {
    const silent: Answer = (_, res) => openSound(res);
    const { server } = await startServed(silent, { UPSTREAM_IDLE_TIMEOUT_MS: "50" });
    const { body } = await server.query(query, { input: minimal });
    expect(body.errors).toMatchObject([{ extensions: { code: "UPSTREAM_TIMEOUT" } }]);
  });
});

test("a client that leaves ends the upstream's work", async () => {
  const { upstream, server } = served();
  let begun = () => {};
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  upstream.answer = (_, res) => {
    openSound(res);
    res.write(noise(10), begun);
  };
  const left = new AbortController();
  const asked = server.query(query, { input: minimal }, { signal: left.signal }).catch(() => "left");
  await hasBegun;
  left.abort();
  expect(await asked).toBe("left");
  await upstream.requests[0]?.closed;
});
