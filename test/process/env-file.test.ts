// `.env` in the working directory: the command reads it, what is set wins, and a bad file is named.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { chatCompletion } from "../support/answers.ts";
import { listChildren, startProcess } from "../support/process.ts";
import { request } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

const MAIN = new URL("../../dist/main.js", import.meta.url).pathname;
const CHAT = 'mutation { chat(input: { model: "gpt-4o-mini", messages: { role: USER, content: "Hi" } }) { text } }';

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "env-file-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A folder with a `.env` of these bytes. */
function folderWith(content: string | Uint8Array): string {
  const folder = makeFolder();
  writeFileSync(join(folder, ".env"), content);
  return folder;
}

const startIn = (folder: string, environment: Record<string, string> = {}, parameters: string[] = []) =>
  startProcess(environment, parameters, MAIN, folder);

async function ask(url: string): Promise<void> {
  const { body } = await request(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: CHAT }),
  });
  expect(body).toEqual({ data: { chat: { text: "Hello!" } } });
}

test("its variables configure the server, and the log names them without their values", async () => {
  const upstream = await startUpstream(json(chatCompletion));
  const folder = folderWith(
    `# ours\r\nPORT=0\r\nexport OPENAI_API_KEY="sk-of-the-file" # paid\r\nOPENAI_BASE_URL=${upstream.url}\r\n` +
      `CLIENT_KEYS='[\r\n  {"id": "a", "key": "a-key-of-16-letters"}\r\n]'\r\nVITE_OTHER=1\r\nGRAPHIQL=\r\n`,
  );
  const server = startIn(folder);
  const { body } = await request(await server.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer a-key-of-16-letters" },
    body: JSON.stringify({ query: CHAT }),
  });
  expect(body).toEqual({ data: { chat: { text: "Hello!" } } });
  expect(upstream.requests[0]?.headers.authorization).toBe("Bearer sk-of-the-file");
  expect(server.output()).toContain('".env sets PORT, OPENAI_API_KEY, OPENAI_BASE_URL, CLIENT_KEYS."');
  expect(server.output()).not.toContain("sk-of-the-file");
});

test("what is set wins over it, and an empty variable takes one of its away", async () => {
  const upstream = await startUpstream(json(chatCompletion));
  const folder = folderWith("OPENAI_BASE_URL=http://127.0.0.1:9/v1\nOPENAI_API_KEY=sk-of-the-file\nPORT=1\n");
  const server = startIn(folder, { PORT: "0", OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: "" });
  await ask(await server.url);
  expect(upstream.requests[0]?.headers.authorization).toBeUndefined();
  expect(server.output()).not.toContain(".env");
});

test("a variable that is set keeps out the file's one that would take its place", async () => {
  const upstream = await startUpstream(json(chatCompletion));
  const keyFolder = folderWith("OPENAI_API_KEY=sk-of-the-file\n");
  writeFileSync(join(keyFolder, "key"), "sk-of-the-key-file\n");
  await ask(await startIn(keyFolder, { PORT: "0", OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY_FILE: "key" }).url);
  // `no_proxy` is looked at before `NO_PROXY`, and nobody listens at the proxy.
  const reversed = folderWith("OPENAI_API_KEY_FILE=missing\nHTTP_PROXY=http://127.0.0.1:9\nno_proxy=example.com\n");
  const environment = { PORT: "0", OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: "sk-set", NO_PROXY: "127.0.0.1" };
  await ask(await startIn(reversed, environment).url);
  expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual([
    "Bearer sk-of-the-key-file",
    "Bearer sk-set",
  ]);
});

test("both of two that exclude each other in the file are an error, as they are elsewhere", async () => {
  const server = startIn(folderWith("OPENAI_API_KEY=sk-a\nOPENAI_API_KEY_FILE=key\n"), { PORT: "0" });
  expect(await server.ended).toBe(1);
  expect(server.output()).toMatch(
    /OPENAI_API_KEY must not be set together with OPENAI_API_KEY_FILE\n {2}\.env sets OPENAI_API_KEY, OPENAI_API_KEY_FILE\.\n/,
  );
});

