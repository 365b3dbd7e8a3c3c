// Trusted documents by their ids, over every transport, and every refusal. See operation-manifest for the manifest's formats.
import { expect, test } from "vitest";
import { models } from "../support/answers.ts";
import { calls, chat, chatAnswer } from "../support/calls.ts";
import { shared } from "../support/lifetime.ts";
import { apolloManifest, sha256, writeManifest } from "../support/manifest.ts";
import { request, startTestServer } from "../support/server.ts";
import { hello, chat as stream, streams } from "../support/stream.ts";
import { json, startUpstream } from "../support/upstream.ts";
import { greetWebSocket } from "../support/websocket.ts";

const LIST = "query List { models { id } }";
const TWO = "query List { models { id } } query One($id: ID!) { model(id: $id) { id } }";
const documents = { list: LIST, two: TWO, chat, stream, [sha256(LIST)]: LIST };

type Body = Record<string, unknown>;

/** Starts a server with the manifest, and an upstream for all of its documents. */
async function start(environment: Record<string, string> = {}) {
  const upstream = await startUpstream((received, ...rest) => {
    const asksForStream = received.method === "POST" && (received.json() as Body).stream === true;
    if (asksForStream) return streams(hello)(received, ...rest);
    if (received.method === "POST") return json(chatAnswer)(received, ...rest);
    return json(received.path.endsWith("/models") ? models : { id: "m", object: "model" })(received, ...rest);
  });
  const manifest = { PERSISTED_OPERATIONS_FILE: writeManifest(apolloManifest(documents)) };
  return { upstream, server: await startTestServer(upstream.url, { ...manifest, ...environment }) };
}

const ONLY = { PERSISTED_OPERATIONS_ONLY: "true" };
const OFF = { PERSISTED_OPERATIONS_FILE: "" };

const withManifest = shared(() => start());
const withOnly = shared(() => start(ONLY));
const withoutManifest = shared(() => start(OFF));

/** The server of this configuration, which every case may use. */
function serve(environment: Record<string, string> = {}) {
  if (environment === ONLY) return withOnly();
  return environment === OFF ? withoutManifest() : withManifest();
}

function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  const init = { headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
  return request(url, { method: "POST", ...init });
}

function get(url: string, parameters: Body, headers: Record<string, string> = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    search.set(name, typeof value === "string" ? value : JSON.stringify(value));
  return request(`${url}?${search}`, { method: "GET", headers });
}

/** One answer, from whichever transport. */
interface Outcome {
  /** Absent over WebSocket. */
  status?: number;
  results: Body[];
}

function readEvents(text: string): Body[] {
  return [...text.matchAll(/^event: next\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data ?? ""));
}

async function sendByWebSocket(url: string, { query = "", ...more }: Body): Promise<Outcome> {
  const { messages, send } = await greetWebSocket(url);
  send({ id: "1", type: "subscribe", payload: { query, ...more } });
  await expect.poll(() => messages.some(({ type }) => type === "complete" || type === "error")).toBe(true);
  const shown = messages.filter(({ type }) => type !== "complete");
  return { results: shown.map(({ type, payload }) => (type === "error" ? { errors: payload } : payload)) };
}

/** Every road to the upstream. */
const transports: Record<string, (url: string, body: Body) => Promise<Outcome>> = {
  async JSON(url, body) {
    const { status, body: result } = await post(url, body);
    return { status, results: [result] };
  },
  async multipart(url, body) {
    const form = new FormData();
    form.set("operations", JSON.stringify(body));
    form.set("map", "{}");
    const { status, body: result } = await request(url, { method: "POST", body: form });
    return { status, results: [result] };
  },
  async GET(url, body) {
    const { status, body: result } = await get(url, body);
    return { status, results: [result] };
  },
  async "SSE by POST"(url, body) {
    const { status, text } = await post(url, body, { accept: "text/event-stream" });
    return { status, results: readEvents(text) };
  },
  async "SSE by GET"(url, body) {
    const { status, text } = await get(url, body, { accept: "text/event-stream" });
    return { status, results: readEvents(text) };
  },
  WebSocket: sendByWebSocket,
};
const names = Object.keys(transports);
const send = (transport: string, url: string, body: Body) =>
  transports[transport]?.(url, body) ?? Promise.reject(new Error("no such transport"));

