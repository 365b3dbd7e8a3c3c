// Broken answers: no connection, hang-ups, cuts, no JSON, no HTTP, too much. And odd ones that count as answers.
import { type AddressInfo, createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { calls, chat, chatAnswer } from "../../support/calls.ts";
import { startTestServer } from "../../support/server.ts";
import { type Answer, json, startUpstream } from "../../support/upstream.ts";

const answerText = JSON.stringify(chatAnswer);
const host = /127\.0\.0\.1|localhost|:\d{4,5}/;

/** Answers byte by byte, past Node's HTTP; the connection ends after the last part. */
function bytes(...parts: (string | Uint8Array)[]): Answer {
  return (_, res) => {
    for (const part of parts) res.socket?.write(part);
    res.socket?.end();
  };
}

function body(text: string | Uint8Array, headers: Record<string, string> = {}, status = 200): Answer {
  return (_, res) => res.writeHead(status, headers).end(text);
}

/** Writes the beginning of an answer; once it has left, the connection is reset. */
function cut(headers: Record<string, string>): Answer {
  return (_, res) => res.writeHead(200, headers).write(answerText.slice(0, 20), () => res.destroy());
}

async function ask(answer: Answer, environment: Record<string, string> = {}, operation = chat) {
  const upstream = await startUpstream(answer);
  const server = await startTestServer(upstream.url, environment);
  const { body, text } = await server.query(operation);
  expect(server.faults).toEqual([]);
  expect(text).not.toMatch(host);
  return { body, upstream };
}

/** Asks and expects one error with this code, after this many attempts. */
async function expectCode(code: string, answer: Answer, attempts = 1, environment = {}) {
  const { body, upstream } = await ask(answer, environment);
  expect(body.data).toEqual({ chat: null });
  expect(body.errors).toMatchObject([{ path: ["chat"], extensions: { code } }]);
  expect(upstream.requests).toHaveLength(attempts);
  return body.errors[0];
}

describe("no answer is UPSTREAM_UNAVAILABLE", () => {
  test.each<[string, Answer]>([
    ["a reset", (_, __, req) => req.socket.resetAndDestroy()],
    ["a hang-up", (_, res) => res.destroy()],
    ["a hang-up in the middle of the head", bytes("HTTP/1.1 200 OK\r\ncontent-type: appl")],
  ])("%s, which is not repeated", async (_, answer) => {
    const error = await expectCode("UPSTREAM_UNAVAILABLE", answer, 1, { MAX_RETRIES: "1" });
    expect(error.extensions).toEqual({ code: "UPSTREAM_UNAVAILABLE" });
  });

  test("a closed port, after retries", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => closed.once("listening", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const server = await startTestServer(`http://127.0.0.1:${port}/v1`, { MAX_RETRIES: "1" });
    const start = performance.now();
    const { body, text } = await server.query(chat);
    expect(body.errors).toMatchObject([{ path: ["chat"], extensions: { code: "UPSTREAM_UNAVAILABLE" } }]);
    expect(performance.now() - start).toBeGreaterThan(350);
    expect(text).not.toMatch(host);
    expect(server.faults).toEqual([]);
  });

  test("a name that does not exist", async () => {
    const server = await startTestServer("http://no-such-host.invalid/v1", { MAX_RETRIES: "0" });
    const { body, text } = await server.query(chat);
    expect(body.errors).toMatchObject([{ extensions: { code: "UPSTREAM_UNAVAILABLE" } }]);
    expect(text).not.toContain("no-such-host");
  });
});

describe("an answer cut off in the middle is UPSTREAM_INTERRUPTED, without a retry", () => {
  test.each<[string, Answer]>([
    ["of a counted length", cut({ "content-length": "400" })],
    ["in chunks", cut({ "transfer-encoding": "chunked" })],
    ["by an orderly end before its length", bytes("HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{")],
    ["after `connection: close`, of a counted length", cut({ connection: "close", "content-length": "400" })],
    ["after `connection: close`, in chunks", cut({ connection: "close", "transfer-encoding": "chunked" })],
    [
      "after `connection: close`, by an orderly end inside a chunk",
      bytes("HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n40\r\n{"),
    ],
    [
      "after `connection: close`, by an orderly end before its length",
      bytes("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 400\r\n\r\n{"),
    ],
    ["by an orderly end inside a chunk", bytes("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n40\r\n{")],
    ["by an orderly end between chunks", bytes("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n")],
  ])("%s", (_, answer) => expectCode("UPSTREAM_INTERRUPTED", answer));
});

describe("what is no answer of this API is UPSTREAM_INVALID_RESPONSE, without a retry", () => {
  test.each<[string, Answer]>([
    ["plain text", body("hello", { "content-type": "text/plain" })],
    ["a page", body("<!doctype html><title>Log in</title>", { "content-type": "text/html" })],
    ["half an object", body(answerText.slice(0, -1))],
    ["nothing", body("")],
    ["white space", body(" \n")],
    ["status 204", body("", {}, 204)],
    ["status 304", body("", {}, 304)],
    ["no HTTP", bytes("SSH-2.0-OpenSSH_9.6\r\n")],
    ["a head that is too large", bytes(`HTTP/1.1 200 OK\r\nx-fill: ${"x".repeat(100_000)}\r\n\r\n`)],
    ["two lengths", bytes(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}`)],
    ["a broken chunk", bytes("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")],
    ["status 100, which nobody asked for", bytes("HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n")],
    ["status 101", bytes("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n")],
  ])("%s", async (_, answer) => {
    const error = await expectCode("UPSTREAM_INVALID_RESPONSE", answer);
    expect(error.message).not.toMatch(/SSH|Log in|hello|\{/);
  });

  test.each([301, 302, 303, 307, 308])("a redirect with status %i, which is not followed", async (status) => {
    const target = await startUpstream(json(chatAnswer));
    await expectCode("UPSTREAM_INVALID_RESPONSE", body("", { location: `${target.url}/chat/completions` }, status));
    expect(target.requests).toHaveLength(0);
  });

  const large = `{"choices":[{"message":{"content":"${"x".repeat(5_000)}"}}]}`;
  test.each<[string, Answer]>([
    ["by its length", body(large, { "content-length": String(large.length) })],
    ["by its length alone", (_, res) => res.writeHead(200, { "content-length": "5000" }).write("{")],
    [
      "only chunk by chunk",
      (_, res) => {
        res.writeHead(200);
        for (let sent = 0; sent < large.length; sent += 100) res.write(large.slice(sent, sent + 100));
        res.end();
      },
    ],
    [
      "without an end",
      (_, res) => {
        const fill = () => {
          while (!res.destroyed && res.write(" ".repeat(1_000)));
        };
        res.writeHead(200).on("drain", fill);
        fill();
      },
    ],
  ])("an answer larger than MAX_UPSTREAM_BYTES, known %s; its connection is closed", async (_, answer) => {
    const { body, upstream } = await ask(answer, { MAX_UPSTREAM_BYTES: "4096" });
    expect(body.errors).toMatchObject([
      {
        message: "The upstream's answer is larger than 4096 bytes.",
        extensions: { code: "UPSTREAM_INVALID_RESPONSE" },
      },
    ]);
    await upstream.requests[0]?.closed;
  });

  test("while one of exactly MAX_UPSTREAM_BYTES is read", async () => {
    const { body } = await ask(json(chatAnswer), { MAX_UPSTREAM_BYTES: String(answerText.length) });
    expect(body).toEqual({ data: { chat: { text: "hello" } } });
  });

  describe.each(calls)("HTTP 200 without an answer for $field", ({ field, operation }) => {
    const nothing: unknown[] = [{}, [], null, "x", 1, { choices: [] }, { choices: null }, { choices: [null, 1] }];
    const bare: unknown[] = [
      { data: {} },
      ...(field === "models" ? [] : [{ data: null }]),
      { data: "x" },
      { id: "" },
      { id: null },
    ];
    test.each([...nothing, ...bare].map((answer) => [answer]))("%j", async (answer) => {
      const { body, upstream } = await ask(json(answer), {}, operation);
      expect(body.data).toEqual({ [field]: null });
      expect(body.errors).toMatchObject([{ path: [field], extensions: { code: "UPSTREAM_INVALID_RESPONSE" } }]);
      expect(upstream.requests).toHaveLength(1);
    });
  });

  test("but an empty list of models is an answer", async () => {
    const { body } = await ask(json({ object: "list", data: [] }), {}, "{ models { id } }");
    expect(body).toEqual({ data: { models: [] } });
  });
});

describe("an answer is read", () => {
  const length = `content-length: ${answerText.length}`;
  const split = Buffer.from(JSON.stringify({ choices: [{ message: { content: "héllo 世界 🙂" } }] }));
  test.each<[string, Answer, string]>([
    [
      "after early hints",
      bytes("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", `HTTP/1.1 200 OK\r\n${length}\r\n\r\n${answerText}`),
      "hello",
    ],
    [
      "after status 102",
      bytes("HTTP/1.1 102 Processing\r\n\r\n", `HTTP/1.1 200 OK\r\n${length}\r\n\r\n${answerText}`),
      "hello",
    ],
    ["over HTTP/1.0, up to the end of the connection", bytes(`HTTP/1.0 200 OK\r\n\r\n${answerText}`), "hello"],
    ["without a length, up to the end of the connection", bytes(`HTTP/1.1 200 OK\r\n\r\n${answerText}`), "hello"],
    ["from a connection that closes after it", body(answerText, { connection: "close" }), "hello"],
    ["after a byte order mark", body(`\uFEFF${answerText}`), "hello"],
    ["whatever its content type", body(answerText, { "content-type": "text/html" }), "hello"],
    ["with status 201", body(answerText, {}, 201), "hello"],
    [
      "before trailers",
      (_, res) => {
        res.writeHead(200, { trailer: "x-checksum" }).write(answerText);
        res.addTrailers({ "x-checksum": "1" });
        res.end();
      },
      "hello",
    ],
    [
      "from chunks of single bytes, which split its characters",
      async (_, res) => {
        for (const byte of split) await new Promise((resolve) => res.write(Uint8Array.of(byte), resolve));
        res.end();
      },
      "héllo 世界 🙂",
    ],
  ])("%s", async (_, answer, text) => {
    const { body, upstream } = await ask(answer);
    expect(body).toEqual({ data: { chat: { text } } });
    expect(upstream.requests).toHaveLength(1);
  });
});
