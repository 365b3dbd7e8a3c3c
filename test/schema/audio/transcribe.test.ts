// transcribe and translateAudio: the whole form that the upstream gets, and what is refused before it gets any.
import { describe, expect, test } from "vitest";
import { makeBytes, readFile, readParts } from "../../support/multipart.ts";
import { startServed } from "../../support/served-upstream.ts";
import { subscribeSse } from "../../support/subscribe.ts";
import {
  least,
  listeners,
  mutationOf,
  readForm,
  transcribe,
  transcribeStream,
  uploadSound,
  wav,
} from "../../support/transcriptions.ts";
import { json } from "../../support/upstream.ts";

const hello = { text: "Hello" };
const start = (environment: Record<string, string> = {}) => startServed(json(hello), environment);

const common = { model: "gpt-transcribe", prompt: "Zoë's\ntalk", responseFormat: "VERBOSE_JSON", temperature: 0.25 };
const commonForm = [
  ["model", "gpt-transcribe"],
  ["prompt", "Zoë's\r\ntalk"],
  ["response_format", "verbose_json"],
  ["temperature", "0.25"],
];

describe("transcribe sends", () => {
  test("every field as it was given, lists as parts, and the file last", async () => {
    const { upstream, server } = await start();
    const bytes = makeBytes(5_000);
    const voice = "data:audio/wav;base64,UklGRg==";
    const input = {
      ...common,
      language: "de",
      languages: ["de", "en"],
      keywords: ["Yoga", "Pothos"],
      include: ["LOGPROBS"],
      timestampGranularities: ["WORD", "SEGMENT"],
      chunkingStrategy: { serverVad: { prefixPaddingMs: 300, silenceDurationMs: 200, threshold: 0.5 } },
      knownSpeakers: [
        { name: "Ada", reference: voice },
        { name: "Bob", reference: `${voice}#2` },
      ],
      extraBody: { vad_filter: true, hotwords: "a b", seed: 18446744073709551615n, gain: 0.5, off: false },
    };
    const text = JSON.stringify(input, (_, value) => (typeof value === "bigint" ? `@${value}@` : value));
    const operations = `{"query":${JSON.stringify(transcribe)},"variables":{"input":${text.replace(/"@(\d+)@"/, "$1").replace(/^\{/, '{"file":null,')}}}`;
    const form = new FormData();
    form.set("operations", operations);
    form.set("map", '{"0":["variables.input.file"]}');
    form.set("0", wav(bytes));
    const headers = { "graphql-require-preflight": "1" };
    const answer = await fetch(server.url, { method: "POST", body: form, headers });
    expect(await answer.json()).toEqual({ data: { transcribe: hello } });
    const [request, ...others] = upstream.requests;
    expect([request?.method, request?.path, others]).toEqual(["POST", "/v1/audio/transcriptions", []]);
    const [model, prompt, ...rest] = commonForm;
    expect(readForm(request)).toEqual([
      model,
      ["language", "de"],
      ["languages[]", "de"],
      ["languages[]", "en"],
      ["keywords[]", "Yoga"],
      ["keywords[]", "Pothos"],
      prompt,
      ...rest,
      ["include[]", "logprobs"],
      ["timestamp_granularities[]", "word"],
      ["timestamp_granularities[]", "segment"],
      ["chunking_strategy", '{"type":"server_vad","prefix_padding_ms":300,"silence_duration_ms":200,"threshold":0.5}'],
      ["known_speaker_names[]", "Ada"],
      ["known_speaker_names[]", "Bob"],
      ["known_speaker_references[]", voice],
      ["known_speaker_references[]", `${voice}#2`],
      ["vad_filter", "true"],
      ["hotwords", "a b"],
      ["seed", "18446744073709551615"],
      ["gain", "0.5"],
      ["off", "false"],
      ["file", "talk.wav"],
    ]);
    expect(request && readFile(request)).toMatchObject({ name: "file", contentType: "audio/wav", bytes });
  });

  test.each<[string, object, string]>([
    ["auto", { auto: true }, "auto"],
    ["silences by default", { serverVad: {} }, '{"type":"server_vad"}'],
    [
      "silences without nulls",
      { serverVad: { threshold: 0, prefixPaddingMs: null } },
      '{"type":"server_vad","threshold":0}',
    ],
  ])("the chunking strategy %s", async (_, chunkingStrategy, expected) => {
    const { upstream, server } = await start();
    await server.query(transcribe, { input: { ...least, chunkingStrategy } });
    expect(readForm(upstream.requests[0])).toContainEqual(["chunking_strategy", expected]);
  });

  test("stream=true in a subscription, and nothing else more", async () => {
    const { upstream, server } = await start();
    await (await subscribeSse(server.url, transcribeStream, { input: least })).ended;
    expect(readForm(upstream.requests[0])).toEqual([
      ["model", "m"],
      ["stream", "true"],
      ["file", "audio.wav"],
    ]);
  });
});

