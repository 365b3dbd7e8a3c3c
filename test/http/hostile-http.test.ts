// Requests that are malformed, or that different readers understand differently: refused, not echoed, never sent on.

import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { chat } from "../support/calls.ts";
import { exchange, isWhole, portOf } from "../support/exchange.ts";
import { CONTENT_TYPE, filePart, variations, varyFields, type WrittenPart, writeBody } from "../support/multipart.ts";
import { startServed } from "../support/served-upstream.ts";
import { request, startTestServer, type TestServer } from "../support/server.ts";
import { chat as chatStream, hello, streams } from "../support/stream.ts";
import { json, startUpstream } from "../support/upstream.ts";

/** What must never come back. */
const MARKER = "m4rk3r";
const JSON_TYPE = "content-type: application/json";
const operation = JSON.stringify({ query: chat, extensions: { marker: MARKER } });
const GET = "/graphql?query={__typename}";

/** A POST to the endpoint of these header lines and this body, to which nothing is added. */
const post = (lines: string[], body = operation) => ["POST /graphql HTTP/1.1", ...lines, "", body].join("\r\n");
/** The same with a Host, a JSON body and its length. */
const postJson = (lines: string[], body = operation) =>
  post(["host: localhost", JSON_TYPE, `content-length: ${Buffer.byteLength(body)}`, ...lines], body);
const get = (target: string, lines: string[] = ["host: localhost"]) =>
  [`GET ${target} HTTP/1.1`, "graphql-require-preflight: 1", ...lines, "", ""].join("\r\n");

/** Sends the bytes, and asserts the status and that nothing came of them. */
async function expectRefusal(bytes: string, status: number, environment: Record<string, string> = {}): Promise<string> {
  const { upstream, server } = await startServed(json(variations), environment);
  const { text, ...answer } = await exchange(server.url, bytes, isWhole);
  expect(answer.status).toBe(status);
  expect(text).not.toMatch(/\bat \/|node:|SyntaxError|^(?:server|x-powered-by):/im);
  expect(text).not.toContain(MARKER);
  // What stood behind the request is no request of its own.
  expect(text.match(/^HTTP\/1\.1/gm)).toHaveLength(1);
  expect(upstream.requests).toEqual([]);
  expect(server.faults).toEqual([]);
  return text;
}

const smuggled = post(["host: localhost", JSON_TYPE, `content-length: ${operation.length}`]);
const chunked = (sizeLine: string) =>
  post(["host: localhost", JSON_TYPE, "transfer-encoding: chunked"], `${sizeLine}\r\n${operation}\r\n0\r\n\r\n`);
const size = operation.length.toString(16);

