// What GraphiQL's answer panel reads out of results, without a browser.
import { describe, expect, test } from "vitest";
import { Answer, type ReadChoice } from "../../src/graphiql/browser/reading/answer.ts";
import { isLoadable, readPicture } from "../../src/graphiql/browser/reading/pictures.ts";
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
  reasoning: "",
  refusal: "",
  tools: [],
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
    expect(read).toEqual({ choices: [choice({ text: "Half" })], pictures: [], errors: ["It broke."] });
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
    ["http://127.0.0.1:4000/graphql?query=subscription{chat}", false],
  ])("the page may load %s: %j", (address, expected) => {
    expect(isLoadable(address, "http://127.0.0.1:4000/graphql")).toBe(expected);
  });
});