const persistedQuery = (sha256Hash: unknown, version: unknown = 1) => ({
  extensions: { persistedQuery: { version, sha256Hash } },
});
const ways: [string, Body][] = [
  ["documentId", { documentId: "list" }],
  ["documentId with a prefix", { documentId: "sha256:list" }],
  ["doc_id", { doc_id: "list" }],
  ["id", { id: "list" }],
  ["extensions.persistedQuery", persistedQuery("list")],
  ["one id in several ways", { documentId: "list", id: "sha256:list", ...persistedQuery("list") }],
  ["an id and its own document", { documentId: "list", query: LIST }],
];

test.each(names.flatMap((transport) => ways.map(([way, body]) => ({ transport, way, body }))))(
  "over $transport a trusted document is served by $way, with and without ONLY",
  async ({ transport, body }) => {
    for (const environment of [{}, ONLY]) {
      const { upstream, server } = serve(environment);
      const { results } = await send(transport, server.url, body);
      expect(results).toMatchObject([{ data: { models: [{}, {}, {}] } }]);
      expect(results[0]).not.toHaveProperty("errors");
      expect(upstream.requests.map(({ path }) => path)).toEqual(["/v1/models"]);
      expect(server.faults).toEqual([]);
    }
  },
);

test.each(names)("over %s operationName and variables go with an id", async (transport) => {
  const { upstream, server } = serve(ONLY);
  const operation = { documentId: "two", operationName: "One", variables: { id: "m" } };
  const { results } = await send(transport, server.url, operation);
  expect(results).toEqual([{ data: { model: { id: "m" } } }]);
  const nameless = await send(transport, server.url, { documentId: "two" });
  expect(nameless.results).toMatchObject([{ errors: [{ extensions: { code: "BAD_REQUEST" } }] }]);
  expect(upstream.requests.map(({ path }) => path)).toEqual(["/v1/models/m"]);
});

test.each(["SSE by POST", "SSE by GET", "WebSocket"])("over %s a trusted subscription streams", async (transport) => {
  const { upstream, server } = serve(ONLY);
  const { results } = await send(transport, server.url, { documentId: "stream" });
  expect(results).toEqual([{ data: { chat: { text: "Hel" } } }, { data: { chat: { text: "lo" } } }]);
  expect(upstream.requests).toHaveLength(1);
});

test("a trusted mutation is served by POST and not by GET", async () => {
  const { upstream, server } = serve(ONLY);
  expect((await post(server.url, { documentId: "chat" })).body).toEqual({ data: { chat: { text: "hello" } } });
  const refused = await get(server.url, { documentId: "chat" });
  expect([refused.status, refused.body.errors[0].extensions.code]).toEqual([405, "BAD_REQUEST"]);
  expect(upstream.requests).toHaveLength(1);
});

