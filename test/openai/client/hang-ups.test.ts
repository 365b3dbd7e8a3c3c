// Connections that end without an answer: which of them are told apart, repeated and paid for.
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { calls, chat, chatAnswer } from "../../support/calls.ts";
import { alice, aliceWith } from "../../support/keys.ts";
import { startLogged } from "../../support/log.ts";
import { CONTENT_TYPE, filePart, makeBytes, readFile, varyFields, writeBody } from "../../support/multipart.ts";
import { startServed } from "../../support/served-upstream.ts";
import { request, type TestServer } from "../../support/server.ts";
import { chat as chatStream, hello, streams } from "../../support/stream.ts";
import { subscribeSse } from "../../support/subscribe.ts";
import { type Answer, failure, inTurn, json } from "../../support/upstream.ts";

/** Longer than a hang-up that says that nobody has seen the request. */
const WORK_MS = 500;
const work = () => new Promise((resolve) => setTimeout(resolve, WORK_MS));
const NOTE = "This call may have been paid for.";

/** How an upstream ends a connection. */
const ends: [string, (socket: Socket) => unknown][] = [
  ["closes it", (socket) => socket.end()],
  ["resets it", (socket) => socket.resetAndDestroy()],
  ["destroys it", (socket) => socket.destroy()],
];

async function readUsed(server: TestServer): Promise<number> {
  const { body } = await server.query("{ viewer { used { tokens } } }", {}, alice);
  return body.data.viewer.used.tokens;
}

const start = (answer: Answer) => startServed(answer, aliceWith({ tokensPerDay: 1_000_000 }));

/** A chat over the connection of one before it. */
async function askTwice(server: TestServer) {
  expect((await server.query(chat, {}, alice)).body).toEqual({ data: { chat: { text: "hello" } } });
  return (await server.query(chat, {}, alice)).body;
}

describe.each(ends)("an upstream that %s", (_, end) => {
  const hangsUp: Answer = (__, ___, req) => void end(req.socket);
  const hangsUpLate: Answer = async (...parameters) => work().then(() => hangsUp(...parameters));

  test.each(calls.filter(({ field }) => !field.startsWith("model")))(
    "on a new connection has $field paid for once at most",
    async ({ field, operation }) => {
      const { upstream, server } = await start(inTurn(hangsUp, json({})));
      const { body } = await server.query(operation, {}, alice);
      expect(body.data).toEqual({ [field]: null });
      expect(body.errors).toMatchObject([
        {
          message: `The upstream hung up before it answered. ${NOTE}`,
          path: [field],
          extensions: { code: "UPSTREAM_UNAVAILABLE" },
        },
      ]);
      expect(upstream.requests).toHaveLength(1);
      expect(server.faults).toEqual([]);
    },
  );

  test("right after a request on a kept connection has not seen it: it is sent again, and costs nothing twice", async () => {
    const answer = json({ ...chatAnswer, usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } });
    const { upstream, server } = await start(inTurn(answer, hangsUp, answer));
    expect(await askTwice(server)).toEqual({ data: { chat: { text: "hello" } } });
    expect(upstream.requests).toHaveLength(3);
    expect(await readUsed(server)).toBe(14);
  });

  test("after some work on a kept connection is not asked again; the prompt counts", async () => {
    const answer = json({ ...chatAnswer, usage: { total_tokens: 7 } });
    const { upstream, server } = await start(inTurn(answer, hangsUpLate, answer));
    const { errors } = await askTwice(server);
    expect(errors).toMatchObject([{ message: `The upstream hung up before it answered. ${NOTE}` }]);
    expect(upstream.requests).toHaveLength(2);
    expect(await readUsed(server)).toBeGreaterThan(7 + WORK_MS / 4);
  });

  test("in the middle of a head on a kept connection has worked", async () => {
    const half: Answer = (__, ___, req) =>
      req.socket.write("HTTP/1.1 200 OK\r\ncontent-le", () => void end(req.socket));
    const { upstream, server } = await start(inTurn(json(chatAnswer), half, json(chatAnswer)));
    const { errors } = await askTwice(server);
    expect(errors).toMatchObject([{ extensions: { code: "UPSTREAM_UNAVAILABLE" } }]);
    expect(upstream.requests).toHaveLength(2);
  });

  test("before a stream's head is asked again only on a kept connection", async () => {
    const { upstream, server } = await startServed(inTurn(hangsUp, json(chatAnswer), hangsUp, streams(hello)));
    const refused = await subscribeSse(server.url);
    expect(await refused.ended).toBe("complete");
    expect(refused.results.at(-1).errors[0].message).toContain(NOTE);
    expect(upstream.requests).toHaveLength(1);
    await server.query(chat);
    const served = await subscribeSse(server.url, chatStream);
    expect(await served.ended).toBe("complete");
    expect(served.results.map(({ data }) => data.chat.text).join("")).toBe("Hello");
    expect(upstream.requests).toHaveLength(4);
  });

  test("on a GET is asked again, and nothing is said of money", async () => {
    const list = json({ data: [{ id: "m" }] });
    const { upstream, server } = await startServed(inTurn(hangsUpLate, hangsUp, list), { MODELS_TTL_SECONDS: "0" });
    expect((await server.query("{ models { id } }")).body).toEqual({ data: { models: [{ id: "m" }] } });
    expect(upstream.requests).toHaveLength(3);
    upstream.answer = hangsUp;
    const { body } = await server.query("{ models { id } }");
    expect(body.errors[0].message).toBe("The upstream hung up before it answered.");
  });
});

