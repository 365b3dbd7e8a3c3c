// What GraphiQL's answer panel reads out of results, without a browser.
import { describe, expect, test } from "vitest";
import { isLoadable } from "../../src/graphiql/browser/media/addresses.ts";
import { readPicture } from "../../src/graphiql/browser/media/pictures.ts";
import { writeSoundFile } from "../../src/graphiql/browser/media/sound-file.ts";
import { Answer } from "../../src/graphiql/browser/reading/answer.ts";
import type { ReadChoice } from "../../src/graphiql/browser/reading/choices.ts";
import { planReading } from "../../src/graphiql/browser/reading/reading-plan.ts";

const PNG = "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAYAAAAf8/9hAAAAOklEQVR42mMQyNv3nxLMQDMD/u+QQcFEG4CukZBBDKRoxmYI9Q";

function readAll(query: string, results: readonly unknown[], operationName?: string) {
  const plan = planReading(query, operationName);
  if (!plan) throw new Error("The document has no plan.");
  const answer = new Answer(plan);
  for (const result of results) answer.add(result);
  return answer.read();
}

const choice = (given: Partial<ReadChoice>): ReadChoice => ({
  root: "chat",
  index: 0,
  text: "",
  isPlain: false,
  reasoning: "",
  refusal: "",
  tools: [],
  segments: [],
  finishReason: "",
  ...given,
});

describe("texts", () => {
  test("a stream's pieces are joined, whatever their aliases and fragments", () => {
    const query = `
      subscription A($input: ChatInput!) { story: chat(input: $input) { ...Piece } }
      fragment Piece on ChatCompletionChunk { choices { number: index ... on ChatChunkChoice { more: delta { words: content thoughts: reasoning } } } }
    `;
    const piece = (number: number, words: string | null, thoughts: string | null = null) => ({
      data: { story: { choices: [{ number, more: { words, thoughts } }] } },
    });
    const read = readAll(query, [
      piece(1, "B"),
      piece(0, null, "Hm"),
      piece(0, "A", "."),
      piece(1, "b"),
      piece(0, "a"),
    ]);
    expect(read.choices).toEqual([
      choice({ root: "story", text: "Aa", reasoning: "Hm." }),
      choice({ root: "story", index: 1, text: "Bb" }),
    ]);
  });

  test.each([
    [
      "chat",
      "{ text textSoFar }",
      [
        { text: "He", textSoFar: "He" },
        { text: "y", textSoFar: "Hey" },
      ],
    ],
    ["chat", "{ textSoFar }", [{ textSoFar: "He" }, { textSoFar: "Hey" }]],
    ["complete", "{ text }", [{ text: "He" }, { text: null }, { text: "y" }]],
    [
      "complete",
      "{ choices { index text } }",
      [{ choices: [{ index: 0, text: "He" }] }, { choices: [{ index: 0, text: "y" }] }],
    ],
    [
      "chat",
      "{ text choices { index delta { content } } }",
      [
        { text: "He", choices: [{ index: 0, delta: { content: "He" } }] },
        { text: "y", choices: [{ index: 0, delta: { content: "y" } }] },
      ],
    ],
    [
      "chat",
      "{ soFar { choices { index message { content } } } }",
      [
        { soFar: { choices: [{ index: 0, message: { content: "He" } }] } },
        { soFar: { choices: [{ index: 0, message: { content: "Hey" } }] } },
      ],
    ],
  ])("a stream of %s %s says its text once", (root, selection, values) => {
    const results = values.map((value) => ({ data: { [root]: value } }));
    expect(readAll(`subscription { ${root}(input: {}) ${selection} }`, results).choices).toEqual([
      choice({ root, text: "Hey" }),
    ]);
  });

  test("a whole answer gives every choice, of every root field", () => {
    const query = `mutation {
      a: chat(input: {}) { text choices { index message { content refusal } finishReason } }
      b: complete(input: {}) { choices { index text } }
    }`;
    const data = {
      a: {
        text: "One",
        choices: [
          { index: 0, message: { content: "One", refusal: null }, finishReason: "STOP" },
          { index: 1, message: { content: null, refusal: "No" }, finishReason: "LENGTH" },
        ],
      },
      b: { choices: [{ index: 0, text: "Two" }] },
    };
    expect(readAll(query, [{ data }]).choices).toEqual([
      choice({ root: "a", text: "One", finishReason: "STOP" }),
      choice({ root: "a", index: 1, refusal: "No", finishReason: "LENGTH" }),
      choice({ root: "b", text: "Two" }),
    ]);
  });

  test("tool calls are named, their arguments joined by their numbers", () => {
    const query = `subscription { chat(input: {}) { choices { index delta { toolCalls { index id function { name arguments } custom { name input } } } } } }`;
    const piece = (index: number, call: object) => ({
      data: {
        chat: {
          choices: [{ index: 0, delta: { toolCalls: [{ index, id: null, function: null, custom: null, ...call }] } }],
        },
      },
    });
    const read = readAll(query, [
      piece(0, { id: "a", function: { name: "weather", arguments: "" } }),
      piece(1, { id: "b", custom: { name: "shell", input: "ls" } }),
      piece(0, { function: { name: null, arguments: '{"city":' } }),
      piece(0, { function: { name: null, arguments: '"Paris"}' } }),
      piece(1, { custom: { name: null, input: " -l" } }),
    ]);
    expect(read.choices[0]?.tools).toEqual([
      { name: "weather", input: '{"city":"Paris"}' },
      { name: "shell", input: "ls -l" },
    ]);
  });

  test("of several operations the one that ran counts", () => {
    const query = "mutation A { chat(input: {}) { text } } mutation B { b: chat(input: {}) { t: text } }";
    expect(readAll(query, [{ data: { b: { t: "Yes" } } }], "B").choices).toEqual([choice({ root: "b", text: "Yes" })]);
  });

  test("a failed stream keeps what it has said", () => {
    const query = "subscription { chat(input: {}) { text } }";
    const read = readAll(query, [{ data: { chat: { text: "Half" } } }, { errors: [{ message: "It broke." }] }]);
    expect(read).toEqual({ choices: [choice({ text: "Half" })], pictures: [], sounds: [], errors: ["It broke."] });
  });

  test("what has come last, told again with an error, counts once", () => {
    const data = { chat: { text: "Half" } };
    const read = readAll("subscription { chat(input: {}) { text } }", [
      { data },
      { data, errors: [{ message: "Cut." }] },
    ]);
    expect([read.choices[0]?.text, read.errors]).toEqual(["Half", ["Cut."]]);
  });

  test.each([
    null,
    5,
    [],
    { data: 5 },
    { data: { chat: 7 } },
    { data: { chat: { choices: { index: "x", message: [[null]] } } } },
  ])("a result of %j does no harm", (result) => {
    expect(
      readAll("mutation { chat(input: {}) { choices { index message { content } } } }", [result]).pictures,
    ).toEqual([]);
  });

  test.each([
    "{",
    "",
    "type A { b: Int }",
    "mutation { ...A } fragment A on Mutation { ...B } fragment B on Mutation { ...A }",
  ])("a document of %j has nothing to read", (query) => {
    expect([...(planReading(query)?.fields.keys() ?? [])]).toEqual([]);
  });
});

