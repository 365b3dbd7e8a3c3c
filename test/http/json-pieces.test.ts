// Large results in pieces: the same bytes as JSON.stringify's.
import { describe, expect, test } from "vitest";
import { BytesInFlight } from "../../src/http/bytes-in-flight.ts";
import { encodeLarge, encodeSmall } from "../../src/http/json-pieces.ts";

const account = new BytesInFlight(2 ** 30);

const decode = async (value: unknown, maxBytes = 2 ** 30) => {
  const { pieces, length } = await encodeLarge(value, maxBytes, account.open(undefined));
  const bytes = Buffer.concat(pieces as Uint8Array[]);
  expect(bytes).toHaveLength(length);
  return bytes.toString();
};

const long = (text: string, length = 600_000) => text.repeat(Math.ceil(length / text.length)).slice(0, length);

describe("in pieces, the JSON is the same for", () => {
  test.each([
    ["nothing", {}],
    ["a long text", { data: { text: long("a") } }],
    ["a long text of escapes", { data: { text: long('\\"\n\u0001\u2028') } }],
    ["a long text of pairs", { data: { text: long("😀") } }],
    ["a long text of pairs, shifted", { data: { text: `a${long("😀")}` } }],
    ["a long text of lone halves", { data: { text: long("\ud83d") } }],
    [
      "a text under many names",
      { data: Object.fromEntries(Array.from({ length: 30 }, (_, place) => [`a${place}`, long("é")])) },
    ],
    [
      "many values",
      {
        data: {
          list: Array.from({ length: 20_000 }, (_, id) => ({ id, name: `n${id}`, no: null, yes: true, f: 0.5 })),
        },
      },
    ],
    [
      "nested lists",
      { data: Array.from({ length: 200 }, () => Array.from({ length: 100 }, () => ["a", [], {}, [[]]])) },
    ],
    ["odd names", { data: { __proto__x: long("a"), "": long("b"), 'a"\n': long("c"), 1: long("d"), toJSON: "x" } }],
    ["times", { data: { at: new Date(0), text: long("a") } }],
    ["what is not there", { data: { a: undefined, text: long("a"), b: [null] }, errors: undefined }],
  ])("%s", async (_, value) => {
    expect(await decode(value)).toBe(JSON.stringify(value));
  });
});

test("a result is small up to 16 KB, and then it is whole", () => {
  expect(encodeSmall({ data: { text: "a".repeat(16_000) } })).toBe(
    JSON.stringify({ data: { text: "a".repeat(16_000) } }),
  );
  expect(encodeSmall({ data: { text: "a".repeat(17_000) } })).toBeUndefined();
});

test("a limit is met to the byte", async () => {
  const value = { data: { a: long("é"), b: long("é") } };
  const bytes = Buffer.byteLength(JSON.stringify(value));
  expect(await decode(value, bytes)).toHaveLength(JSON.stringify(value).length);
  await expect(decode(value, bytes - 1)).rejects.toMatchObject({ extensions: { code: "OPERATION_TOO_COMPLEX" } });
});

test("a text under many names is encoded once", async () => {
  const text = long("é");
  const { pieces, heldBytes: counted } = await encodeLarge(
    { data: Object.fromEntries(Array.from({ length: 30 }, (_, place) => [`a${place}`, text])) },
    2 ** 30,
    account.open(undefined),
  );
  const held = new Set(pieces.map((piece) => piece.buffer));
  const heldBytes = [...held].reduce((sum, buffer) => sum + buffer.byteLength, 0);
  expect(heldBytes).toBeLessThan(3_000_000);
  expect(counted).toBeLessThan(3_000_000);
});
