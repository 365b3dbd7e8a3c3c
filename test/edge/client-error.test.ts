// What node:http cannot read as a request: answered in JSON, counted and logged.
import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { chat, chatAnswer } from "../support/calls.ts";
import { exchange, portOf } from "../support/exchange.ts";
import { startLogged } from "../support/log.ts";
import { startProcess } from "../support/process.ts";
import { startServed } from "../support/served-upstream.ts";
import { chunk, event, startStreaming, chat as stream, streamsThen } from "../support/stream.ts";
import { json, startUpstream } from "../support/upstream.ts";

const HEAD = "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";

/** The JSON of an answer. */
const bodyOf = (text: string) => JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4));

describe("a head of more than 16 KiB", () => {
  test.each([
    ["by cookies", `${HEAD}cookie: secret=${"x".repeat(20_000)}\r\ncontent-length: 2\r\n\r\n{}`],
    ["by a token", `${HEAD}authorization: Bearer ${"x".repeat(20_000)}\r\ncontent-length: 2\r\n\r\n{}`],
    ["by a URL", `GET /graphql?query=${"x".repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`],
    ["by ten thousand headers", `${HEAD}${"a: b\r\n".repeat(10_000)}\r\n`],
    ["of a megabyte, read only after it has been sent", `${HEAD}cookie: ${"x".repeat(2 ** 20)}\r\n\r\n`],
  ])("%s is 431 with a GraphQL error, counted and logged", async (_, bytes) => {
    const upstream = await startUpstream(json(chatAnswer));
    const { server, lines } = await startLogged(upstream.url, {}, "info");
    const { status, text, closed } = await exchange(server.url, bytes);
    expect([status, closed]).toEqual([431, true]);
    expect(text).toMatch(/^content-type: application\/json; charset=utf-8\r$/m);
    expect(bodyOf(text)).toEqual({
      errors: [{ message: expect.stringContaining("16384 bytes"), extensions: { code: "BAD_REQUEST" } }],
    });
    expect(text).not.toMatch(/xxx|secret/);
    expect(lines()).toMatchObject([{ level: "info", msg: "refused", code: "431" }]);
    const metrics = await (await fetch(new URL("/metrics", server.url))).text();
    expect(metrics).toMatch(/^graphql_requests_refused_total\{code="431"\} 1$/m);
    expect(server.faults).toEqual([]);
  });

  test("behind a request that is answered gets its own answer", async () => {
    const { server } = await startServed(json(chatAnswer));
    const body = JSON.stringify({ query: chat });
    const socket = connect(portOf(server.url), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    let text = "";
    socket.setEncoding("utf8").on("data", (more) => {
      text += more;
    });
    socket.write(`${HEAD}content-length: ${body.length}\r\n\r\n${body}`);
    while (!text.includes("hello")) await once(socket, "data");
    socket.write(`${HEAD}cookie: ${"x".repeat(20_000)}\r\n\r\n`);
    await once(socket, "close");
    expect(text).toMatch(/^HTTP\/1\.1 200 .*hello.*HTTP\/1\.1 431 /s);
  });

  test("in the middle of an answer adds nothing to it, and ends the connection", async () => {
    let arrive = () => {};
    const left = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const { server } = await startStreaming(
      streamsThen(event(chunk("Hel")), (_, socket) => socket.once("close", arrive)),
    );
    const body = JSON.stringify({ query: stream });
    const socket = connect(portOf(server.url), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    let text = "";
    socket.setEncoding("utf8").on("data", (more) => {
      text += more;
    });
    socket.write(`${HEAD}accept: text/event-stream\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    while (!text.includes("Hel")) await once(socket, "data");
    socket.write(`${HEAD}cookie: ${"x".repeat(20_000)}\r\n\r\n`);
    await once(socket, "close");
    expect(text).not.toContain("431");
    await left;
  });
});

test.each([
  ["another protocol", "\x16\x03\x01\x02\x00\r\n\r\n"],
  ["an unknown method", "BREW /graphql HTTP/1.1\r\nhost: localhost\r\n\r\n"],
])("%s is 400 with a GraphQL error", async (_, bytes) => {
  const { server } = await startServed(json(chatAnswer));
  const { status, text, closed } = await exchange(server.url, bytes);
  expect([status, closed]).toEqual([400, true]);
  expect(bodyOf(text).errors).toMatchObject([{ extensions: { code: "BAD_REQUEST" } }]);
});

test("a head that takes too long is 408 with a GraphQL error", async () => {
  const { server } = await startServed(json(chatAnswer), { HEADERS_TIMEOUT_MS: "100" });
  const { status, text } = await exchange(server.url, HEAD);
  expect(status).toBe(408);
  expect(bodyOf(text).errors).toMatchObject([{ extensions: { code: "BAD_REQUEST" } }]);
});

test("the command answers as well", async () => {
  const server = startProcess({ PORT: "0", OPENAI_BASE_URL: "http://127.0.0.1:1/v1" });
  const { status, text } = await exchange(await server.url, `${HEAD}cookie: ${"x".repeat(20_000)}\r\n\r\n`);
  expect([status, bodyOf(text).errors[0].extensions.code]).toEqual([431, "BAD_REQUEST"]);
});