describe("what Node's parser refuses", () => {
  test.each([
    [
      "a Content-Length beside chunks",
      post(["host: localhost", JSON_TYPE, "content-length: 4", "transfer-encoding: chunked"], `0\r\n\r\n${smuggled}`),
    ],
    [
      "chunks beside a Content-Length",
      post(["host: localhost", JSON_TYPE, "transfer-encoding: chunked", "content-length: 4"], `0\r\n\r\n${smuggled}`),
    ],
    [
      "two Content-Lengths",
      post(["host: localhost", JSON_TYPE, "content-length: 5", `content-length: ${operation.length}`]),
    ],
    ["a list of Content-Lengths", post(["host: localhost", JSON_TYPE, `content-length: ${operation.length}, 5`])],
    ["a negative Content-Length", post(["host: localhost", JSON_TYPE, "content-length: -1"])],
    ["a Content-Length in hex", post(["host: localhost", JSON_TYPE, "content-length: 0x10"])],
    ["a Content-Length with a plus", post(["host: localhost", JSON_TYPE, "content-length: +16"])],
    ["an enormous Content-Length", post(["host: localhost", JSON_TYPE, `content-length: 1${"0".repeat(30)}`])],
    [
      "chunks that are not the last coding",
      post(["host: localhost", JSON_TYPE, "transfer-encoding: chunked, identity"], `0\r\n\r\n${smuggled}`),
    ],
    [
      "an unknown transfer coding",
      post(["host: localhost", JSON_TYPE, "transfer-encoding: xchunked"], `0\r\n\r\n${smuggled}`),
    ],
    ["a chunk size that is no number", chunked(MARKER)],
    ["a chunk size with 0x", chunked(`0x${size}`)],
    ["a negative chunk size", chunked(`-${size}`)],
    ["an enormous chunk size", chunked("fffffffffffffffff")],
    [
      "a chunk with no end",
      post(["host: localhost", JSON_TYPE, "transfer-encoding: chunked"], `${size}\r\n${operation}x\r\n0\r\n\r\n`),
    ],
    [
      "a folded header",
      post(["host: localhost", JSON_TYPE, "x: a", ` ${MARKER}: b`, `content-length: ${operation.length}`]),
    ],
    ["a bare line feed inside of the head", postJson([`x: 1\nx-${MARKER}: 1`])],
    ["bare line feeds alone", postJson([]).replaceAll("\r\n", "\n")],
    ["a bare line feed behind a chunk's size", chunked(size).replace(`${size}\r\n`, `${size}\n`)],
    ["bytes outside of ASCII in the target", get(`${GET}\xe9`)],
    [
      "a bare carriage return inside of the head",
      post(["host: localhost", JSON_TYPE, `x: 1\r${MARKER}: 1`, `content-length: ${operation.length}`]),
    ],
    ["a space before the colon", post(["host: localhost", JSON_TYPE, `content-length : ${operation.length}`])],
    [
      "a NUL in a header",
      post(["host: localhost", JSON_TYPE, `x: ${MARKER}\0`, `content-length: ${operation.length}`]),
    ],
    [
      "a NUL in a header's name",
      post(["host: localhost", JSON_TYPE, `x\0${MARKER}: 1`, `content-length: ${operation.length}`]),
    ],
    [
      "a header without a name",
      post(["host: localhost", JSON_TYPE, `: ${MARKER}`, `content-length: ${operation.length}`]),
    ],
    ["no Host", post([JSON_TYPE, `content-length: ${operation.length}`])],
    ["an unknown method", `${MARKER} /graphql HTTP/1.1\r\nhost: localhost\r\n\r\n`],
    ["an unknown version", `GET ${GET} HTTP/9.9\r\nhost: localhost\r\n\r\n`],
    ["a space in the target", get(`/graphql?query={a ${MARKER}}`)],
    ["another protocol", `\x16\x03\x01\x02\x00${MARKER}\r\n\r\n`],
  ])("%s is 400, and the connection is closed", async (_, bytes) => {
    const text = await expectRefusal(bytes, 400);
    expect(text).toMatch(/^connection: close$/im);
  });

  test("a head larger than 16 KiB is 431", async () => {
    await expectRefusal(postJson([`x: ${MARKER.repeat(5_000)}`]), 431);
    await expectRefusal(get(`${GET}&x=${MARKER.repeat(5_000)}`), 431);
  });
});

