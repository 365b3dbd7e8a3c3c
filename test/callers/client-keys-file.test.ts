// CLIENT_KEYS_FILE: what it may contain, how a change is noticed, and what happens with a bad version.
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { sha256 as digestOf } from "../../src/callers/caller-schema.ts";
import { openClientKeysFile } from "../../src/callers/client-keys-file.ts";
import { makePipe } from "../support/pipe.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
/** Keys must be long. */
const long = (key: string) => `${key}-0123456789abcdef`;
const listOf = (...keys: string[]) => JSON.stringify(keys.map((key) => ({ id: `owner of ${key}`, key: long(key) })));

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "client-keys-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

function open(path: string, forbidden?: string) {
  const faults: unknown[] = [];
  const file = openClientKeysFile({
    path,
    forbidden: () => (forbidden === undefined ? [] : [forbidden]),
    report: (fault) => faults.push(fault),
  });
  onTestFinished(() => file.close());
  return { file, faults, has: (key: string) => file.find(digestOf(long(key))) !== undefined };
}

/** Opens a file of the given text. */
function openText(text: string, forbidden?: string) {
  const path = join(makeDirectory(), "secret-path.json");
  writeFileSync(path, text);
  return { path, ...open(path, forbidden) };
}

/** Waits until the file's change has been noticed. */
const eventually = <Value>(read: () => Value) => expect.poll(read, { timeout: 10_000, interval: 20 });

test("the file's keys find their owners", () => {
  const { file, faults } = openText(JSON.stringify([{ id: "ada", key: long("key-1"), requestsPerMinute: 5 }]));
  expect(file.find(digestOf(long("key-1")))).toEqual({ id: "ada", key: "key:ada", limits: { requestsPerMinute: 5 } });
  expect(file.find(digestOf(long("key-2")))).toBeUndefined();
  expect(faults).toEqual([]);
});

test("line ends and a byte order mark as editors on Windows write them are fine", () => {
  const { has, faults } = openText(
    `\ufeff${JSON.stringify(JSON.parse(listOf("a", "b")), null, 2).replaceAll("\n", "\r\n")}\r\n`,
  );
  expect([has("a"), has("b"), faults]).toEqual([true, true, []]);
});

describe("a bad file at the start is an error that names the variable and the place, and no value:", () => {
  test.each([
    ["no JSON", '[{"id": "secret', "CLIENT_KEYS_FILE is not JSON."],
    ["nothing", "", "CLIENT_KEYS_FILE is not JSON."],
    ["an object", '{"id":"secret"}', "it must be a list"],
    ["a string for an entry", '["secret"]', "[0] is not valid"],
    ["an entry without id", '[{"id":"a","key":"secret1"},{"key":"secret2"}]', "[1].id is not valid"],
    ["an entry without key", '[{"id":"secret"}]', "[0] must have one of key and keySha256"],
    [
      "an entry with key and digest",
      JSON.stringify([{ id: "secret", key: "secret", keySha256: sha256("secret") }]),
      "[0] must have one of key and keySha256",
    ],
    ["a key with a comma", '[{"id":"a","key":"secret,"}]', "[0].key is not valid"],
    ["a key with a space", '[{"id":"a","key":"sec ret"}]', "[0].key is not valid"],
    ["a digest that is none", '[{"id":"a","keySha256":"secret"}]', "[0].keySha256 is not valid"],
    ["a limit below 0", '[{"id":"a","key":"secret","tokensPerDay":-1}]', "[0].tokensPerDay is not valid"],
    ["a model that is no string", '[{"id":"a","key":"secret","models":["secret",7]}]', "[0].models[1] is not valid"],
    ["an unknown field", '[{"id":"a","key":"secret","secret-field":1}]', "[0] has an unknown field"],
    [
      "one key twice",
      listOf("secret", "other", "secret"),
      "CLIENT_KEYS_FILE: The client keys [0] and [2] are the same.",
    ],
  ])("%s", (_, text, message) => {
    const openBad = () => openText(text);
    expect(openBad).toThrow(message);
    expect(openBad).toThrow(/^CLIENT_KEYS_FILE/);
    expect(openBad).not.toThrow(/sec ?ret/);
  });

  test("a key that is too short, whose owner is named", () => {
    const openShort = () => openText(JSON.stringify([{ id: "bob", key: "secret-of-15-ch" }]));
    expect(openShort).toThrow(
      'CLIENT_KEYS_FILE is not a list of client keys: [0].key is too short: "bob" needs one of at least 16 characters.',
    );
  });

  test("every bad entry is named, up to ten", () => {
    const openBad = (count: number) => () => openText(JSON.stringify(Array(count).fill({ id: "a", key: "sec ret" })));
    expect(openBad(2)).toThrow("list of client keys: [0].key is not valid; [1].key is not valid.");
    expect(openBad(1000)).toThrow(/\[9\]\.key is not valid\.$/);
  });

  test("none, or a directory", () => {
    const directory = makeDirectory();
    expect(() => open(join(directory, "secret"))).toThrow(/^CLIENT_KEYS_FILE cannot be read: ENOENT\.$/);
    expect(() => open(directory)).toThrow(/^CLIENT_KEYS_FILE cannot be read: EISDIR\.$/);
  });
});