describe("translateAudio sends", () => {
  test("every field as it was given, and the file last", async () => {
    const { upstream, server } = await start();
    const bytes = makeBytes(5_000);
    const answer = await uploadSound(
      server,
      mutationOf("translateAudio", "text"),
      { ...common, extraBody: { hotwords: "a" } },
      wav(bytes),
    );
    expect(answer.body).toEqual({ data: { translateAudio: hello } });
    const [request, ...others] = upstream.requests;
    expect([request?.method, request?.path, others]).toEqual(["POST", "/v1/audio/translations", []]);
    expect(readForm(request)).toEqual([...commonForm, ["hotwords", "a"], ["file", "talk.wav"]]);
  });
});

const nulls = {
  transcribe: [
    ...["language", "languages", "keywords", "prompt", "responseFormat", "temperature", "include"],
    ...["timestampGranularities", "chunkingStrategy", "knownSpeakers", "extraBody"],
  ],
  translateAudio: ["prompt", "responseFormat", "temperature", "extraBody"],
};

describe.each(listeners)("$field", ({ field, path }) => {
  const operation = mutationOf(field, "text");

  test.each([
    ["absent", {}],
    ["null", Object.fromEntries(nulls[field].map((name) => [name, null]))],
  ])("sends the model and the file alone if the rest is %s", async (_, input) => {
    const { upstream, server } = await start();
    const { body } = await server.query(operation, { input: { ...least, ...input } });
    expect(body).toEqual({ data: { [field]: hello } });
    expect(upstream.requests.map((request) => [request.path, readForm(request)])).toEqual([
      [
        path,
        [
          ["model", "m"],
          ["file", "audio.wav"],
        ],
      ],
    ]);
  });

  test.each<[string, object, string]>([
    ["an empty model", { model: "" }, "input.model must be 1 to 256 characters long; got 0."],
    ["several models", { model: "a,b" }, "input.model must name one model"],
    ["a low temperature", { temperature: -0.1 }, "input.temperature must be between 0 and 1; got -0.1."],
    ["a high temperature", { temperature: 1.1 }, "input.temperature must be between 0 and 1; got 1.1."],
    [
      "a list in extraBody",
      { extraBody: { x: [1] } },
      'input.extraBody must hold text, numbers, true and false alone, as the request is a form; "x" is not.',
    ],
    ["an object in extraBody", { extraBody: { x: {} } }, '"x" is not.'],
    ["null in extraBody", { extraBody: { x: null } }, '"x" is not.'],
    ["the file in extraBody", { extraBody: { file: "x" } }, 'input.extraBody must not hold "file"'],
    ["the model in extraBody", { extraBody: { Model: "x" } }, 'input.extraBody must not hold "Model"'],
    ["stream in extraBody", { extraBody: { stream: true } }, 'input.extraBody must not hold "stream"'],
    ["a part's head in extraBody", { extraBody: { 'x"; filename="y': "x" } }, "input.extraBody must hold names"],
    ["no file", { file: null }, '"Upload!" not to be null.'],
    ["an empty file", { file: "data:audio/wav;base64," }, "input.file must not be empty; got 0 bytes."],
    ["a file by its URL", { file: "https://example.com/a.wav" }, "must be a file part"],
    [
      "broken base64",
      { file: "data:audio/wav;base64,a*b" },
      'input.file: Upload must be a file part of a multipart request, a base64 "data:" URL',
    ],
  ])("refuses %s before anything is sent", async (_, input, message) => {
    const { upstream, server } = await start();
    const { body } = await server.query(operation, { input: { ...least, ...input } });
    expect(body.errors).toMatchObject([
      { message: expect.stringContaining(message), extensions: { code: "BAD_USER_INPUT" } },
    ]);
    expect([upstream.requests, server.faults]).toEqual([[], []]);
  });
});

