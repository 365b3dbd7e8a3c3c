// The guard in a real process: production refuses to start unprotected, keys rotate, and bad files are reported.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { chat, chatAnswer } from "../support/calls.ts";
import { startProcess } from "../support/process.ts";
import { request } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

function createDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "guard-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

function post(url: string, key?: string) {
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return request(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...authorization },
    body: JSON.stringify({ query: chat }),
  });
}

const production = { NODE_ENV: "production", PORT: "0", OPENAI_API_KEY: "sk-upstream-secret" };

test.each([
  ["no way to tell callers apart", {}],
  ["AUTH=none", { AUTH: "none" }],
  ["empty CLIENT_KEYS", { CLIENT_KEYS: "" }],
])("production does not start with %s, and says what it needs", async (_, environment) => {
  const server = startProcess({ ...production, ...environment });
  await expect(server.url).rejects.toThrow("CLIENT_KEYS");
  expect(await server.ended).toBe(1);
  expect(server.output()).toContain("ALLOW_ANONYMOUS");
  expect(server.output()).not.toMatch(/sk-upstream-secret|\n\s+at /);
});

test.each([
  ["ALLOW_ANONYMOUS=true", { ALLOW_ANONYMOUS: "true" }, 200],
  ["client keys", { CLIENT_KEYS: '[{"id":"a","key":"k-0123456789abcdef"}]' }, 401],
  ["AUTH=passthrough", { AUTH: "passthrough" }, 401],
])("production starts with %s", async (_, environment, status) => {
  const upstream = await startUpstream(json(chatAnswer));
  const server = startProcess({ ...production, OPENAI_BASE_URL: upstream.url, ...environment });
  expect((await post(await server.url)).status).toBe(status);
  expect(upstream.requests).toHaveLength(status === 200 ? 1 : 0);
});

test.each([
  ["a client keys' file that is not there", { CLIENT_KEYS_FILE: "/nonexistent/keys.json" }, "CLIENT_KEYS_FILE"],
  [
    "a manifest that is not there",
    { PERSISTED_OPERATIONS_FILE: "/nonexistent/manifest.json" },
    "PERSISTED_OPERATIONS_FILE",
  ],
  ["a public key that is none", { JWT_PUBLIC_KEY: "-----BEGIN PUBLIC KEY-----\nAAAA" }, "JWT_PUBLIC_KEY"],
])("%s ends the start with one line that names the variable, on the sandbox too", async (_, environment, name) => {
  const server = startProcess({ PORT: "0", ...environment });
  await expect(server.url).rejects.toThrow(name);
  expect(await server.ended).toBe(1);
  expect(server.output()).not.toMatch(/\n\s+at /);
});

test("keys rotate without a restart: on SIGHUP, on change, and a bad file changes nothing", async () => {
  const path = join(createDirectory(), "keys.json");
  const write = (text: string) => {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  };
  write('[{"id":"a","key":"first-key-0123456789"}]');
  const upstream = await startUpstream(json(chatAnswer));
  const server = startProcess({ ...production, OPENAI_BASE_URL: upstream.url, CLIENT_KEYS_FILE: path });
  const url = await server.url;
  expect((await post(url, "first-key-0123456789")).status).toBe(200);
  expect((await post(url, "second-key-0123456789")).status).toBe(401);

  write('[{"id":"a","key":"second-key-0123456789"}]');
  server.child.kill("SIGHUP");
  await vi.waitFor(async () => expect((await post(url, "second-key-0123456789")).status).toBe(200), 10_000);
  expect((await post(url, "first-key-0123456789")).status).toBe(401);

  write('[{"id":"a","key":"third-key-0123456789"');
  await vi.waitFor(() => expect(server.output()).toContain("CLIENT_KEYS_FILE"), 5_000);
  expect((await post(url, "second-key-0123456789")).status).toBe(200);

  write('[{"id":"a","key":"third-key-0123456789"}]');
  await vi.waitFor(async () => expect((await post(url, "third-key-0123456789")).status).toBe(200), 5_000);
  expect(server.output()).not.toMatch(/(first|second|third)-key/);
});