/** Refusals with their code and status; over GET what is no string is sent as JSON, so as another string. */
const refusals: [string, Record<string, string>, Body, string, number][] = [
  ["an unknown id", {}, { documentId: "secret" }, "PERSISTED_QUERY_NOT_FOUND", 400],
  ["an unknown hash", {}, persistedQuery(sha256("secret")), "PERSISTED_QUERY_NOT_FOUND", 400],
  ["a word of JavaScript as id", {}, { documentId: "__proto__" }, "PERSISTED_QUERY_NOT_FOUND", 400],
  ["another word of JavaScript as id", {}, { id: "constructor" }, "PERSISTED_QUERY_NOT_FOUND", 400],
  ["an id without a manifest", OFF, { documentId: "secret" }, "PERSISTED_QUERY_NOT_SUPPORTED", 400],
  ["a hash without a manifest", OFF, persistedQuery(sha256("secret")), "PERSISTED_QUERY_NOT_SUPPORTED", 400],
  ["a wrong hash without a manifest", OFF, { ...persistedQuery("secret"), query: LIST }, "BAD_REQUEST", 400],
  ["a wrong hash", {}, { ...persistedQuery(sha256("secret")), query: LIST }, "BAD_REQUEST", 400],
  [
    "a known id with another document",
    {},
    { documentId: "two", query: "{ models { id created } }" },
    "BAD_REQUEST",
    400,
  ],
  ["a known hash with another document", {}, { ...persistedQuery(sha256(LIST)), query: TWO }, "BAD_REQUEST", 400],
  ["a known id with other white space", {}, { id: "list", query: `${LIST} ` }, "BAD_REQUEST", 400],
  ["two ids", {}, { documentId: "list", doc_id: "two" }, "BAD_REQUEST", 400],
  ["two ids, one of them unknown", {}, { id: "list", ...persistedQuery("secret") }, "BAD_REQUEST", 400],
  ["an empty id", {}, { documentId: "" }, "BAD_REQUEST", 400],
  ["an empty hash", {}, persistedQuery(""), "BAD_REQUEST", 400],
  ["an id of 257 characters", {}, { doc_id: "s".repeat(257), query: LIST }, "BAD_REQUEST", 400],
  ["an id with a space", {}, { id: "se cret", query: LIST }, "BAD_REQUEST", 400],
  ["an id with a line break", {}, { id: "list\n", query: LIST }, "BAD_REQUEST", 400],
  ["an id of another alphabet", {}, { id: "sécret", query: LIST }, "BAD_REQUEST", 400],
  ["a hash that is no string", {}, { ...persistedQuery(["list"]), query: LIST }, "BAD_REQUEST", 400],
  ["a hash of null", {}, { ...persistedQuery(null), query: LIST }, "BAD_REQUEST", 400],
  ["another version", {}, { ...persistedQuery("list", 2), query: LIST }, "BAD_REQUEST", 400],
  ["a version that is a string", {}, persistedQuery("list", "1"), "BAD_REQUEST", 400],
  ["a persistedQuery of null", {}, { extensions: { persistedQuery: null }, query: LIST }, "BAD_REQUEST", 400],
  [
    "a persistedQuery that is a string",
    {},
    { extensions: { persistedQuery: "list" }, query: LIST },
    "BAD_REQUEST",
    400,
  ],
  ["a persistedQuery that is a list", {}, { extensions: { persistedQuery: [] }, query: LIST }, "BAD_REQUEST", 400],
  ["a document alone, with ONLY", ONLY, { query: "{ models { id created } }" }, "FORBIDDEN", 403],
  ["a trusted document's own text, with ONLY", ONLY, { query: LIST }, "FORBIDDEN", 403],
  ["introspection, with ONLY", ONLY, { query: "{ __schema { types { name } } }" }, "FORBIDDEN", 403],
  ["__typename, with ONLY", ONLY, { query: "{ __typename }" }, "FORBIDDEN", 403],
  ["no document, with ONLY", ONLY, {}, "FORBIDDEN", 403],
  ["an unknown id, with ONLY", ONLY, { documentId: "secret" }, "FORBIDDEN", 403],
  ["an unknown id and a trusted text, with ONLY", ONLY, { documentId: "secret", query: LIST }, "FORBIDDEN", 403],
  [
    "a right hash of an unknown text, with ONLY",
    ONLY,
    { ...persistedQuery(sha256(TWO)), query: TWO },
    "FORBIDDEN",
    403,
  ],
  ["a poisoned id, with ONLY", ONLY, { documentId: "list", query: TWO }, "BAD_REQUEST", 400],
];

test.each(
  names.flatMap((transport) =>
    refusals.map(([what, env, body, code, status]) => ({ transport, what, env, body, code, status })),
  ),
)(
  "over $transport $what is $code, is not quoted and reaches no upstream",
  async ({ transport, env, body, code, status }) => {
    const { upstream, server } = serve(env);
    const outcome = await send(transport, server.url, body);
    expect(outcome.results).toMatchObject([{ errors: [{ extensions: { code } }] }]);
    expect(outcome.results[0]).not.toHaveProperty("data");
    expect(JSON.stringify(outcome.results)).not.toMatch(/secret|List|models|ssss|http/);
    if (outcome.status !== undefined) expect(outcome.status).toBe(status);
    expect(upstream.requests).toEqual([]);
    expect(server.faults).toEqual([]);
  },
);