test.each([
  ["in the clear", JSON.stringify([{ id: "a", key: long("sk-upstream") }])],
  ["by its digest", JSON.stringify([{ id: "a", keySha256: sha256(long("sk-upstream")) }])],
])("the upstream's own key, %s, is refused", (_, text) => {
  expect(() => openText(text, long("sk-upstream"))).toThrow("CLIENT_KEYS_FILE must not hold OPENAI_API_KEY.");
  expect(openText(text, "sk-other").has("sk-upstream")).toBe(true);
});

describe("a change is noticed:", () => {
  test("the file is written over", async () => {
    const { path, has, faults } = openText(listOf("key-1"));
    writeFileSync(path, listOf("key-2", "key-3"));
    await eventually(() => has("key-2")).toBe(true);
    expect(has("key-1")).toBe(false);
    expect(faults).toEqual([]);
  });

  test("another file of the same size takes its name", async () => {
    const { path, has, faults } = openText(listOf("key-1"));
    writeFileSync(`${path}.new`, listOf("key-2"));
    renameSync(`${path}.new`, path);
    await eventually(() => has("key-2")).toBe(true);
    expect(has("key-1")).toBe(false);
    expect(faults).toEqual([]);
  });

  test("a symlink on the way leads elsewhere, as Kubernetes swaps a mounted secret", async () => {
    const directory = makeDirectory();
    for (const version of ["1", "2"]) {
      mkdirSync(join(directory, `..${version}`));
      writeFileSync(join(directory, `..${version}`, "keys.json"), listOf(`key-${version}`));
    }
    symlinkSync("..1", join(directory, "..data"));
    symlinkSync(join("..data", "keys.json"), join(directory, "keys.json"));
    const { has, faults } = open(join(directory, "keys.json"));
    expect(has("key-1")).toBe(true);
    symlinkSync("..2", join(directory, "..data_tmp"));
    renameSync(join(directory, "..data_tmp"), join(directory, "..data"));
    await eventually(() => has("key-2")).toBe(true);
    expect(has("key-1")).toBe(false);
    expect(faults).toEqual([]);
  });

  test("the file goes and comes back; meanwhile the old keys stay", async () => {
    const { path, has, faults } = openText(listOf("key-1"));
    unlinkSync(path);
    await eventually(() => faults.length).toBe(1);
    expect(String(faults[0])).toBe("Error: CLIENT_KEYS_FILE cannot be read: ENOENT.");
    expect(has("key-1")).toBe(true);
    writeFileSync(path, listOf("key-2"));
    await eventually(() => has("key-2")).toBe(true);
    expect(faults).toHaveLength(1);
  });

  test("a bad version is reported once and leaves the old keys, until a good one comes", async () => {
    const { path, has, faults } = openText(listOf("key-1"));
    writeFileSync(path, `${listOf("secret-1")}]`);
    await eventually(() => faults.length).toBe(1);
    expect(String(faults[0])).toBe("Error: CLIENT_KEYS_FILE is not JSON.");
    expect(has("key-1")).toBe(true);
    expect(has("secret-1")).toBe(false);
    writeFileSync(path, listOf("key-2"));
    await eventually(() => has("key-2")).toBe(true);
    expect(has("key-1")).toBe(false);
    expect(faults).toHaveLength(1);
  });
});

