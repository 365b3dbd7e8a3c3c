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
    { id: "ada", key: "key-of-ada-0123456789", requestsPerMinute: 5, models: ["gpt-*"] },
    { id: "bob", keySha256: sha256("key-of-bob-0123456789"), tokensPerDay: 1000 },
    { id: "eve", keySha256: sha256("key-of-eve-0123456789").toUpperCase() },
  ]);
  expect(keys.find(digestOf("key-of-ada-0123456789"))).toEqual({
    id: "ada",
    key: "key:ada",
    limits: { requestsPerMinute: 5, models: ["gpt-*"] },
  });
  expect(keys.find(digestOf("key-of-bob-0123456789"))).toEqual({
    id: "bob",
    key: "key:bob",
    limits: { tokensPerDay: 1000 },
  });
  expect(keys.find(digestOf("key-of-eve-0123456789"))).toEqual({ id: "eve", key: "key:eve", limits: {} });
});

test.each([
  ["another key", "key-of-bob-0123456789"],
  ["nothing", ""],
  ["the beginning of a key", "key-of-ad"],
  ["a key and more", "key-of-ada-0123456789 "],
  ["a key in another case", "KEY-OF-ADA-0123456789"],
  ["a key's digest", sha256("key-of-ada-0123456789")],
  ["an owner's id", "ada"],
  ["the name of a property", "__proto__"],
])("%s finds nobody", (_, token) => {
  expect(createKeys([{ id: "ada", key: "key-of-ada-0123456789" }]).find(digestOf(token))).toBeUndefined();
});

test("two keys of one owner find the same caller, each with its own limits", () => {
  const keys = createKeys([
    { id: "ada", key: "old-key-0123456789", requestsPerMinute: 1 },
    { id: "ada", key: "new-key-0123456789" },
  ]);
  expect(keys.find(digestOf("old-key-0123456789"))).toEqual({
    id: "ada",
    key: "key:ada",
    limits: { requestsPerMinute: 1 },
  });
  expect(keys.find(digestOf("new-key-0123456789"))).toEqual({ id: "ada", key: "key:ada", limits: {} });
});

test.each([
  ["in the clear twice", { key: "secret-key-0123456789" }],
  ["once by its digest", { keySha256: sha256("secret-key-0123456789") }],
  ["once by its digest in upper case", { keySha256: sha256("secret-key-0123456789").toUpperCase() }],
])("one key of two owners, %s, is an error that names the places and no key", (_, second) => {
  const create = () =>
    createKeys([
      { id: "ada", key: "secret-key-0123456789" },
      { id: "bob", key: "other-key-0123456789" },
      { id: "eve", ...second },
    ]);
  expect(create).toThrow("The client keys [0] and [2] are the same.");
});

test("the places of two keys that are the same are those in the list, teams counted", () => {
  const create = () =>
    createKeys([
      { team: "one", tokensPerDay: 5 },
      { id: "ada", key: "secret-key-0123456789", team: "two" },
      { team: "two" },
      { id: "eve", key: "secret-key-0123456789" },
    ]);
  expect(create).toThrow("The client keys [1] and [3] are the same.");
});

test("a key of a team finds a caller with the team's limits, wherever the team stands in the list", () => {
  const keys = createKeys([
    { id: "ada", key: "key-of-ada-0123456789", team: "frontend", tokensPerDay: 5, expiresAt: "2030-01-01T00:00:00Z" },
    { team: "frontend", tokensPerMonth: 1000 },
  ]);
  expect(keys.find(digestOf("key-of-ada-0123456789"))).toEqual({
    id: "ada",
    key: "key:ada",
    limits: { tokensPerDay: 5 },
    expiresAt: Date.UTC(2030, 0, 1),
    team: { id: "frontend", key: "team:frontend", limits: { tokensPerMonth: 1000 } },
  });
});

test("a found caller shows no key", () => {
  const caller = createKeys([{ id: "ada", key: "secret-key-0123456789" }]).find(digestOf("secret-key-0123456789"));
  expect(inspect(caller, { depth: null, showHidden: true })).not.toMatch(/secret/);
});