test.each([5, 0, true, {}, ["list"]])("an id of %j is BAD_REQUEST", async (id) => {
  const { upstream, server } = serve();
  for (const name of ["documentId", "doc_id", "id"]) {
    const answer = await post(server.url, { [name]: id, query: LIST });
    expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([400, "BAD_REQUEST"]);
    const { results } = await sendByWebSocket(server.url, { [name]: id, query: LIST });
    expect(results).toMatchObject([{ errors: [{ extensions: { code: "BAD_REQUEST" } }] }]);
  }
  expect(upstream.requests).toEqual([]);
});

test("an id given twice in a URL is BAD_REQUEST", async () => {
  const { upstream, server } = serve();
  const answer = await request(`${server.url}?documentId=list&documentId=two`, { method: "GET" });
  expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([400, "BAD_REQUEST"]);
  expect(upstream.requests).toEqual([]);
});

test.each([null, 5, {}])("a query of %j beside a trusted document's id is absent or BAD_REQUEST", async (query) => {
  const { upstream, server } = serve();
  const { status } = await post(server.url, { documentId: "list", query });
  expect([status, upstream.requests.length]).toEqual(query === null ? [200, 1] : [400, 0]);
});

test("an uploaded file in the place of an id is BAD_REQUEST", async () => {
  const { upstream, server } = serve();
  const file = { "0": new Blob(["list"]) };
  const answer = await server.upload({ query: LIST, documentId: null }, { "0": ["documentId"] }, file);
  expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([400, "BAD_REQUEST"]);
  expect(upstream.requests).toEqual([]);
});

test.each(calls)("with ONLY an untrusted $field is FORBIDDEN and unpaid", async ({ operation }) => {
  const { upstream, server } = serve(ONLY);
  const answer = await server.query(operation);
  expect(answer.status).toBe(403);
  expect(answer.body).toEqual({
    errors: [{ message: "Only trusted documents are served: send the id of one.", extensions: { code: "FORBIDDEN" } }],
  });
  expect(upstream.requests).toEqual([]);
});

test.each(names)("over %s a document with an id that nobody knows is served, and not kept", async (transport) => {
  const text = "query Other { models { id } }";
  for (const environment of [{}, OFF]) {
    const { upstream, server } = serve(environment);
    for (const id of [{ documentId: "other" }, persistedQuery(sha256(text))]) {
      const { results } = await send(transport, server.url, { ...id, query: text });
      expect(results).toMatchObject([{ data: { models: [{}, {}, {}] } }]);
      const later = await send(transport, server.url, id);
      const code = environment === OFF ? "PERSISTED_QUERY_NOT_SUPPORTED" : "PERSISTED_QUERY_NOT_FOUND";
      expect(later.results).toMatchObject([{ errors: [{ extensions: { code } }] }]);
    }
    expect(upstream.requests).toHaveLength(2);
  }
});

test("over WebSocket a refused operation leaves the socket and the others alone", async () => {
  const { server } = serve(ONLY);
  const { messages, send: write } = await greetWebSocket(server.url);
  write({ id: "1", type: "subscribe", payload: { query: "{ models { id } }" } });
  write({ id: "2", type: "subscribe", payload: { query: "", documentId: "list" } });
  await expect.poll(() => messages.length).toBe(3);
  expect(messages[0]).toEqual({
    id: "1",
    type: "error",
    payload: [{ message: "Only trusted documents are served: send the id of one.", extensions: { code: "FORBIDDEN" } }],
  });
  expect(messages.slice(1)).toMatchObject([
    { id: "2", type: "next" },
    { id: "2", type: "complete" },
  ]);
});