describe("pictures", () => {
  test("of every form are found once, in their order", () => {
    const query = `mutation {
      imageVariations(input: {}) { list: data { address: url b: b64Json } }
      chat(input: {}) { extra choices { message { images { url } annotations { url } } } }
    }`;
    const url = "https://pictures.example/one";
    const data = {
      imageVariations: {
        list: [
          { address: url, b: null },
          { address: url, b: PNG },
        ],
      },
      chat: {
        extra: {
          files: [{ b64_json: "/9j/".padEnd(80, "A") }, { url: "https://pictures.example/two.WEBP?x=1" }],
          note: "none",
        },
        choices: [
          {
            message: {
              images: [{ url: "data:image/png;base64,AAAA" }],
              annotations: [{ url: "https://cited.example/page" }],
            },
          },
        ],
      },
    };
    expect(readAll(query, [{ data }, { data }]).pictures).toEqual([
      url,
      `data:image/png;base64,${PNG}`,
      `data:image/jpeg;base64,${"/9j/".padEnd(80, "A")}`,
      "https://pictures.example/two.WEBP?x=1",
      "data:image/png;base64,AAAA",
    ]);
  });

  test.each([
    ["iVBORw0KGgo", "b64Json"],
    [`iVBORw0KGgo${"é".repeat(90)}`, "b64Json"],
    [`UklGRgAAAABXQVZF${"A".repeat(90)}`, "b64Json"],
    ["/\\host/a.png", "url"],
    ["/", "text"],
    ["javascript:alert(1)//a.png", "url"],
    ["data:image/svg+xml;base64,PHN2Zz4=", "url"],
    ["data:text/html;base64,PHN2Zz4=", "url"],
    ["file:///etc/a.png", "url"],
    ["https://", "url"],
    ["//host/a.png", "url"],
  ])("%s is none", (value, name) => {
    expect(readPicture(value, { name, parent: "data" })).toBeUndefined();
  });

  test.each([
    ["data:image/png;base64,AAAA", true],
    ["http://127.0.0.1:4000/graphql/pictures/img-1.png", true],
    ["http://127.0.0.1:4001/graphql/pictures/img-1.png", false],
    ["https://127.0.0.1:4000/a.png", false],
    ["http://127.0.0.1:4000@other.example/a.png", false],
    ["DATA:image/png;base64,AAAA", true],
    ["/media/a.png", true],
    ["/media/a.png?query={viewer{id}}", false],
    ["/\t/other.example/a.png", false],
    ["http://127.0.0.1:4000/graphql?query=subscription{chat}", false],
  ])("the page may load %s: %j", (address, expected) => {
    expect(isLoadable(address, "http://127.0.0.1:4000/graphql")).toBe(expected);
  });
});

