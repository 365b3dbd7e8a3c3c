// The server with only the packages that production installs, as in the image: no optional ones, none for development.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chat, chatAnswer } from "../support/calls.ts";
import { runCommand, startCommand } from "../support/command.ts";
import { pathOf, readProjectFile } from "../support/deployment.ts";
import { request } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

interface LockedPackage {
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
}

const locked = Object.entries<LockedPackage>(JSON.parse(readProjectFile("package-lock.json")).packages);
// Links are not followed: a package finds only what this folder has.
const command = ["--preserve-symlinks", "--preserve-symlinks-main", "dist/main.js"];
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "production-"));
  cpSync(pathOf("package.json"), join(folder, "package.json"));
  cpSync(pathOf("dist"), join(folder, "dist"), { recursive: true });
  for (const [path, { dev, optional, devOptional }] of locked) {
    // A package inside another one comes with it.
    if (!/^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path) || dev || optional || devOptional) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    symlinkSync(pathOf(path), join(folder, path));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the optional packages are the sandbox's and nothing else", () => {
  const optional = locked.filter(([, { dev, optional }]) => optional && !dev).map(([path]) => path);
  expect(optional).toEqual(["node_modules/gpt-tokenizer", "node_modules/pngjs"]);
});

test("without them the server starts in production and serves", async () => {
  const upstream = await startUpstream(json(chatAnswer));
  const environment = { NODE_ENV: "production", ALLOW_ANONYMOUS: "true", PORT: "0", OPENAI_BASE_URL: upstream.url };
  const server = startCommand(folder, environment, process.execPath, ...command);
  const { body } = await request(new URL("/graphql", await server.url).href, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: chat }),
  });
  expect(body.errors).toBeUndefined();
  expect(upstream.requests).toHaveLength(1);
  expect(await server.stop("SIGTERM")).toBe(0);
});

test("without them the sandbox does not start, and the message names them", async () => {
  const { code, stdout, stderr } = await runCommand(folder, process.execPath, ...command);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toBe(
    "The sandbox needs packages that are not installed: gpt-tokenizer, pngjs. Install them, or set OPENAI_API_KEY or OPENAI_BASE_URL to use another upstream.\n",
  );
});
