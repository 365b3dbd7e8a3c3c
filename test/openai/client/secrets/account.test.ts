// This server's account upstream: UPSTREAM_HEADERS and OPENAI_API_KEY_FILE, on the wire, in what an upstream says, and in
// the hands of callers.
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
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { ConfigError } from "../../../../src/config/read-config.ts";
import { calls, chat, chatAnswer } from "../../../support/calls.ts";
import { startLogged } from "../../../support/log.ts";
import { makePipe } from "../../../support/pipe.ts";
import { startProcess } from "../../../support/process.ts";
import { request, startTestServer } from "../../../support/server.ts";
import { event, hello, chat as streamedChat, streams } from "../../../support/stream.ts";
import { subscribeSse, summary } from "../../../support/subscribe.ts";
import { failure, json, startUpstream } from "../../../support/upstream.ts";

const FIRST = "sk-first-0123456789-abcdef";
const SECOND = "sk-second-9876543210-fedcba";

/** Waits until the file's change has been noticed. */
const eventually = <Value>(read: () => Value) => expect.poll(read, { timeout: 10_000, interval: 20 });

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "account-key-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Starts a server whose key is in a file with this text. */
async function startOnFile(text = FIRST, environment: Record<string, string> = {}) {
  const path = join(makeFolder(), "secret-path");
  writeFileSync(path, text);
  const upstream = await startUpstream(json(chatAnswer));
  const server = await startTestServer(upstream.url, {
    OPENAI_API_KEY: "",
    OPENAI_API_KEY_FILE: path,
    MAX_RETRIES: "0",
    ...environment,
  });
  /** Makes a call, and yields the key that it went out with. */
  const keySent = async (init?: RequestInit) => {
    await server.query(chat, {}, init);
    return upstream.requests.at(-1)?.headers.authorization?.replace("Bearer ", "");
  };
  return { path, upstream, server, keySent };
}

describe("UPSTREAM_HEADERS", () => {
  const fields = { "Api-Key": "azure-7f3Qz9LmX2wV5tR8", "x-gateway": "Team Blue" };

  test.each(calls)("are sent with $field, without OPENAI_API_KEY", async ({ operation, answer }) => {
    const upstream = await startUpstream(json(answer));
    const server = await startTestServer(upstream.url, {
      OPENAI_API_KEY: "",
      UPSTREAM_HEADERS: JSON.stringify(fields),
    });
    for (let count = 0; count < 2; count++) expect((await server.query(operation)).body.errors).toBeUndefined();
    expect(upstream.requests).toHaveLength(2);
    for (const { headers } of upstream.requests) {
      expect(headers).toMatchObject({
        "api-key": fields["Api-Key"],
        "x-gateway": "Team Blue",
        accept: "application/json",
      });
      expect(headers).not.toHaveProperty("authorization");
    }
  });

  test("are sent with streams, and beside a key", async () => {
    const upstream = await startUpstream(streams(hello));
    const server = await startTestServer(upstream.url, { UPSTREAM_HEADERS: JSON.stringify(fields) });
    expect(await summary(await subscribeSse(server.url, streamedChat))).toEqual(["Hel", "lo", "complete"]);
    expect(upstream.requests[0]?.headers).toMatchObject({
      "api-key": fields["Api-Key"],
      authorization: "Bearer sk-test-key-0123456789",
    });
  });

  test("authorization in them is this server's, where there is no key", async () => {
    const upstream = await startUpstream(json(chatAnswer));
    const server = await startTestServer(upstream.url, {
      OPENAI_API_KEY: "",
      UPSTREAM_HEADERS: '{"Authorization":"Token abc-0123456789"}',
    });
    await server.query(chat);
    expect(upstream.requests[0]?.headers.authorization).toBe("Token abc-0123456789");
  });

  test("their values are masked wherever the upstream quotes them, whole or in part, and in the log", async () => {
    const secret = "azure-7f3Qz9LmX2wV5tR8";
    const basic = Buffer.from("operator:hunter2-swordfish").toString("base64");
    const upstream = await startUpstream((received, res, req) => {
      const { "api-key": key, "x-login": login, authorization } = received.headers;
      const message = `Wrong: ${key}, ${String(key).slice(4)}, ${login}, operator:hunter2-swordfish, ${authorization}`;
      return failure(400, { message, type: String(key), param: String(key) })(received, res, req);
    });
    const logged = await startLogged(upstream.url, {
      OPENAI_API_KEY: "",
      UPSTREAM_HEADERS: JSON.stringify({
        "api-key": secret,
        "x-login": `Basic ${basic}`,
        authorization: "Token t0ken-of-4711-abcd",
      }),
    });
    const whole = await logged.server.query(chat);
    const { results, ended } = await subscribeSse(logged.server.url);
    await ended;
    await logged.operations(2);
    expect(whole.body.errors[0].message).toMatch(/^Wrong: \[masked\]/);
    for (const text of [whole.text, JSON.stringify(results), logged.text()])
      expect(text).not.toMatch(/7f3Qz9|swordfish|hunter2|4711|b3BlcmF0b3I/);
  });

  test("are not sent with a caller's own key", async () => {
    const upstream = await startUpstream(json(chatAnswer));
    const server = await startTestServer(upstream.url, {
      AUTH: "passthrough",
      OPENAI_API_KEY: "",
      UPSTREAM_HEADERS: JSON.stringify(fields),
    });
    await server.query(chat, {}, { headers: { authorization: "Bearer sk-of-the-caller" } });
    expect(upstream.requests[0]?.headers.authorization).toBe("Bearer sk-of-the-caller");
    expect(upstream.requests[0]?.headers).not.toHaveProperty("api-key");
    expect(upstream.requests[0]?.headers).not.toHaveProperty("x-gateway");
  });

  test("a caller's headers do not mix with them, and no caller may use one as its key", async () => {
    const upstream = await startUpstream(json(chatAnswer));
    const server = await startTestServer(upstream.url, {
      AUTH: "passthrough",
      OPENAI_API_KEY: "",
      UPSTREAM_HEADERS: JSON.stringify(fields),
    });
    const refused = await server.query(chat, {}, { headers: { authorization: `Bearer ${fields["Api-Key"]}` } });
    expect(refused.status).toBe(401);
    await server.query(chat, {}, { headers: { authorization: "Bearer sk-of-the-caller", "x-gateway": "mine" } });
    expect(upstream.requests.map(({ headers }) => headers["x-gateway"])).toEqual([undefined]);
  });
});

