// Long values of one member, cut out of an answer while its bytes come: wherever the bytes are cut, and whatever else is there.
import { expect, test } from "vitest";
import { KeptJson } from "../../../src/json/kept-json.ts";
import { KeptMembers } from "../../../src/openai/client/bytes/kept-members.ts";
import { KeptNumbers, KeptText } from "../../../src/openai/client/bytes/kept-values.ts";

const numbers = Array.from({ length: 130 }, (_, place) => Math.fround(Math.cos(place)));
const base64 = Buffer.from(Float32Array.from(numbers).buffer).toString("base64");

function cut(text: string, size = text.length, name = "embedding") {
  const members = new KeptMembers(name);
  const bytes = Buffer.from(text);
  for (let place = 0; place < bytes.length; place += size)
    members.add(Uint8Array.from(bytes.subarray(place, place + size)));
  const { text: rest, restore } = members.end();
  const value = JSON.parse(rest);
  restore(value);
  return { rest, value };
}

const blank = " \n\t\r";
const texts = {
  "a list": `{"data":[{"embedding":[${numbers}]}]}`,
  "a text": `{"data":[{"index":0,"embedding":"${base64}"}]}`,
  "several of both": `{"data":[{"embedding":[${numbers}]},{"embedding":"${base64}"},{"embedding":[${numbers}]}],"n":1}`,
  "blanks everywhere": `{${blank}"embedding"${blank}:${blank}[${blank}${numbers.join(`${blank},${blank}`)}${blank}]${blank}}`,
  "the name as a value": `{"object":"embedding","a":["embedding",{"embedding":[${numbers}]}],"b":"embedding"}`,
  "the name in a text": `{"a":"\\"embedding\\":[1]","b":"x \\"embedding","embedding":[${numbers}]}`,
  "the name twice": `{"embedding":[${numbers}],"embedding":"${base64}"}`,
  "letters of all lengths": `{"a":"é€😀","embedding":[${numbers}],"é€😀":"\\u0065"}`,
};

test.each(Object.entries(texts))("%s is the same value, however its bytes are cut", (_, text) => {
  const expected = JSON.parse(text);
  for (const size of [1, 2, 3, 5, 7, 11, 64, 255, 256, 257, text.length]) {
    const { rest, value } = cut(text, size);
    expect(JSON.parse(JSON.stringify(value))).toEqual(expected);
    expect(rest.length).toBeLessThan(400);
  }
});

test("what is kept is known by its numbers or characters, and by its text", () => {
  const { value } = cut(texts["several of both"]);
  const [list, text] = value.data.map(({ embedding }: { embedding: unknown }) => embedding);
  expect(list).toBeInstanceOf(KeptNumbers);
  expect([...list.numbers]).toEqual(numbers);
  expect([list.values, list.byteLength, String(list)]).toEqual([131, String(list).length, JSON.stringify(numbers)]);
  expect([...list]).toEqual(numbers);
  expect(text).toBeInstanceOf(KeptText);
  expect(Buffer.from(text.characters).toString()).toBe(base64);
  expect([text.values, text.toJSON()]).toEqual([1, base64]);
});

const wide = `0.${"5".repeat(600)}`;
test.each([
  ["a short list", "[1,2,3]"],
  ["a short text", '"AAAA"'],
  ["an empty list", "[]"],
  ["null", "null"],
  ["a number", "7"],
  ["an object", `{"a":[${numbers}]}`],
  ["a list with another value", `[${numbers},null]`],
  ["a list of lists", `[[${numbers}],[${numbers}]]`],
  ["a list of objects", `[{"embedding":[1]},${numbers}]`],
  ["a list with an object that ends it", `[${numbers},{"a":"]"}]`],
  ["a text with another character", `"${base64}é"`],
  ["a text with a quote", `"${base64}\\"${base64}"`],
  ["numbers beyond 32 bits", `[${numbers},1e39]`],
  ["numbers beyond doubles", `[${numbers},1e999]`],
  ["more digits than are read", `[${wide}]`],
])("%s stays as it is", (_, member) => {
  const text = `{"before":1,"embedding":${member},"after":"x"}`;
  for (const size of [1, 10, text.length]) {
    const { rest, value } = cut(text, size);
    expect(rest).toBe(text);
    expect(value).toEqual(JSON.parse(text));
    expect(value.embedding).not.toBeInstanceOf(KeptJson);
  }
});

test.each(
  [
    [
      "00",
      "01",
      "1.",
      ".5",
      "+1",
      "-",
      "1e",
      "1e+",
      "0x1",
      "1_0",
      "NaN",
      "Infinity",
      "1 2",
      "1,,2",
      "1,",
      ",1",
      "--1",
      "1.2.3",
    ].map((bad) => [bad]),
  ].flat(),
)("a list with %s is no JSON, as ever", (bad) => {
  const text = `{"embedding":[${numbers},${bad}]}`;
  expect(() => JSON.parse(text)).toThrow();
  expect(() => cut(text)).toThrow();
});

test("a member of another name stays, and no name is taken for a part of one", () => {
  const text = `{"embeddings":[${numbers}],"an embedding":[${numbers}]}`;
  expect(cut(text).rest).toBe(text);
});

test("blanks without end are looked at once", () => {
  const members = new KeptMembers("embedding");
  members.add(Buffer.from('{"embedding"'));
  const blanks = Buffer.alloc(64 * 1024, " ");
  const begun = performance.now();
  for (let time = 0; time < 500; time++) members.add(blanks);
  members.add(Buffer.from(`:[${numbers}]}`));
  expect(JSON.parse(members.end().text)).toEqual({ embedding: numbers });
  expect(performance.now() - begun).toBeLessThan(5_000);
});