describe("what the server refuses by the head alone", () => {
  const notUrl: [string, string][] = [
    ["an absolute target", get(`http://${MARKER}/graphql?query={__typename}`)],
    ["an absolute target of its own host", get("http://localhost/graphql?query={__typename}")],
    ["a target without a slash", get(`*`)],
    ["an empty Host", get(GET, ["host:"])],
    ["a Host of spaces", get(GET, ["host:   "])],
    ["a Host that does not end", get(GET, ["host: ["])],
    ["a Host with a path", get(GET, [`host: localhost/${MARKER}`])],
    ["a Host with a query", get(GET, [`host: localhost?${MARKER}`])],
    ["a Host with a user", get(GET, [`host: ${MARKER}@localhost`])],
    ["a Host with a space", get(GET, [`host: localhost ${MARKER}`])],
    ["a Host with a port out of range", get(GET, ["host: localhost:65536"])],
    ["a Host with a list", get(GET, [`host: localhost, ${MARKER}`])],
    ["two Hosts", get(GET, ["host: localhost", `host: ${MARKER}`])],
    ["two Hosts that are the same", get(GET, ["host: localhost", "host: localhost"])],
    ["two Content-Types", postJson(["content-type: multipart/form-data"])],
    ["two Authorizations", postJson(["authorization: Bearer a", `authorization: Bearer ${MARKER}`])],
    ["a GET with a body", get(GET, ["host: localhost", "content-length: 6", "", MARKER])],
    ["a GET with chunks", get(GET, ["host: localhost", "transfer-encoding: chunked", "", `6\r\n${MARKER}\r\n0\r\n`])],
  ];
  test.each(notUrl)("%s is 400, and the connection is closed", async (_, bytes) => {
    const text = await expectRefusal(bytes, 400);
    expect(text).toContain('"code":"BAD_REQUEST"');
    expect(text).toMatch(/^connection: close$/im);
  });

  test("HTTP/1.0 without a Host is 400", async () => {
    await expectRefusal(`GET ${GET} HTTP/1.0\r\ngraphql-require-preflight: 1\r\n\r\n`, 400);
  });

  test("chunks in HTTP/1.0 are 400, and what stands behind them is no request", async () => {
    const head = ["POST /graphql HTTP/1.0", "host: localhost", "connection: keep-alive", JSON_TYPE];
    const bytes = [...head, "transfer-encoding: chunked", "", `${size}\r\n${operation}\r\n0\r\n\r\n${smuggled}`];
    const { upstream, server } = await startServed(json(variations));
    for (const path of ["/graphql", "/metrics", "/healthz"]) {
      const answer = await exchange(server.url, bytes.join("\r\n").replace("/graphql", path));
      expect(answer).toMatchObject({ status: 400, closed: true });
      expect(answer.text).toMatch(/^connection: close$/im);
      expect(answer.text.match(/^HTTP\/1\.1/gm)).toHaveLength(1);
    }
    expect(upstream.requests).toEqual([]);
  });

  test.each([
    ["PUT", "/graphql", 405],
    ["DELETE", "/graphql", 405],
    ["PATCH", "/graphql", 405],
    ["HEAD", "/graphql", 405],
    ["OPTIONS", "/graphql", 405],
    ["TRACE", "/graphql", 405],
    ["PROPFIND", "/graphql", 405],
    ["GET", "/", 404],
    ["GET", "/health", 404],
    ["GET", "/graphql/", 404],
    ["GET", `/${MARKER}`, 404],
    ["GET", "//a/graphql", 404],
    ["GET", "/x/graphql", 404],
    ["GET", "/%67raphql", 404],
    ["GET", "/graphql/../graphql", 404],
    ["POST", `/other?x=/graphql`, 404],
  ])("%s %s is %d", async (method, path, status) => {
    const bytes = `${method} ${path} HTTP/1.1\r\nhost: localhost\r\naccept: text/plain\r\ngraphql-require-preflight: 1\r\nx: ${MARKER}\r\n\r\n`;
    const { upstream, server } = await startServed(json(variations));
    const { text, ...answer } = await exchange(server.url, bytes, (soFar) => method === "HEAD" || isWhole(soFar));
    expect(answer.status).toBe(status);
    expect(/^allow: (.*)$/im.exec(text)?.[1]).toBe(status === 405 ? "GET, POST" : undefined);
    expect(text.endsWith("}]}")).toBe(method !== "HEAD");
    expect(text).not.toContain(MARKER);
    expect(upstream.requests).toEqual([]);
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/graphql",
    "application/graphql+json",
    "application/jsonp",
    "application/json, text/plain",
    "text/plain; application/json",
    "application/json; charset=utf-16",
    "application/json; charset=utf-8; charset=utf-8",
    "application/json; charset=utf-8; charset=utf-7",
    'application/json; charset="utf-8',
    "application/json; charset = utf-7",
    "application",
    ";",
    "",
  ])("the content type %j is 415", async (type) => {
    const lines = ["host: localhost", `content-type: ${type}`, `content-length: ${operation.length}`];
    await expectRefusal(post(lines), 415);
  });

  test.each(["gzip", "deflate", "br", "gzip, identity", MARKER])("the content coding %j is 415", async (coding) => {
    await expectRefusal(postJson([`content-encoding: ${coding}`]), 415);
  });

  test("a transfer coding under the chunks is 400", async () => {
    await expectRefusal(
      post(["host: localhost", JSON_TYPE, "transfer-encoding: gzip, chunked"], `${size}\r\n${operation}\r\n0\r\n\r\n`),
      400,
    );
  });

  test("an expectation other than 100-continue is 417", async () => {
    await expectRefusal(postJson([`expect: ${MARKER}`]), 417);
  });

  test.each([
    "application/json",
    "Application/JSON",
    "application/json;charset=utf-8",
    'application/json; charset="UTF-8"',
    "application/json ; charset=utf8 ; profile=x",
  ])("the content type %j is served", async (type) => {
    const { server } = await startServed(json(variations));
    const body = '{"query":"{ __typename }"}';
    const bytes = post(
      ["host: localhost", `content-type: ${type}`, "content-encoding: identity", `content-length: ${body.length}`],
      body,
    );
    expect((await exchange(server.url, bytes, isWhole)).text).toContain('{"data":{"__typename":"Query"}}');
  });
});