describe("a call that may have been paid for says so", () => {
  test.each([504, 520, 521, 522, 523, 524])("after %i, in JSON and in pages", async (status) => {
    const page: Answer = (_, res) => res.writeHead(status, { "content-type": "text/html" }).end("<html>gateway</html>");
    for (const answer of [failure(status, { message: "Gave up" }), page]) {
      const { upstream, server } = await start(answer);
      for (const { operation, field } of calls) {
        const before = upstream.requests.length;
        const { body } = await server.query(operation, {}, alice);
        expect(body.errors[0].message.includes(NOTE)).toBe(!field.startsWith("model"));
        expect(body.errors[0].message).not.toContain("<");
        expect(upstream.requests).toHaveLength(before + 1);
      }
      expect(await readUsed(server)).toBeGreaterThan(0);
    }
  });

  test("and one that was refused, or never sent, does not", async () => {
    const { upstream, server } = await start(failure(429, { message: "Slow down." }, { "retry-after": "60" }));
    expect((await server.query(chat, {}, alice)).body.errors[0].message).toBe("Slow down.");
    await new Promise((resolve) => upstream.server.close(resolve));
    upstream.server.closeAllConnections();
    const { body } = await server.query(chat, {}, alice);
    expect(body.errors[0].message).toBe("The upstream could not be reached.");
    expect(await readUsed(server)).toBe(0);
  });
});

describe("a small image is whole in memory, and is sent again like any other call:", () => {
  const image = makeBytes(50_000);
  const bytes = writeBody(...varyFields, filePart(image));
  const upload = (url: string, body = bytes) =>
    request(url, { method: "POST", headers: { "content-type": CONTENT_TYPE, ...alice.headers }, body });
  const varied = json({ data: [{ url: "https://images.example.com/1.png" }] });

  test.each([429, 500, 503])("after %i, with the same bytes", async (status) => {
    const { upstream, server } = await start(inTurn(failure(status, {}, { "retry-after-ms": "1" }), varied));
    expect((await upload(server.url)).body.errors).toBeUndefined();
    expect(upstream.requests.map((each) => readFile(each).bytes.equals(image))).toEqual([true, true]);
  });

  test("after a kept connection that ended, but not after 504", async () => {
    const hangsUp: Answer = (_, __, req) => void req.socket.resetAndDestroy();
    const { upstream, server } = await start(inTurn(varied, hangsUp, varied, failure(504, {}), varied));
    for (const image of ["first", "second"]) {
      expect([image, (await upload(server.url)).body.errors]).toEqual([image, undefined]);
    }
    expect(upstream.requests).toHaveLength(3);
    expect((await upload(server.url)).body.errors[0].message).toContain(NOTE);
    expect(upstream.requests).toHaveLength(4);
  });

  test("a large one has left", async () => {
    const large = writeBody(...varyFields, filePart(makeBytes(2_000_000)));
    const { upstream, server } = await start(inTurn(failure(500, {}, { "retry-after-ms": "1" }), varied));
    const { body } = await upload(server.url, large);
    expect(body.errors[0].extensions.code).toBe("UPSTREAM_ERROR");
    expect(upstream.requests).toHaveLength(1);
  });
});

describe("the log has the cause of UPSTREAM_UNAVAILABLE at warn, and clients have no address:", () => {
  const nowhere = "http://127.0.0.1:9";
  test.each<[string, string, RegExp]>([
    ["a closed port", nowhere, /ECONNREFUSED: connect ECONNREFUSED 127\.0\.0\.1:9/],
    ["several addresses", "http://localhost:9", /ECONNREFUSED/],
    ["a name that nobody has", "http://no-such-host.invalid", /ENOTFOUND|EAI_AGAIN/],
  ])("%s", async (_, url, cause) => {
    const { server, operations } = await startLogged(`${url}/v1`, { MAX_RETRIES: "0" }, "warn");
    for (const query of [chat, "{ models { id } }"]) {
      const { text } = await server.query(query);
      expect(text).toContain("UPSTREAM_UNAVAILABLE");
      expect(text).not.toMatch(/127\.0|localhost|:9|no-such-host|ECONN|ENOTFOUND|EAI/);
    }
    for (const line of await operations(2)) {
      expect(line).toMatchObject({ level: "warn", code: "UPSTREAM_UNAVAILABLE" });
      expect(line.upstream[0].cause).toMatch(cause);
    }
  });

  test("TLS spoken to a server without it", async () => {
    const { upstream } = await startServed(json(chatAnswer));
    const { server, operations } = await startLogged(upstream.url.replace("http:", "https:"), { MAX_RETRIES: "0" });
    expect((await server.query(chat)).body.errors[0].message).toBe("The upstream could not be reached.");
    const [line] = await operations(1);
    expect(line.upstream[0].cause).toMatch(/SSL|EPROTO/);
    expect(upstream.requests).toEqual([]);
  });

  test("a hang-up", async () => {
    const { upstream } = await startServed((_, __, req) => void req.socket.resetAndDestroy());
    const { server, operations } = await startLogged(upstream.url, {}, "warn");
    await server.query(chat);
    const [line] = await operations(1);
    expect(line.upstream[0]).toMatchObject({ failure: "unavailable", cause: "ECONNRESET: read ECONNRESET" });
  });
});