describe("pictures as they get better", () => {
  const at = (name: string) => `/media/${name}.png`;
  const event = (name: string, partialImageIndex: number | null) => ({
    type: `image_generation.${partialImageIndex === null ? "completed" : "partial_image"}`,
    isPartial: partialImageIndex !== null,
    partialImageIndex,
    image: { url: at(name), b64Json: null },
  });
  const events = [event("a", 0), event("b", 1), event("c", null), event("d", 0), event("e", null)];
  const readUpTo = (fields: string, count: number) =>
    readAll(
      `subscription { imageGenerations(input: {}) { ${fields} image { url } } }`,
      events.slice(0, count).map((value) => ({ data: { imageGenerations: value } })),
    ).pictures;

  test.each(["isPartial", "partialImageIndex", "type"])(
    "an unfinished one goes, a finished one stays, by %s",
    (field) => {
      const shown = events.map((_, index) => readUpTo(field, index + 1));
      expect(shown).toEqual([[at("a")], [at("b")], [at("c")], [at("c"), at("d")], [at("c"), at("e")]]);
    },
  );

  test("the newest one is shown if they say nothing of themselves", () => {
    expect(readUpTo("createdAt", 3)).toEqual([at("c")]);
  });

  test("aliases change nothing, and a picture with an address and base64 is shown once", () => {
    const read = readAll(
      "subscription { a: imageEdits(input: {}) { more: isPartial picture: image { b: b64Json u: url } } }",
      [
        { data: { a: { more: true, picture: { b: PNG, u: at("a") } } } },
        { data: { a: { more: false, picture: { b: PNG.replace("Pz", "AA"), u: at("b") } } } },
      ],
    );
    expect(read.pictures).toEqual([`data:image/png;base64,${PNG.replace("Pz", "AA")}`]);
  });

  test("those of a mutation all stay", () => {
    const data = { imageGenerations: { data: [{ url: at("a") }, { url: at("b") }] } };
    expect(readAll("mutation { imageGenerations(input: {}) { data { url } } }", [{ data }]).pictures).toEqual([
      at("a"),
      at("b"),
    ]);
  });
});