describe("OPENAI_API_KEY_FILE", () => {
  test.each([
    ["as it is", FIRST],
    ["with a line end", `${FIRST}\n`],
    ["as Windows writes it", `\ufeff${FIRST}\r\n`],
    ["between blanks", `  \n ${FIRST}\t\n`],
  ])("the key is sent: %s", async (_, text) => {
    const { keySent } = await startOnFile(text);
    expect(await keySent()).toBe(FIRST);
  });

  test.each<[string, (path: string) => void]>([
    ["written anew", (path) => writeFileSync(path, `${SECOND}\n`)],
    [
      "renamed into place",
      (path) => {
        writeFileSync(`${path}.new`, SECOND);
        renameSync(`${path}.new`, path);
      },
    ],
  ])("a key that is %s is used by the next call, and both are masked", async (_, rotate) => {
    const { path, upstream, server, keySent } = await startOnFile();
    expect(await keySent()).toBe(FIRST);
    rotate(path);
    await eventually(keySent).toBe(SECOND);
    upstream.answer = failure(401, { message: `Wrong key ${SECOND}; it was ${FIRST} (${FIRST.slice(3)})` });
    const { text } = await server.query(chat);
    expect(text).not.toMatch(/0123456789|9876543210/);
    upstream.answer = (received, res, req) => {
      res.setHeader("content-type", "text/event-stream");
      return res.end(event({ error: { message: `Wrong: ${FIRST} and ${SECOND}`, code: 401 } })) && [received, req];
    };
    const { results, ended } = await subscribeSse(server.url);
    await ended;
    expect(JSON.stringify(results)).not.toMatch(/0123456789|9876543210/);
    expect(server.faults).toEqual([]);
  });

  test("a symlink that leads elsewhere is followed, as Kubernetes mounts secrets", async () => {
    const folder = makeFolder();
    for (const [name, key] of Object.entries({ one: FIRST, two: SECOND })) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "key"), key);
    }
    symlinkSync("one", join(folder, "current"));
    symlinkSync("current/key", join(folder, "key"));
    const { keySent } = await startOnFile(FIRST, { OPENAI_API_KEY_FILE: join(folder, "key") });
    expect(await keySent()).toBe(FIRST);
    symlinkSync("two", join(folder, "next"));
    renameSync(join(folder, "next"), join(folder, "current"));
    await eventually(keySent).toBe(SECOND);
  });

  test("a call under way goes on with the key it has", async () => {
    const { path, upstream, server, keySent } = await startOnFile();
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    upstream.answer = async (...parameters) => {
      arrive();
      await released;
      json(chatAnswer)(...parameters);
    };
    const underWay = server.query(chat);
    await arrived;
    upstream.answer = json(chatAnswer);
    writeFileSync(path, SECOND);
    await eventually(keySent).toBe(SECOND);
    release();
    expect((await underWay).body).toEqual({ data: { chat: { text: "hello" } } });
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ["empty", (path) => truncateSync(path), /^OPENAI_API_KEY_FILE is empty\.$/],
    ["blank", (path) => writeFileSync(path, " \n\t\n"), /^OPENAI_API_KEY_FILE is empty\.$/],
    ["two keys", (path) => writeFileSync(path, `${SECOND}\n${FIRST}`), /must hold one key/],
    ["no header's text", (path) => writeFileSync(path, "sk-\u00e9-9876543210"), /must hold one key/],
    ["bytes", (path) => writeFileSync(path, Buffer.from([0, 255, 1])), /must hold one key/],
    ["much too long", (path) => writeFileSync(path, "k".repeat(16_385)), /must hold at most 16384 characters/],
    ["gone", (path) => unlinkSync(path), /cannot be read: ENOENT/],
    [
      "a directory",
      (path) => {
        unlinkSync(path);
        mkdirSync(path);
      },
      /cannot be read: EISDIR/,
    ],
    [
      "a pipe",
      (path) => {
        unlinkSync(path);
        makePipe(path);
      },
      /cannot be read: ENOTREG/,
    ],
  ])("a file that becomes %s is reported once, and the last key stays", async (_, spoil, problem) => {
    const { path, server, keySent } = await startOnFile();
    spoil(path);
    await eventually(() => server.faults).toHaveLength(1);
    const [{ message }] = server.faults as [Error];
    expect(message).toMatch(problem);
    expect(message).not.toMatch(/9876543210|secret-path/);
    expect(await keySent()).toBe(FIRST);
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, SECOND);
    await eventually(keySent).toBe(SECOND);
  });

  test.each([
    ["empty", "", "OPENAI_API_KEY_FILE is empty."],
    ["two words", "sk-secret and-more", "OPENAI_API_KEY_FILE must hold one key: text without spaces."],
  ])("that is %s at the start is a fault of the configuration", async (_, text, message) => {
    await expect(startOnFile(text)).rejects.toThrow(new ConfigError(message));
  });

  test("that is missing at the start is one, too", async () => {
    await expect(startOnFile(FIRST, { OPENAI_API_KEY_FILE: "/nowhere/secret" })).rejects.toThrow(
      new ConfigError("OPENAI_API_KEY_FILE cannot be read: ENOENT."),
    );
  });

  test("no caller may use the key, the new one or the one before, and a list of client keys must not hold it", async () => {
    const { path, server } = await startOnFile(FIRST, { AUTH: "passthrough" });
    const statusFor = async (key: string) =>
      (await server.query(chat, {}, { headers: { authorization: `Bearer ${key}`, connection: "close" } })).status;
    expect(await statusFor(SECOND)).toBe(200);
    writeFileSync(path, SECOND);
    await eventually(() => statusFor(SECOND)).toBe(401);
    expect(await statusFor(FIRST)).toBe(401);
    const clientKeys = JSON.stringify([{ id: "a", key: FIRST }]);
    const { keySent } = await startOnFile(FIRST, { CLIENT_KEYS: clientKeys });
    expect(await keySent({ headers: { authorization: `Bearer ${FIRST}` } })).toBeUndefined();
    const file = join(makeFolder(), "keys.json");
    writeFileSync(file, clientKeys);
    await expect(startOnFile(FIRST, { CLIENT_KEYS_FILE: file })).rejects.toThrow(ConfigError);
  });

  test("a caller's own key goes out in place of it", async () => {
    const { path, server, keySent } = await startOnFile(FIRST, { AUTH: "passthrough" });
    const init = { headers: { authorization: "Bearer sk-of-the-caller" } };
    expect(await keySent(init)).toBe("sk-of-the-caller");
    writeFileSync(path, SECOND);
    await eventually(
      async () => (await server.query(chat, {}, { headers: { authorization: `Bearer ${SECOND}` } })).status,
    ).toBe(401);
    expect(await keySent(init)).toBe("sk-of-the-caller");
  });

  test("is read again on SIGHUP by every worker", async () => {
    const path = join(makeFolder(), "key");
    writeFileSync(path, FIRST);
    const upstream = await startUpstream(json(chatAnswer));
    const command = startProcess({ PORT: "0", OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY_FILE: path, WORKERS: "2" });
    const url = await command.url;
    const keySent = async () => {
      const body = JSON.stringify({ query: chat });
      await request(url, {
        method: "POST",
        headers: { "content-type": "application/json", connection: "close" },
        body,
      });
      return upstream.requests.at(-1)?.headers.authorization;
    };
    expect(await keySent()).toBe(`Bearer ${FIRST}`);
    writeFileSync(path, SECOND);
    command.child.kill("SIGHUP");
    await eventually(async () => [await keySent(), await keySent(), await keySent(), await keySent()]).toEqual(
      Array(4).fill(`Bearer ${SECOND}`),
    );
    expect(command.output()).not.toMatch(/0123456789|9876543210/);
  });
});
