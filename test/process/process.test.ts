// The process: arguments, start, exit codes, signals.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { variables } from "../../src/config/variables.ts";
import { chatCompletion } from "../support/answers.ts";
import { startProcess } from "../support/process.ts";
import { request } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

const CHAT = 'mutation { chat(input: { model: "gpt-4o-mini", messages: { role: USER, content: "Hi" } }) { text } }';

function post(url: string, query: string) {
  return request(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
}

/** An upstream that holds its answers back until they are released. */
async function startSlowUpstream() {
  let release = () => {};
  let arrive = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const upstream = await startUpstream(async (received, res, req) => {
    arrive();
    await released;
    json(chatCompletion)(received, res, req);
  });
  return { ...upstream, release, arrived };
}

test("with no key it starts on the sandbox, says so in one line and answers", async () => {
  const server = startProcess({ PORT: "0" });
  const url = await server.url;
  expect(JSON.parse(server.output())).toMatchObject({
    level: "info",
    msg: expect.stringMatching(
      /^OpenAI GraphQL server at http:\/\/127\.0\.0\.1:\d+\/graphql on the built-in sandbox.*OPENAI_API_KEY/,
    ),
  });
  const { body } = await post(url, CHAT);
  expect(body.data.chat.text).toContain("Hi");
});

test("with a base URL it says nothing of a sandbox and calls that server", async () => {
  const upstream = await startUpstream(json(chatCompletion));
  const server = startProcess({ PORT: "0", OPENAI_BASE_URL: upstream.url });
  expect((await post(await server.url, CHAT)).body).toEqual({ data: { chat: { text: "Hello!" } } });
  expect(server.output()).not.toContain("sandbox");
  expect(upstream.requests).toHaveLength(1);
});

test("--help names every variable, --version the package's version, --print-schema prints schema.graphql", async () => {
  const help = startProcess({}, ["--help"]);
  expect(await help.ended).toBe(0);
  for (const name of Object.keys(variables)) expect(help.output()).toContain(`  ${name} (`);
  const version = startProcess({}, ["--version"]);
  expect(await version.ended).toBe(0);
  expect(version.output()).toBe(`${JSON.parse(readFileSync("package.json", "utf8")).version}\n`);
  const schema = startProcess({}, ["--print-schema"]);
  expect(await schema.ended).toBe(0);
  expect(schema.output()).toBe(readFileSync("schema.graphql", "utf8"));
});

test.each([
  ["an unknown argument", {}, ["--nonsense"], /--nonsense/],
  ["bad variables", { PORT: "x", MAX_RETRIES: "many" }, [], /PORT must.*\n.*MAX_RETRIES must/],
  ["production without an upstream", { NODE_ENV: "production" }, [], /OPENAI_API_KEY must be set/],
])("%s: it explains itself without a stack and exits with 1", async (_, environment, parameters, message) => {
  const server = startProcess(environment, parameters);
  expect(await server.ended).toBe(1);
  expect(server.output()).toMatch(message);
  expect(server.output()).not.toMatch(/^\s+at /m);
});

test("a port in use: it names the port and exits with 1", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const server = startProcess({ PORT: String(port) });
  expect(await server.ended).toBe(1);
  expect(server.output()).toContain(`${port}`);
  expect(server.output()).not.toMatch(/^\s+at /m);
});

test("the sandbox's port in use: it names that variable and exits with 1", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => void other.close());
  const server = startProcess({ PORT: "0", SANDBOX_PORT: String((other.address() as AddressInfo).port) });
  expect(await server.ended).toBe(1);
  expect(server.output()).toMatch(/Set SANDBOX_PORT otherwise/);
});

test("a reader of its output that has gone does not end it", async () => {
  const server = startProcess({ PORT: "0" });
  const url = await server.url;
  server.child.stdout?.destroy();
  server.child.stderr?.destroy();
  expect((await post(url, "{ __typename }")).status).toBe(200);
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
});

test("connections that never sent a request do not hold a stop up", async () => {
  const server = startProcess({ PORT: "0", DRAIN_MS: "600000" });
  const socket = connect(Number(new URL(await server.url).port), "127.0.0.1");
  await once(socket, "connect");
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s: what is in flight is answered, new requests are not, it exits with 0",
  async (signal) => {
    const upstream = await startSlowUpstream();
    const server = startProcess({ PORT: "0", OPENAI_BASE_URL: upstream.url });
    const url = await server.url;
    const inFlight = post(url, CHAT);
    await upstream.arrived;
    server.child.kill(signal);
    await server.printed(signal);
    await expect(post(url, CHAT)).rejects.toThrow();
    upstream.release();
    expect((await inFlight).body).toEqual({ data: { chat: { text: "Hello!" } } });
    expect(await server.ended).toBe(0);
    expect(upstream.requests).toHaveLength(1);
  },
);

test("while it stops, a request on an open connection is SHUTTING_DOWN (503)", async () => {
  const upstream = await startSlowUpstream();
  const server = startProcess({ PORT: "0", OPENAI_BASE_URL: upstream.url });
  const url = await server.url;
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  const body = JSON.stringify({ query: CHAT });
  const head = `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
  socket.write(head + body);
  await upstream.arrived;
  server.child.kill("SIGTERM");
  await server.printed("SIGTERM");
  socket.write(head + body);
  upstream.release();
  const answers = await text(socket);
  expect(answers).toMatch(/^HTTP\/1\.1 200 .*"Hello!".*HTTP\/1\.1 503 .*SHUTTING_DOWN/s);
  expect(await server.ended).toBe(0);
  expect(upstream.requests).toHaveLength(1);
});

test("after DRAIN_MS the rest is ended with SHUTTING_DOWN (503), its upstream call too, and it exits with 0", async () => {
  const upstream = await startSlowUpstream();
  const server = startProcess({ PORT: "0", OPENAI_BASE_URL: upstream.url, DRAIN_MS: "50" });
  const ended = post(await server.url, CHAT);
  await upstream.arrived;
  server.child.kill("SIGTERM");
  const { status, body } = await ended;
  expect(status).toBe(503);
  expect(body.data).toEqual({ chat: null });
  expect(body.errors).toMatchObject([{ extensions: { code: "SHUTTING_DOWN" } }]);
  await upstream.requests[0]?.closed;
  expect(await server.ended).toBe(0);
});

test("a second signal ends it at once", async () => {
  const upstream = await startSlowUpstream();
  const server = startProcess({ PORT: "0", OPENAI_BASE_URL: upstream.url, DRAIN_MS: "60000" });
  const cut = expect(post(await server.url, CHAT)).rejects.toThrow();
  await upstream.arrived;
  server.child.kill("SIGTERM");
  await server.printed("SIGTERM");
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(1);
  await cut;
});