test("a program that forks the server as a worker of its own, as pm2 does, has it read the file", async () => {
  const upstream = await startUpstream(json(chatCompletion));
  const folder = folderWith(`OPENAI_BASE_URL=${upstream.url}\nPORT=0\n`);
  const manager = join(folder, "manager.cjs");
  const code = `const cluster = require("node:cluster");
    cluster.setupPrimary({ exec: ${JSON.stringify(MAIN)} });
    cluster.fork();
    cluster.on("exit", () => process.exit(1));`;
  writeFileSync(manager, code);
  await ask(await startProcess({}, [], manager, folder).url);
});

test("workers have what the primary has read, whatever the file says later", async () => {
  const upstream = await startUpstream(json(chatCompletion));
  const folder = folderWith(`OPENAI_BASE_URL=${upstream.url}\nWORKERS=2\nPORT=0\n`);
  const server = startIn(folder);
  const url = await server.url;
  writeFileSync(join(folder, ".env"), "this is broken\n");
  const [killed = 0] = listChildren(server.child);
  process.kill(killed, "SIGKILL");
  await server.printed("A worker ended (SIGKILL).");
  for (let count = 0; count < 4; count++) await ask(url);
  expect(server.output().split(".env sets")).toHaveLength(2);
});

test.each<[string, (folder: string) => void, RegExp]>([
  ["a directory", (folder) => mkdirSync(join(folder, ".env")), /\.env cannot be read \(EISDIR/],
  ["a link that leads nowhere", (folder) => symlinkSync("gone", join(folder, ".env")), /\.env cannot be read \(ENOENT/],
  ["UTF-16", (folder) => writeFileSync(join(folder, ".env"), "\ufeffPORT=0", "utf16le"), /\.env must be UTF-8/],
  ["a byte order mark", (folder) => writeFileSync(join(folder, ".env"), "\ufeffPORT=0\n"), /\.env must be UTF-8/],
  ["a key alone", (folder) => writeFileSync(join(folder, ".env"), "PORT=0\nsk-secret\n"), /NAME=value.*line 2/],
  ["a colon", (folder) => writeFileSync(join(folder, ".env"), "PORT=0\nA: sk-secret\nB=1\n"), /NAME=value.*line 2/],
  [
    "JSON over lines",
    (folder) => writeFileSync(join(folder, ".env"), 'A=[\n{"sk-secret": 1}\n]\nB=1'),
    /NAME=value.*line 2/,
  ],
  [
    "a key after a value of several lines",
    (folder) => writeFileSync(join(folder, ".env"), "A='x\n\ny'\nsk-secret"),
    /line 4/,
  ],
  ["an indented comment", (folder) => writeFileSync(join(folder, ".env"), "A=1\n # sk-secret\nB=1"), /line 2/],
  ["no name", (folder) => writeFileSync(join(folder, ".env"), "\n# A=1\n=sk-secret\n"), /NAME=value.*line 3/],
])("%s: it explains itself without a stack or a value, and exits with 1", async (_, make, message) => {
  const folder = makeFolder();
  make(folder);
  const server = startIn(folder, { PORT: "0" });
  expect(await server.ended).toBe(1);
  expect(server.output()).toMatch(message);
  expect(server.output()).not.toMatch(/^\s+at |sk-secret/m);
});

test("--help and --version need no good file; --print-schema reads it", async () => {
  const broken = folderWith("broken\n");
  expect(await startIn(broken, {}, ["--help"]).ended).toBe(0);
  expect(await startIn(broken, {}, ["--version"]).ended).toBe(0);
  expect(await startIn(broken, {}, ["--print-schema"]).ended).toBe(1);
  const subgraph = startIn(folderWith("FEDERATION=true\n"), {}, ["--print-schema"]);
  expect(await subgraph.ended).toBe(0);
  expect(subgraph.output()).toContain("@link");
});

test("a folder above, and the folder of the program, are not looked into", async () => {
  const folder = folderWith("PORT=nonsense\n");
  mkdirSync(join(folder, "below"));
  await startIn(join(folder, "below"), { PORT: "0" }).url;
});

test("neither git nor the image takes a .env", () => {
  const readLines = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8").split("\n");
  expect(readLines(".gitignore")).toContain(".env");
  // The image gets only what is listed.
  const [everything, ...taken] = readLines(".dockerignore").filter((line) => line !== "" && !line.startsWith("#"));
  expect(everything).toBe("*");
  expect(taken.filter((line) => line.includes(".env"))).toEqual([]);
});