describe("on demand", () => {
  test("the file is read again at once", () => {
    const { path, file, has } = openText(listOf("key-1"));
    writeFileSync(path, listOf("key-2"));
    file.reload();
    expect(has("key-2")).toBe(true);
    expect(has("key-1")).toBe(false);
  });

  test.each([
    ["a version with the upstream's own key", listOf("key-2", "sk-upstream")],
    ["a version with one key twice", listOf("key-2", "key-2")],
  ])("%s is reported and leaves the old keys", (_, text) => {
    const { path, file, has, faults } = openText(listOf("key-1"), long("sk-upstream"));
    writeFileSync(path, text);
    file.reload();
    expect(faults).toEqual([expect.objectContaining({ message: expect.stringMatching(/^CLIENT_KEYS_FILE/) })]);
    expect(has("key-1")).toBe(true);
    expect(has("key-2")).toBe(false);
  });
});

describe("a path that leads to something else is an error at the start, and later a fault that leaves the old keys:", () => {
  const kinds: [string, (path: string) => void, RegExp][] = [
    ["a pipe that nobody writes", makePipe, /: ENOTREG\.$/],
    ["a directory", (path) => mkdirSync(path), /: EISDIR\.$/],
    ["a device without an end", (path) => symlinkSync("/dev/zero", path), /: ENOTREG\.$/],
    ["a terminal", (path) => symlinkSync("/dev/tty", path), /: (?:ENOTREG|ENXIO)\.$/],
    ["a symlink to itself", (path) => symlinkSync(path, path), /: ELOOP\.$/],
    ["a symlink to nothing", (path) => symlinkSync(`${path}.gone`, path), /: ENOENT\.$/],
    ["a socket", (path) => listenAt(path), /: ENOTREG\.$/],
    ["a file of more than 64 MiB", (path) => truncateSync(createEmpty(path), 64 * 2 ** 20 + 1), /: EFBIG\.$/],
    ["an empty file", (path) => void createEmpty(path), / is not JSON\.$/],
    ["bytes that are no text", (path) => writeFileSync(path, Buffer.alloc(1_000, 0xfe)), / is not JSON\.$/],
    ["lists in lists", (path) => writeFileSync(path, "[".repeat(100_000)), / is not JSON\.$/],
  ];

  test.each(kinds)("%s", async (_, make, message) => {
    const bad = join(makeDirectory(), "secret");
    make(bad);
    expect(() => open(bad)).toThrow(message);
    expect(() => open(bad)).toThrow(/^CLIENT_KEYS_FILE/);
    const { path, has, file, faults } = openText(listOf("key-1"));
    unlinkSync(path);
    make(path);
    await eventually(() => faults.length).toBe(1);
    expect(String(faults[0])).toMatch(message);
    expect(has("key-1")).toBe(true);
    file.reload();
    expect(faults).toHaveLength(2);
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, listOf("key-2"));
    await eventually(() => has("key-2")).toBe(true);
    expect(has("key-1")).toBe(false);
  });

  test("a version with a key that is too short", () => {
    const { path, file, has, faults } = openText(listOf("key-1"));
    writeFileSync(path, JSON.stringify([{ id: "bob", key: "secret-of-15-ch" }]));
    file.reload();
    expect(String(faults[0])).toMatch(/"bob" needs one of at least 16 characters\.$/);
    expect(String(faults[0])).not.toContain("secret");
    expect(has("key-1")).toBe(true);
  });
});

function createEmpty(path: string): string {
  writeFileSync(path, "");
  return path;
}

/** Opens a socket in the file system. */
function listenAt(path: string): void {
  const server = createServer().listen(path);
  onTestFinished(() => void server.close());
}

test("an empty list takes the last key back: nobody may call", () => {
  const { path, file, has, faults } = openText(listOf("key-1"));
  writeFileSync(path, "[]");
  file.reload();
  expect([has("key-1"), faults]).toEqual([false, []]);
});

test("once closed, the file is looked at no more", async () => {
  const closed = openText(listOf("key-1"));
  closed.file.close();
  writeFileSync(closed.path, listOf("key-2"));
  // Another file, watched from later on, shows when a look is due.
  const witness = openText(listOf("key-1"));
  writeFileSync(witness.path, listOf("key-2", "key-3"));
  await eventually(() => witness.has("key-2")).toBe(true);
  expect(closed.has("key-1")).toBe(true);
  expect(closed.has("key-2")).toBe(false);
});