describe("transcribe refuses", () => {
  const reference = "data:audio/wav;base64,UklGRg==";
  const speaker = { name: "A", reference };
  test.each<[string, object, string]>([
    [
      "five voices",
      { knownSpeakers: Array(5).fill(speaker) },
      "input.knownSpeakers must hold at most 4 entries; got 5.",
    ],
    [
      "a voice by its URL",
      { knownSpeakers: [speaker, { name: "B", reference: "https://example.com/b.wav" }] },
      'input.knownSpeakers[1].reference must be a base64 "data:" URL.',
    ],
    [
      "a voice without a name",
      { knownSpeakers: [{ name: "", reference }] },
      "input.knownSpeakers[0].name must be 1 to 256 characters long; got 0.",
    ],
    ["a long language", { language: "x".repeat(257) }, "input.language must be 0 to 256 characters long; got 257."],
    [
      "a long one among languages",
      { languages: ["en", "x".repeat(257)] },
      "input.languages[1] must be 0 to 256 characters long; got 257.",
    ],
    ["many languages", { languages: Array(257).fill("en") }, "input.languages must hold at most 256 entries; got 257."],
    ["many keywords", { keywords: Array(2_049).fill("a") }, "input.keywords must hold at most 2048 entries; got 2049."],
    ["no chunking", { chunkingStrategy: { auto: false } }, "input.chunkingStrategy.auto must be true; got false."],
    ["two strategies", { chunkingStrategy: { auto: true, serverVad: {} } }, "Exactly one key"],
    [
      "a loud threshold",
      { chunkingStrategy: { serverVad: { threshold: 1.5 } } },
      "input.chunkingStrategy.serverVad.threshold must be between 0 and 1; got 1.5.",
    ],
    [
      "a padding below 0",
      { chunkingStrategy: { serverVad: { prefixPaddingMs: -1 } } },
      "input.chunkingStrategy.serverVad.prefixPaddingMs must be at least 0; got -1.",
    ],
    [
      "a silence below 0",
      { chunkingStrategy: { serverVad: { silenceDurationMs: -1 } } },
      "input.chunkingStrategy.serverVad.silenceDurationMs must be at least 0; got -1.",
    ],
    [
      "a list's name in extraBody",
      { extraBody: { "timestamp-granularities": "word" } },
      'must not hold "timestamp-granularities"',
    ],
  ])("%s, in a mutation and in a subscription", async (_, input, message) => {
    const { upstream, server } = await start();
    const variables = { input: { ...least, ...input } };
    const { body } = await server.query(transcribe, variables);
    const { results, ended } = await subscribeSse(server.url, transcribeStream, variables);
    await ended;
    const error = { message: expect.stringContaining(message), extensions: { code: "BAD_USER_INPUT" } };
    expect([body.errors, results.at(-1).errors]).toMatchObject([[error], [error]]);
    expect([upstream.requests, server.faults]).toEqual([[], []]);
  });
});

describe("a file's name has the format's extension:", () => {
  test.each([
    ["as it is", "talk.mp3", "audio/mpeg", "talk.mp3"],
    ["as it is, in capitals", "TALK.MP3", "audio/mpeg", "TALK.MP3"],
    ["as it is, whatever the type", "talk.m4a", "audio/wav", "talk.m4a"],
    ["of a browser's recording", "blob", "audio/webm;codecs=opus", "blob.webm"],
    ["of Safari's recording", "blob", "audio/mp4", "blob.m4a"],
    ["of a picture with sound", "blob", "video/webm", "blob.webm"],
    ["of a name with a date", "memo 2026.11", "audio/x-wav", "memo 2026.11.wav"],
    ["of a long name", `${"x".repeat(200)}`, "audio/flac", `${"x".repeat(95)}.flac`],
    ["unknown", "blob", "application/octet-stream", "blob"],
    ["unknown, of a type that is no sound's", "blob", "text/plain", "blob"],
    ["of a file without a name", "", "audio/mpeg", "audio.mp3"],
    ["of a harmful one", "../../a;b", "audio/ogg", "ab.ogg"],
  ])("%s", async (_, name, type, expected) => {
    const { upstream, server } = await start();
    const { body } = await uploadSound(server, transcribe, { model: "m" }, new File(["x"], name, { type }));
    expect(body).toEqual({ data: { transcribe: hello } });
    const [request] = upstream.requests;
    expect(request && readParts(request).at(-1)).toMatchObject({ name: "file", filename: expected });
  });

  test.each([
    ["data:audio/wav;base64,UklGRg==", "audio.wav", "audio/wav"],
    ["data:audio/mpeg;base64,SUQz", "audio.mp3", "audio/mpeg"],
    ["data:audio/webm;codecs=opus;base64,GkXf", "audio.webm", "audio/webm"],
    ["data:video/mp4;base64,AAAA", "video.mp4", "video/mp4"],
  ])("of %s", async (file, filename, contentType) => {
    const { upstream, server } = await start();
    await server.query(transcribe, { input: { model: "m", file } });
    const [request] = upstream.requests;
    expect(request && readFile(request)).toMatchObject({ filename, contentType });
  });
});
