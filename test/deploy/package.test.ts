// The package as npm delivers it: installed in an empty folder, started by npx, and embedded in another server.
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "graphql-ws";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { chatCompletion } from "../support/answers.ts";
import { type CommandResult, runCommand, startCommand } from "../support/command.ts";
import { pathOf, readProjectFile } from "../support/deployment.ts";
import { request } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|EIDLETIMEOUT/;
const CHAT = 'mutation { chat(input: { model: "gpt-4o-mini", messages: { role: USER, content: "Hi" } }) { text } }';
const project = JSON.parse(readProjectFile("package.json"));

const EMBEDDING = `
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type App, type Config, ConfigError, createApp, readConfig } from "openai-graphql-server";

const config: Config = readConfig({ OPENAI_BASE_URL: process.argv[2] });
const app: App = createApp(config, console.error);
const server = createServer((req, res) => {
  if (req.url === "/hello") res.end("Hello");
  else app.handle(req, res);
});
server.on("upgrade", app.handleUpgrade);
server.listen(0, "127.0.0.1", () => console.log(\`http://127.0.0.1:\${(server.address() as AddressInfo).port}\`));
process.once("SIGTERM", async () => {
  app.drain();
  server.close();
  app.closeIdle();
  await app.close();
});
try {
  readConfig({ PORT: "x" });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
}
`;

/** A client that asks for a WebSocket and is gone: a reset that no server may die of. */
async function resetHandshake(url: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
  await once(socket, "connect");
  const head = "GET /elsewhere HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
  await new Promise((resolve) => socket.write(head, resolve));
  socket.resetAndDestroy();
}

let folder: string;
let files: string[];
let installed: CommandResult;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "package-"));
  // Without its scripts: dist is compiled already, and other tests run from it.
  const packed = await runCommand(
    pathOf("."),
    "npm",
    "pack",
    "--json",
    "--ignore-scripts",
    "--pack-destination",
    folder,
  );
  const answer = JSON.parse(packed.stdout);
  // npm 12 names the packages; before, they were a list.
  const [tarball] = Object.values<{ filename: string; files: { path: string }[] }>(answer);
  if (!tarball) throw new Error(packed.stderr);
  files = tarball.files.map(({ path }) => path);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", type: "module" }));
  const types = `@types/node@${project.devDependencies["@types/node"]}`;
  installed = await runCommand(
    folder,
    "npm",
    ...["install", "--prefer-offline", "--no-audit", "--no-fund", "--fetch-retries=0", `./${tarball.filename}`, types],
  );
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach((context) => {
  if (installed.code === 0) return;
  if (!UNREACHABLE.test(installed.stderr)) throw new Error(installed.stderr);
  console.warn("Tests of the installed package are skipped: npm's registry cannot be reached.");
  context.skip("npm's registry cannot be reached");
});

test("it holds what runs, its types, the schema and GraphiQL's page, and nothing else", () => {
  expect(files).toEqual(expect.arrayContaining(["LICENSE", "README.md", "dist/main.js", "dist/index.d.ts"]));
  expect(files).toEqual(expect.arrayContaining(["dist/page/page.json", "dist/page/licences.txt"]));
  const known =
    /^dist\/(?:[\w/-]+(?:\.d\.ts|\.js)|page\/(?:page\.json|licences\.txt|graphiql-\w+\.(?:js|css|svg)\.br))$/;
  const others = files.filter((file) => !known.test(file));
  expect(others.sort()).toEqual(["LICENSE", "README.md", "package.json", "schema.graphql"]);
});

test("it installs without a warning of engines, with the versions that were tested", () => {
  expect(installed.stderr).not.toContain("EBADENGINE");
  for (const [name, version] of Object.entries({ ...project.dependencies, ...project.optionalDependencies })) {
    const found = JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8"));
    expect([name, found.version]).toEqual([name, version]);
  }
});

test("npx starts it on the sandbox, and it answers", async () => {
  const server = startCommand(folder, { PORT: "0" }, "npx", "--no-install", "openai-graphql-server");
  const { body } = await request(await server.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: CHAT }),
  });
  expect(body.data.chat.text).toContain("Hi");
  const page = await request(await server.url, { headers: { accept: "text/html" } });
  const script = /src="([^"]+\.js)"/.exec(page.text)?.[1] ?? "";
  expect((await request(new URL(script, await server.url).href)).status).toBe(200);
});

test("embedded in a server in TypeScript it compiles strictly, and answers beside that server's own pages", async () => {
  writeFileSync(join(folder, "server.ts"), EMBEDDING);
  const options = ["--strict", "--target", "es2022", "--module", "nodenext", "--types", "node"];
  const compiler = pathOf("node_modules/typescript/bin/tsc");
  // The declarations are checked as well: no --skipLibCheck.
  expect(await runCommand(folder, process.execPath, compiler, ...options, "server.ts")).toMatchObject({
    code: 0,
    stdout: "",
  });

  const upstream = await startUpstream(json(chatCompletion));
  const server = startCommand(folder, {}, process.execPath, "server.js", upstream.url);
  const url = await server.url;
  expect((await request(`${url}/hello`)).text).toBe("Hello");
  const { body } = await request(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: CHAT }),
  });
  expect(body).toEqual({ data: { chat: { text: "Hello!" } } });

  for (let times = 0; times < 10; times++) await resetHandshake(url);
  const client = createClient({
    url: `${url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const results = client.iterate({ query: CHAT });
  expect((await results.next()).value).toEqual({ data: { chat: { text: "Hello!" } } });
  await client.dispose();
  expect(upstream.requests).toHaveLength(2);
  expect(await server.stop("SIGTERM")).toBe(0);
});
