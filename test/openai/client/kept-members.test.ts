// Long values of one member, cut out of an answer while its bytes come: wherever the bytes are cut, and whatever else is there.
import { expect, test } from "vitest";
import { KeptJson } from "../../../src/json/kept-json.ts";
import { KeptMembers } from "../../../src/openai/client/bytes/kept-members.ts";
import { KeptNumbers, KeptText } from "../../../src/openai/client/bytes/kept-values.ts";
import { createRandom } from "../../support/random.ts";

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
  const room = new Float32Array(list.count);
  list.readTo(room);
  expect([...room]).toEqual(numbers);
  expect([list.values, list.byteLength, String(list)]).toEqual([131, String(list).length, JSON.stringify(numbers)]);
  expect([...list]).toEqual(numbers);
  expect(text).toBeInstanceOf(KeptText);
  expect([text.text(), text.digits, text.isPlain]).toEqual([base64, base64.replace(/=+$/, "").length, true]);
  expect([text.values, text.toJSON()]).toEqual([1, base64]);
});

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
  ["numbers of five digits before the point", `[${numbers},10000]`],
  ["numbers with an exponent of two digits", `[${numbers},1e10]`],
  ["a text with padding in its middle", `"${base64}==${base64}"`],
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

test.each([
  ["of more numbers than may be kept", `[${"0,".repeat(2 ** 16)}0]`],
  ["of more bytes than may be kept", `[0.${"0".repeat(2 ** 21)}]`],
])("a list %s stays as it is", (_, list) => {
  const text = `{"embedding":${list}}`;
  for (const size of [64 * 1024, text.length]) expect(cut(text, size).rest === text).toBe(true);
});

const { below } = createRandom(7);
const pick = <Entry>(...entries: Entry[]) => entries[below(entries.length)] as Entry;
const digits = (count: number) => Array.from({ length: count }, () => below(10)).join("");
const number = () =>
  [
    pick("", "-"),
    pick("0", "0", "0", "7", `${1 + below(9)}${digits(below(4))}`),
    pick(
      "",
      `.${digits(1 + below(14))}`,
      `.${digits(8 + below(4))}`,
      `.${"0".repeat(below(50))}${digits(1 + below(40))}`,
    ),
    pick("", "", "", `e-${digits(1 + below(3))}`, `E${pick("", "+", "-")}${below(10)}`),
  ].join("");
const list = (count: number) => {
  const gap = pick("", "", " ", "\n    ", "\r\n\t");
  return `[${gap}${Array.from({ length: count }, number).join(pick(",", `,${gap}`, ` ,${gap}`))}${gap}]`;
};

test("numbers of all kinds are read as JSON.parse reads them, to 32 bits", () => {
  for (let time = 0; time < 300; time++) {
    const text = list(200 + below(400));
    const { embedding } = cut(`{"embedding":${text}}`, pick(1, 100, 1_000, 5_000, text.length + 20)).value;
    expect(embedding).toBeInstanceOf(KeptNumbers);
    const room = new Float32Array(embedding.count);
    embedding.readTo(room);
    // Halfway between two floats, the nearest double may round to the other one.
    const read = (JSON.parse(text) as number[]).map((exact, index) => {
      const own = room[index] as number;
      return Math.abs(own - exact) <= 2 ** -23 * Math.abs(exact) * 0.51 || Math.abs(own - exact) < 1e-45 ? own : exact;
    });
    expect([...room]).toEqual(read);
    expect(String(embedding)).toBe(text);
  }
});

test("a list with a wrong byte is as wrong as ever, wherever that is", () => {
  const parsed = (read: () => unknown) => {
    try {
      return JSON.stringify(read());
    } catch {
      return "no JSON";
    }
  };
  for (let time = 0; time < 3_000; time++) {
    const whole = list(100 + below(100));
    const place = below(whole.length);
    const foreign = pick("", "0", "7", ".", "-", "+", "e", "E", ",", "]", "[", " ", "x", "\f", "\u00a0", '"', "null");
    const text = `{"embedding":${whole.slice(0, place)}${foreign}${whole.slice(place + below(2))}}`;
    expect(parsed(() => cut(text, pick(50, 700, text.length)).value)).toBe(parsed(() => JSON.parse(text)));
  }
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