describe("sounds", () => {
  const WAV = Buffer.from("RIFF\0\0\0\0WAVEfmt ").toString("base64");
  const speak = (fields: string, value: object) =>
    readAll(`mutation { speak(input: {}) { ${fields} } }`, [{ data: { speak: value } }]).sounds;

  test.each([
    ["/media/a.mp3", "url"],
    ["/media/a", "url"],
    ["https://sounds.example/a.ogg?x=1", "url"],
    ["data:audio/mpeg;base64,SUQz", "url"],
    ["data:audio/L16;rate=24000;channels=1;base64,AAAA", "address: url"],
  ])("%s is one", (address, field) => {
    expect(speak(field, { url: address, address })).toEqual([{ address }]);
  });

  test.each(["javascript:alert(1)//a.mp3", "data:text/html;base64,AAAA", "//host/a.mp3", "", "a.mp3"])(
    "%s is none",
    (url) => {
      expect(speak("url", { url })).toEqual([]);
    },
  );

  test("data is of the type that the answer says, or that it begins like", () => {
    const said = { contentType: "audio/pcm", data: "AAAA", url: "/media/a.pcm" };
    expect(speak("contentType data url", said)).toEqual([{ contentType: "audio/pcm", pieces: ["AAAA"] }]);
    expect(speak("data", { data: WAV })).toEqual([{ contentType: "audio/wav", pieces: [WAV] }]);
    expect(speak("contentType data", { contentType: "application/octet-stream", data: "SUQzBAAA" })).toEqual([
      { contentType: "audio/mpeg", pieces: ["SUQzBAAA"] },
    ]);
    expect(speak("data", { data: "AAAA" })).toEqual([]);
    expect(speak("contentType data", { contentType: "audio/mpeg", data: "<html>" })).toEqual([]);
  });

  test.each([
    ["//s=", "audio/mpeg"],
    ["//OExAAA", "audio/mpeg"],
    ["//FQgAAA", "audio/aac"],
    ["T2dnUwAC", "audio/ogg"],
    ["ZkxhQwAA", "audio/flac"],
  ])("%s begins like %s", (data, contentType) => {
    expect(speak("data", { data })).toEqual([{ contentType, pieces: [data] }]);
  });

  test("a stream's pieces are one sound", () => {
    const pieces = [WAV, "AAAA", "", "BBBB"];
    const results = pieces.map((data, index) => ({ data: { speak: { index, data, contentType: "audio/wav" } } }));
    expect(readAll("subscription { speak(input: {}) { index data contentType } }", results).sounds).toEqual([
      { contentType: "audio/wav", pieces: [WAV, "AAAA", "BBBB"] },
    ]);
  });

  test("bare samples get the header of a WAV, everything else stays as it is", async () => {
    const mp3 = writeSoundFile({ contentType: "audio/mpeg", pieces: ["SUQz", "BAA="] });
    expect([mp3.type, Buffer.from(await mp3.arrayBuffer()).toString("base64")]).toEqual(["audio/mpeg", "SUQzBAA="]);
    const wav = writeSoundFile({ contentType: "audio/L16; rate=8000; channels=2", pieces: ["AQACAA==", "AwAEAA=="] });
    const bytes = Buffer.from(await wav.arrayBuffer());
    expect([wav.type, bytes.length, bytes.readUInt32LE(4), bytes.readUInt32LE(40)]).toEqual(["audio/wav", 52, 44, 8]);
    expect([bytes.readUInt16LE(22), bytes.readUInt32LE(24), bytes.readUInt32LE(28)]).toEqual([2, 8_000, 32_000]);
    expect(bytes.subarray(44)).toEqual(Buffer.from([1, 0, 2, 0, 3, 0, 4, 0]));
    const plain = Buffer.from(await writeSoundFile({ contentType: "audio/pcm", pieces: ["AQA="] }).arrayBuffer());
    expect([plain.readUInt16LE(22), plain.readUInt32LE(24)]).toEqual([1, 24_000]);
  });
});

describe("transcripts", () => {
  const SRT = "1\n00:00:00,000 --> 00:00:01,000\nHi *there*\n";

  test.each(["transcribe", "translateAudio"])("the text of %s is no Markdown", (root) => {
    const { choices } = readAll(`mutation { a: ${root}(input: {}) { text } }`, [{ data: { a: { text: SRT } } }]);
    expect(choices).toEqual([choice({ root: "a", text: SRT, isPlain: true })]);
  });

  test("segments are told apart by speaker and time, and are not the text", () => {
    const query = "mutation { transcribe(input: {}) { text segments { speaker start text } words { word } } }";
    const segments = [
      { speaker: "A", start: 0, text: "Hi." },
      { speaker: null, start: null, text: "Ho." },
    ];
    const { choices } = readAll(query, [
      { data: { transcribe: { text: "Hi. Ho.", segments, words: [{ word: "Hi" }] } } },
    ]);
    expect(choices).toEqual([
      choice({
        root: "transcribe",
        text: "Hi. Ho.",
        isPlain: true,
        segments: [
          { speaker: "A", start: 0, text: "Hi." },
          { speaker: "", start: undefined, text: "Ho." },
        ],
      }),
    ]);
  });

  test("a stream's segments are added one after the other", () => {
    const query = "subscription { transcribe(input: {}) { textSoFar segment { speaker text } } }";
    const event = (textSoFar: string, segment: object | null) => ({ data: { transcribe: { textSoFar, segment } } });
    const { choices } = readAll(query, [
      event("Hi.", { speaker: "A", text: "Hi." }),
      event("Hi. Ho.", { speaker: "B", text: "Ho." }),
      event("Hi. Ho.", null),
    ]);
    expect(choices[0]?.text).toBe("Hi. Ho.");
    expect(choices[0]?.segments.map(({ speaker, text }) => speaker + text)).toEqual(["AHi.", "BHo."]);
  });
});
