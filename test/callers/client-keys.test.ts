// Client keys: each leads to its caller, and none is kept in plain text.
import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { clientKeys, sha256 as digestOf } from "../../src/callers/caller-schema.ts";
import { createClientKeys } from "../../src/callers/client-keys.ts";

/** As the configuration has them. */
const createKeys = (entries: object[]) => createClientKeys(clientKeys.parse(entries));
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("a key finds its owner and the owner's limits, given in the clear or by its digest in either case", () => {
  const keys = createKeys([
    { id: "ada", key: "key-of-ada", requestsPerMinute: 5, models: ["gpt-*"] },
    { id: "bob", keySha256: sha256("key-of-bob"), tokensPerDay: 1000 },
    { id: "eve", keySha256: sha256("key-of-eve").toUpperCase() },
  ]);
  expect(keys.find(digestOf("key-of-ada"))).toEqual({
    id: "ada",
    key: "key:ada",
    limits: { requestsPerMinute: 5, models: ["gpt-*"] },
  });
  expect(keys.find(digestOf("key-of-bob"))).toEqual({ id: "bob", key: "key:bob", limits: { tokensPerDay: 1000 } });
  expect(keys.find(digestOf("key-of-eve"))).toEqual({ id: "eve", key: "key:eve", limits: {} });
});

test.each([
  ["another key", "key-of-bob"],
  ["nothing", ""],
  ["the beginning of a key", "key-of-ad"],
  ["a key and more", "key-of-ada "],
  ["a key in another case", "KEY-OF-ADA"],
  ["a key's digest", sha256("key-of-ada")],
  ["an owner's id", "ada"],
  ["the name of a property", "__proto__"],
])("%s finds nobody", (_, token) => {
  expect(createKeys([{ id: "ada", key: "key-of-ada" }]).find(digestOf(token))).toBeUndefined();
});

test("two keys of one owner find the same caller, each with its own limits", () => {
  const keys = createKeys([
    { id: "ada", key: "old-key", requestsPerMinute: 1 },
    { id: "ada", key: "new-key" },
  ]);
  expect(keys.find(digestOf("old-key"))).toEqual({ id: "ada", key: "key:ada", limits: { requestsPerMinute: 1 } });
  expect(keys.find(digestOf("new-key"))).toEqual({ id: "ada", key: "key:ada", limits: {} });
});

test.each([
  ["in the clear twice", { key: "secret-key" }],
  ["once by its digest", { keySha256: sha256("secret-key") }],
  ["once by its digest in upper case", { keySha256: sha256("secret-key").toUpperCase() }],
])("one key of two owners, %s, is an error that names the places and no key", (_, second) => {
  const create = () =>
    createKeys([
      { id: "ada", key: "secret-key" },
      { id: "bob", key: "other" },
      { id: "eve", ...second },
    ]);
  expect(create).toThrow("The client keys [0] and [2] are the same.");
});

test("a found caller shows no key", () => {
  const caller = createKeys([{ id: "ada", key: "secret-key" }]).find(digestOf("secret-key"));
  expect(inspect(caller, { depth: null, showHidden: true })).not.toMatch(/secret/);
});