describe("Expect: 100-continue", () => {
  test("is met once the body is about to be read", async () => {
    const { server } = await startServed(json(variations));
    const body = '{"query":"{ __typename }"}';
    const socket = connect(portOf(server.url), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.write(post(["host: localhost", JSON_TYPE, `content-length: ${body.length}`, "expect: 100-continue"], ""));
    await expect.poll(() => text).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    socket.write(body);
    await expect.poll(() => text).toContain('{"data":{"__typename":"Query"}}');
    expect(text.match(/^HTTP\/1\.1/gm)).toHaveLength(2);
  });

  test.each([
    ["too large", 413, [JSON_TYPE, "content-length: 999999999"]],
    ["of a wrong type", 415, ["content-type: text/plain", "content-length: 10"]],
    [
      "of a page of another origin",
      403,
      [`content-type: ${CONTENT_TYPE}`, "content-length: 10", "origin: https://evil.example"],
    ],
    ["compressed", 415, [JSON_TYPE, "content-encoding: gzip", "content-length: 10"]],
  ])("is not met for a body %s", async (_, status, lines) => {
    const { upstream, server } = await startServed(json(variations));
    const answer = await exchange(server.url, post(["host: localhost", "expect: 100-continue", ...lines], ""));
    expect(answer).toMatchObject({ status, closed: true });
    expect(answer.text).not.toContain("100 Continue");
    expect(upstream.requests).toEqual([]);
  });
});

describe("hostile JSON", () => {
  const levels = (count: number, open = "[", close = "]") => open.repeat(count) + close.repeat(count);
  const withExtensions = (value: string) => `{"query":"{ __typename }","extensions":{"a":${value}}}`;
  const tooDeep = "must be nested at most 256 levels deep.";

  /** Ways to send JSON, and what each calls it. */
  const ways: [string, (server: TestServer, text: string) => ReturnType<TestServer["query"]>][] = [
    ["The request body", (server, text) => server.query("", undefined, { body: text })],
    ["'operations'", (server, text) => upload(server, { name: "operations", body: text })],
    ["'map'", (server, text) => upload(server, varyFields[0] as WrittenPart, { name: "map", body: text })],
    ...["variables", "extensions"].map((name): (typeof ways)[number] => [
      `The query parameter "${name}"`,
      (server, text) => request(`${server.url}?query={__typename}&${name}=${encodeURIComponent(text)}`),
    ]),
  ];
  const upload = (server: TestServer, ...parts: WrittenPart[]) =>
    request(server.url, {
      method: "POST",
      headers: { "content-type": CONTENT_TYPE },
      body: writeBody(...parts, filePart("x")),
    });

  test.each(ways)("%s may not be nested deeper than 256 levels", async (name, send) => {
    const { upstream, server } = await startServed(json(variations));
    for (const text of [
      levels(257),
      levels(400, '{"a":', "}"),
      "[".repeat(3_000),
      `["\\"]${"x]".repeat(300)}",${levels(256)}]`,
    ]) {
      const answer = await send(server, text);
      expect(answer.status).toBe(400);
      expect(answer.body.errors).toMatchObject([
        { message: expect.stringContaining(`${name} ${tooDeep}`), extensions: { code: "BAD_REQUEST" } },
      ]);
    }
    expect(upstream.requests).toEqual([]);
  });

  test.each(ways.slice(0, 3))("%s may not hold more than 20,000 values", async (name, send) => {
    const { upstream, server } = await startServed(json(variations));
    for (const text of [
      `[${"1,".repeat(20_000)}1]`,
      `[${"{},".repeat(60_000)}1]`,
      `{${'"a":1,'.repeat(100_000)}"b":1}`,
    ]) {
      const answer = await send(server, text);
      expect(answer.status).toBe(400);
      expect(answer.body.errors).toMatchObject([
        {
          message: expect.stringContaining(`${name} must hold at most 20000 values.`),
          extensions: { code: "BAD_REQUEST" },
        },
      ]);
    }
    const commas = await server.query("", undefined, { body: withExtensions(`"${",".repeat(200_000)}\\""`) });
    expect(commas.body).toEqual({ data: { __typename: "Query" } });
    expect(upstream.requests).toEqual([]);
  });

  test("the same holds for the messages of a WebSocket", async () => {
    const { upstream, server } = await startServed(json(variations));
    for (const variables of [levels(300), `[${"1,".repeat(20_000)}1]`]) {
      const socket = new WebSocket(server.url.replace("http", "ws"), "graphql-transport-ws");
      onTestFinished(() => socket.terminate());
      await once(socket, "open");
      socket.send('{"type":"connection_init"}');
      await once(socket, "message");
      socket.send(
        `{"id":"1","type":"subscribe","payload":{"query":"{ models { id } }","variables":{"a":${variables}}}}`,
      );
      const [code] = await once(socket, "close");
      expect(code).toBe(4400);
    }
    expect(upstream.requests).toEqual([]);
    expect(server.faults).toEqual([]);
  });

  test.each(ways)("%s that is broken is not quoted", async (name, send) => {
    const { upstream, server } = await startServed(json(variations));
    for (const text of [`{"${MARKER}`, `{"${MARKER}":}`, `"${MARKER}`, `${MARKER}`, `{"a":"${MARKER}\n"}`]) {
      const answer = await send(server, text);
      expect(answer.status).toBe(400);
      expect(answer.body.errors[0].extensions).toEqual({ code: "BAD_REQUEST" });
      expect(answer.body.errors[0].message).toContain(name);
      expect(answer.text).not.toMatch(new RegExp(`${MARKER}|SyntaxError|position`));
    }
    expect(upstream.requests).toEqual([]);
  });

  test("256 levels are served, and brackets inside of strings are none", async () => {
    const { server } = await startServed(json(variations));
    for (const value of [levels(254), `"${"[{".repeat(1_000)}"`, `"\\"${"[".repeat(1_000)}\\\\"`]) {
      const answer = await server.query("", undefined, { body: withExtensions(value) });
      expect(answer.body).toEqual({ data: { __typename: "Query" } });
    }
  });

  test("8 MiB of opening brackets are refused without the memory that parsing them takes", async () => {
    const { server } = await startServed(json(variations));
    const body = "[".repeat(8 * 2 ** 20);
    await server.query("", undefined, { body });
    const before = process.memoryUsage().heapUsed;
    const answer = await server.query("", undefined, { body });
    expect(answer.body.errors[0].message).toContain(tooDeep);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 2 ** 20);
  });

  test("invalid UTF-8 is BAD_REQUEST", async () => {
    const { upstream, server } = await startServed(json(variations));
    const bytes = Buffer.concat([
      Buffer.from('{"query":"{ models { id } } #'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('"}'),
    ]);
    const answers = [
      await server.query("", undefined, { body: bytes }),
      await upload(server, { name: "operations", body: bytes }),
      await upload(server, varyFields[0] as WrittenPart, {
        name: "map",
        body: Buffer.concat([Buffer.from('{"'), Buffer.from([0xff]), Buffer.from('":[]}')]),
      }),
      await request(`${server.url}?query={__typename}&variables={"a":"%c3%28"}`),
      await request(`${server.url}?query={__typename}%ff`),
    ];
    for (const { status, body } of answers) {
      expect(status).toBe(400);
      expect(body.errors).toMatchObject([
        { message: expect.stringContaining("UTF-8"), extensions: { code: "BAD_REQUEST" } },
      ]);
    }
    expect(upstream.requests).toEqual([]);
  });

  test("a byte order mark is passed over", async () => {
    const { server } = await startServed(json(variations));
    const answer = await server.query("", undefined, { body: '\ufeff{"query":"{ __typename }"}' });
    expect(answer.body).toEqual({ data: { __typename: "Query" } });
  });

  test("of a repeated key the last counts", async () => {
    const { server } = await startServed(json(variations));
    const answer = await server.query("", undefined, { body: '{"query":"{ nonsense }","query":"{ __typename }"}' });
    expect(answer.body).toEqual({ data: { __typename: "Query" } });
  });

  test.each([
    ["the body", '{"__proto__":{"query":"{ models { id } }","polluted":1}}'],
    ["the body beside its query", '{"query":"{ models { id } }","__proto__":{"polluted":1}}'],
    ["an unknown parameter", `{"query":"{ models { id } }","${MARKER}":1}`],
    ["the constructor", '{"query":"{ models { id } }","constructor":{"prototype":{"polluted":1}}}'],
  ])("__proto__ and its like in %s are refused and do no harm", async (_, body) => {
    const { upstream, server } = await startServed(json(variations));
    const answer = await server.query("", undefined, { body });
    expect(answer.status).toBe(400);
    expect(answer.body.errors[0].extensions).toEqual({ code: "BAD_REQUEST" });
    expect(answer.text).not.toContain(MARKER);
    expect("polluted" in {}).toBe(false);
    expect(upstream.requests).toEqual([]);
  });

  test("__proto__ in variables, extensions, operations and map does no harm", async () => {
    const { server } = await startServed(json(variations));
    const polluting = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const body = `{"query":"{ __typename }","variables":${polluting},"extensions":${polluting}}`;
    expect((await server.query("", undefined, { body })).body).toEqual({ data: { __typename: "Query" } });
    const operations = { name: "operations", body };
    for (const path of [
      "__proto__.polluted",
      "variables.__proto__.polluted",
      "variables.constructor.prototype.polluted",
    ]) {
      const answer = await upload(server, operations, {
        name: "map",
        body: JSON.stringify({ 0: [path] }),
      });
      expect(answer.status).toBe(400);
    }
    expect("polluted" in {}).toBe(false);
    expect(server.faults).toEqual([]);
  });
});

describe("the headers of an answer", () => {
  const always = [
    "cache-control",
    "connection",
    "content-length",
    "content-type",
    "date",
    "keep-alive",
    "x-request-id",
  ];

  /** Answers with headers that are none of a client's business. */
  const talkative = {
    server: "cloudflare",
    "set-cookie": `__cf_bm=${MARKER}`,
    "x-powered-by": "Express",
    "openai-organization": MARKER,
    "x-request-id": MARKER,
    "cf-ray": MARKER,
  };

  test("forbid to sniff and to keep it, name no software, and are none of the upstream's", async () => {
    const upstream = await startUpstream(json({ object: "list", data: [] }, 200, talkative));
    const server = await startTestServer(upstream.url);
    const answers = [
      await server.query("{ models { id } }"),
      await server.query("{ nonsense }"),
      await server.query("", undefined, { body: "{" }),
      await server.query("", undefined, { headers: { "content-type": "text/plain" } }),
      await request(`${server.url}/other`),
      await request(`${server.url}?query={__typename}`, { method: "DELETE" }),
    ];
    for (const { headers } of answers) {
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("no-store");
      const others = [...headers.keys()].filter((name) => !always.includes(name));
      expect(others.filter((name) => name !== "allow")).toEqual(["x-content-type-options"]);
    }
    expect(upstream.requests).toHaveLength(1);
  });

  test("of a stream forbid the same, and proxies to change it", async () => {
    const upstream = await startUpstream(streams(hello));
    const server = await startTestServer(upstream.url);
    const { headers } = await server.query(chatStream, undefined, { headers: { accept: "text/event-stream" } });
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-cache, no-transform");
  });

  test.each([
    ["application/json", "application/json"],
    ["application/graphql-response+json, application/json", "application/graphql-response+json"],
    ["application/json, application/graphql-response+json", "application/json"],
    ["text/event-stream", "application/json"],
    ["*/*", "application/json"],
  ])("of a refusal for Accept: %s name the type %s", async (accept, type) => {
    const { server } = await startServed(json(variations));
    const answer = await request(`${server.url}/other`, { headers: { accept } });
    expect(answer.headers.get("content-type")).toBe(`${type}; charset=utf-8`);
    expect(answer.body.errors[0].extensions).toEqual({ code: "BAD_REQUEST" });
  });
});

test("CONNECT opens no tunnel", async () => {
  const { upstream, server } = await startServed(json(variations));
  const socket = connect(portOf(server.url), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket
    .on("error", () => {})
    .on("data", (chunk) => {
      text += chunk;
    });
  const closed = once(socket, "close");
  socket.write("CONNECT 127.0.0.1:1 HTTP/1.1\r\nhost: 127.0.0.1:1\r\n\r\n");
  await closed;
  expect(text).toBe("");
  expect(upstream.requests).toEqual([]);
});
