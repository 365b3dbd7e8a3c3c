// GraphQL over HTTP: the public audit, and what it does not cover.
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { serverAudits } from "graphql-http";
import { describe, expect, test } from "vitest";
import { models } from "../support/answers.ts";
import { startServed } from "../support/served-upstream.ts";
import { preflighted, request } from "../support/server.ts";
import { json } from "../support/upstream.ts";

/** As the audit's client would, were it told to send a header of its own. */
const fetchFn = (url: string, init: RequestInit = {}) =>
  fetch(url, { ...init, headers: { ...preflighted, ...init.headers } });

describe("the audit of graphql-http", () => {
  const names = serverAudits({ url: "", fetchFn }).map(({ id, name }) => ({ id, name }));
  test.each(names)("$id $name", async ({ id }) => {
    const { server } = await startServed(json(models));
    const audit = serverAudits({ url: server.url, fetchFn }).find((candidate) => candidate.id === id);
    const result = await audit?.fn();
    expect(result).toMatchObject({ status: "ok" });
  });
});

test.each([
  ["broken JSON", "application/json", '{"query": "{ secret', 400],
  ["an empty body", "application/json", "", 400],
  ["invalid UTF-8", "application/json", Buffer.from([0x7b, 0xff, 0x7d]), 400],
  ["null", "application/json", "null", 400],
  ["an array of operations", "application/json", '[{"query":"{ models { id } }"}]', 400],
  ["an operation name that is no string", "application/json", '{"query":"{ models { id } }","operationName":{}}', 400],
  ["another charset", "application/json; charset=utf-16", '{"query":"{ models { id } }"}', 415],
  ["a form", "application/x-www-form-urlencoded", "query={models{id}}", 415],
  ["plain text", "text/plain", '{"query":"{ models { id } }"}', 415],
  ["bare GraphQL", "application/graphql", "{ models { id } }", 415],
])("%s is BAD_REQUEST, is not quoted and reaches no upstream", async (_, contentType, body, status) => {
  const { upstream, server } = await startServed(json(models));
  const answer = await request(server.url, { method: "POST", headers: { "content-type": contentType }, body });
  expect(answer.status).toBe(status);
  expect(answer.body.errors).toHaveLength(1);
  expect(answer.body.errors[0].extensions).toEqual({ code: "BAD_REQUEST" });
  expect(answer.text).not.toMatch(/secret|stack|SyntaxError/);
  expect(upstream.requests).toEqual([]);
  expect(server.faults).toEqual([]);
});

test.each(["variables", "extensions"])("a GET with broken %s is BAD_REQUEST", async (name) => {
  const { server } = await startServed(json(models));
  const answer = await request(`${server.url}?query={__typename}&${name}={`, { method: "GET" });
  expect(answer.status).toBe(400);
  expect(answer.body.errors).toMatchObject([
    { extensions: { code: "BAD_REQUEST" }, message: expect.stringContaining(name) },
  ]);
});

test("a GET answers a query and refuses a mutation", async () => {
  const { upstream, server } = await startServed(json(models));
  const query = await request(`${server.url}?query=${encodeURIComponent("{ models { id } }")}`, { method: "GET" });
  expect(query.body.data.models).toHaveLength(3);
  const mutation = 'mutation { complete(input: { model: "m", prompt: "p" }) { id } }';
  const refused = await request(`${server.url}?query=${encodeURIComponent(mutation)}`, { method: "GET" });
  expect(refused.status).toBe(405);
  expect(refused.body.errors).toMatchObject([{ extensions: { code: "BAD_REQUEST" } }]);
  expect(upstream.requests.map(({ method }) => method)).toEqual(["GET"]);
});

test.each([
  ["GRAPHQL_PARSE_FAILED", "{"],
  ["GRAPHQL_VALIDATION_FAILED", "{ nothing }"],
  ["BAD_REQUEST", "query A { __typename } query B { __typename }"],
])("%s answers %j", async (code, query) => {
  const { server } = await startServed(json(models));
  const answer = await server.query(query);
  expect(answer.body.errors).toMatchObject([{ extensions: { code } }]);
  expect(answer.body.data).toBeUndefined();
});

test("a body larger than MAX_BODY_BYTES is PAYLOAD_TOO_LARGE (413), declared or not", async () => {
  const { upstream, server } = await startServed(json(models), { MAX_BODY_BYTES: "100" });
  const query = `{ models { id } } #${"x".repeat(200)}`;
  const declared = await server.query(query);
  const chunked = await request(server.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: new Blob([JSON.stringify({ query })]).stream(),
    duplex: "half",
  } as RequestInit);
  for (const answer of [declared, chunked]) {
    expect(answer.status).toBe(413);
    expect(answer.body.errors).toMatchObject([
      { message: "The request body must be at most 100 bytes.", extensions: { code: "PAYLOAD_TOO_LARGE" } },
    ]);
  }
  expect(upstream.requests).toEqual([]);
});

describe("an operation that this server refuses as a whole while it executes it", () => {
  const variations = 'imageVariations(input: { image: "data:image/png;base64,AAAA" }) { created }';

  test("says so by its HTTP status", async () => {
    const { server } = await startServed(json(models), { MAX_UPLOAD_BYTES: "2" });
    const answer = await server.query(`mutation { ${variations} again: ${variations} }`);
    expect(answer.status).toBe(413);
    expect(answer.body.data).toEqual({ imageVariations: null, again: null });
    expect(answer.body.errors).toMatchObject([
      { message: "input.image must be at most 2 bytes; got 3.", extensions: { code: "PAYLOAD_TOO_LARGE" } },
      { path: ["again"] },
    ]);
  });

  test("comes with 200 as application/graphql-response+json, or when it failed for several reasons or in part", async () => {
    const { server } = await startServed(json(models), { MAX_UPLOAD_BYTES: "2" });
    const accept = { headers: { accept: "application/graphql-response+json" } };
    expect((await server.query(`mutation { ${variations} }`, undefined, accept)).status).toBe(200);
    const other = 'complete(input: { model: "", prompt: "p" }) { id }';
    expect((await server.query(`mutation { ${variations} ${other} }`)).status).toBe(200);
    expect((await server.query(`mutation { ${variations} __typename }`)).status).toBe(200);
  });
});

test("no page of another origin may read an answer", async () => {
  const { server } = await startServed(json(models));
  const answer = await server.query("{ __typename }", undefined, { headers: { origin: "https://evil.example" } });
  expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
});

test("without introspection the schema cannot be asked for", async () => {
  const { server } = await startServed(json(models), { INTROSPECTION: "false" });
  const answer = await server.query("{ __schema { types { name } } }");
  expect(answer.body.errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }, {}]);
  expect((await server.query("{ __typename }")).body).toEqual({ data: { __typename: "Query" } });
});

test("a body that breaks off is no fault of the server's", async () => {
  const { upstream, server } = await startServed(json(models));
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.write(
    "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 200\r\n\r\n{",
  );
  await once(socket, "connect");
  socket.destroy();
  expect((await server.query("{ models { id } }")).body.data.models).toHaveLength(3);
  expect(server.faults).toEqual([]);
  expect(upstream.requests).toHaveLength(1);
});

test.each(["[", "a b", "a:99999999", "user@@x:y"])(
  "the Host header %j is BAD_REQUEST and shows no stack",
  async (host) => {
    const { server } = await startServed(json(models));
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET /graphql?query={__typename} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain("BAD_REQUEST");
    expect(answer).not.toMatch(/\bat |node:/);
  },
);
