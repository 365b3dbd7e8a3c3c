// An embedder's own plugins, of Yoga's and of Envelop's kind: their hooks run for every operation, over every transport.
import { useFilterAllowedOperations } from "@envelop/filter-operation-type";
import { useDisableIntrospection } from "@graphql-yoga/plugin-disable-introspection";
import { type DocumentNode, type FieldNode, GraphQLError, OperationTypeNode, visit } from "graphql";
import { type Plugin, useExtendContext } from "graphql-yoga";
import { describe, expect, test } from "vitest";
import type { OperationRecord } from "../../src/telemetry/operation-record.ts";
import { chatAnswer } from "../support/calls.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { done, event, streams } from "../support/stream.ts";
import { subscribeSse, subscribeWs } from "../support/subscribe.ts";
import { type Answer, json, startUpstream, type Upstream } from "../support/upstream.ts";

const input = { model: "m", messages: [{ role: "USER", content: "hi" }] };
const chat = "mutation ($input: ChatInput!) { chat(input: $input) { id text } }";
const stream = "subscription ($input: ChatInput!) { chat(input: $input) { text } }";
const models = "{ models { id } }";
const introspection = "{ __schema { queryType { name } } }";

/** Whole answers and streams, as each request asks. */
const answer: Answer = (received, res, req) => {
  if (received.method === "GET") return json({ data: [{ id: "a" }] })(received, res, req);
  const { stream: isStream } = received.json() as { stream?: boolean };
  const events = ["Hel", "lo"].map((content) => event({ id: "c", choices: [{ index: 0, delta: { content } }] }));
  return isStream ? streams(...events, done)(received, res, req) : json(chatAnswer)(received, res, req);
};

async function start(...plugins: object[]): Promise<[TestServer, Upstream]> {
  const upstream = await startUpstream(answer);
  return [await startTestServer(upstream.url, {}, [], plugins), upstream];
}

/** Every way to send an operation; each yields its results. */
const ways: [string, (server: TestServer, query: string) => Promise<unknown[]>][] = [
  ["over HTTP", async (server, query) => [(await server.query(query, { input })).body]],
  ["over SSE", (server, query) => resultsOf(subscribeSse(server.url, query, { input }))],
  ["over WebSocket", (server, query) => resultsOf(subscribeWs(server.url, query, { input }))],
];

async function resultsOf(subscribing: Promise<{ results: unknown[]; ended: Promise<string> }>): Promise<unknown[]> {
  const { results, ended } = await subscribing;
  await ended;
  return results;
}

describe.each(ways)("%s", (way, send) => {
  test("Yoga's plugin against introspection refuses it, and nothing else", async () => {
    const [server] = await start(useDisableIntrospection());
    for (let time = 1; time <= 2; time++) {
      const [refused] = (await send(server, introspection)) as [{ errors: { extensions: object }[] }];
      const refusal = { extensions: { code: "GRAPHQL_VALIDATION_FAILED" } };
      expect(refused.errors).toMatchObject([refusal, refusal]);
      expect(await send(server, models)).toEqual([{ data: { models: [{ id: "a" }] } }]);
    }
    expect(server.faults).toEqual([]);
  });

  test("Envelop's plugin that allows queries alone keeps mutations and subscriptions from the upstream", async () => {
    const [server, upstream] = await start(useFilterAllowedOperations([OperationTypeNode.QUERY]));
    for (const query of [chat, chat, stream]) {
      const [refused] = await send(server, query);
      expect(refused).toMatchObject({ errors: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }] });
    }
    expect(upstream.requests).toHaveLength(0);
    expect(await send(server, models)).toEqual([{ data: { models: [{ id: "a" }] } }]);
  });

  test("hooks see each operation once, and the answer is the same as without them", async () => {
    const seen: string[] = [];
    const watch: Plugin = {
      onParams: ({ params }) => void seen.push(`params ${params.query?.split(" ", 1)[0]}`),
      onParse: () => void seen.push("parse"),
      onValidate: () => void seen.push("validate"),
      onContextBuilding: () => void seen.push("context"),
      onExecute: () => void seen.push("execute"),
      onSubscribe: () => void seen.push("subscribe"),
    };
    const [server, upstream] = await start(
      useExtendContext(() => ({ more: true })),
      watch,
    );
    expect(await send(server, chat)).toEqual([{ data: { chat: { id: "chatcmpl-1", text: "hello" } } }]);
    expect(seen).toEqual(["params mutation", "parse", "validate", "context", "execute"]);
    if (way === "over HTTP") return;
    seen.length = 0;
    expect(await send(server, stream)).toEqual([
      { data: { chat: { text: "Hel" } } },
      { data: { chat: { text: "lo" } } },
    ]);
    expect(seen).toEqual(["params subscription", "parse", "validate", "context", "subscribe"]);
    expect(upstream.requests).toHaveLength(2);
  });

  test("what a plugin throws is masked, reported, and costs nothing", async () => {
    const fault = new Error("secret of the plugin");
    const [server, upstream] = await start({
      onExecute() {
        throw fault;
      },
    });
    const results = await send(server, chat);
    expect(results).toMatchObject([{ errors: [{ extensions: { code: "INTERNAL_SERVER_ERROR" } }] }]);
    expect(JSON.stringify(results)).not.toContain("secret");
    expect(server.faults).toEqual([fault]);
    expect(upstream.requests).toHaveLength(0);
  });

  test("a result that a plugin changes reaches the client", async () => {
    const [server] = await start({
      onExecute: () => ({
        onExecuteDone: ({ setResult }: { setResult(result: object): void }) =>
          setResult({ data: { models: [{ id: "changed" }] } }),
      }),
    });
    expect(await send(server, models)).toEqual([{ data: { models: [{ id: "changed" }] } }]);
  });
});

test("with a plugin the upstream's failures, limits and statuses are as without", async () => {
  const upstream = await startUpstream(json({ error: { message: "no", type: "t" } }, 400));
  const environment = { MAX_PAID_FIELDS: "1" };
  const plain = await startTestServer(upstream.url, environment);
  const framed = await startTestServer(upstream.url, environment, [], [useExtendContext(() => ({}))]);
  const twice = "mutation ($input: ChatInput!) { a: chat(input: $input) { id } b: chat(input: $input) { id } }";
  for (const query of [
    chat,
    twice,
    stream,
    "{",
    "{ nothing }",
    "mutation ($input: Int!) { chat(input: $input) { id } }",
  ]) {
    const [one, other] = await Promise.all([plain.query(query, { input }), framed.query(query, { input })]);
    expect([query, other.status, other.body]).toEqual([query, one.status, one.body]);
  }
});

test.each(ways)("%s the record of an operation that a plugin refuses says what was asked for", async (_, send) => {
  const upstream = await startUpstream(answer);
  const records: OperationRecord[] = [];
  const refuse: Plugin = {
    onExecute: ({ setResultAndStopExecution }) => setResultAndStopExecution({ errors: [new GraphQLError("no")] }),
  };
  const observer = { operationEnds: (record: OperationRecord) => void records.push(record) };
  const server = await startTestServer(upstream.url, {}, [observer], [refuse]);
  await send(server, chat);
  await expect.poll(() => records).toHaveLength(1);
  expect(records[0]).toMatchObject({ type: "mutation", fields: [{ key: "chat", name: "chat" }] });
});

test("a document that a plugin transforms is validated, and not kept in place of the client's own", async () => {
  let field: string | undefined;
  const [server] = await start({
    onParse:
      () =>
      ({ result, replaceParseResult }: { result: DocumentNode; replaceParseResult(document: DocumentNode): void }) => {
        const rename = (node: FieldNode) =>
          node.name.value === "id" && field ? { ...node, name: { ...node.name, value: field } } : undefined;
        replaceParseResult(visit(result, { Field: rename }));
      },
  });
  const send = async () => (await server.query(models)).body;
  expect(await send()).toEqual({ data: { models: [{ id: "a" }] } });
  field = "nothing";
  expect(await send()).toMatchObject({ errors: [{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }] });
  field = "__typename";
  expect(await send()).toEqual({ data: { models: [{ __typename: "Model" }] } });
  field = undefined;
  expect(await send()).toEqual({ data: { models: [{ id: "a" }] } });
});

describe("over WebSocket", () => {
  const plugins: [string, object][] = [
    ["throws before anything else", { onRequest: () => Promise.reject(new Error("secret of the plugin")) }],
    [
      "answers in place of Yoga",
      { onRequest: ({ endResponse }: { endResponse(r: Response): void }) => endResponse(new Response("x")) },
    ],
  ];
  test.each(plugins)("a plugin that %s fails its operation alone", async (_, plugin) => {
    const upstream = await startUpstream(answer);
    const records: OperationRecord[] = [];
    const observer = { operationEnds: (record: OperationRecord) => void records.push(record) };
    const server = await startTestServer(upstream.url, {}, [observer], [plugin]);
    const results = await resultsOf(subscribeWs(server.url, chat, { input }));
    expect(results).toMatchObject([{ errors: [{ extensions: { code: "INTERNAL_SERVER_ERROR" } }] }]);
    expect(JSON.stringify(results)).not.toContain("secret");
    expect(server.faults).toHaveLength(1);
    await expect.poll(() => records.map(({ outcome }) => outcome)).toEqual(["INTERNAL_SERVER_ERROR"]);
    expect(upstream.requests).toHaveLength(0);
  });

  test("a stream goes on if a plugin throws after it has begun", async () => {
    const [server] = await start({ onResponse: () => Promise.reject(new Error("secret of the plugin")) });
    expect(await resultsOf(subscribeWs(server.url, stream, { input }))).toHaveLength(2);
    expect(server.faults).toHaveLength(1);
  });
});

test("over HTTP what a plugin throws before anything else is masked and reported", async () => {
  const fault = new Error("secret of the plugin");
  const upstream = await startUpstream(answer);
  const records: OperationRecord[] = [];
  const observer = { operationEnds: (record: OperationRecord) => void records.push(record) };
  const server = await startTestServer(upstream.url, {}, [observer], [{ onRequest: () => Promise.reject(fault) }]);
  const { status, text } = await server.query(chat, { input });
  expect(text).not.toContain("secret");
  expect(server.faults).toEqual([fault]);
  expect([status, records.map(({ outcome }) => outcome)]).toEqual([500, ["INTERNAL_SERVER_ERROR"]]);
});

test.each([
  ["fragment F on Query { models { id } }", undefined],
  ["query A { nothing } query B { nothing }", undefined],
  ["query A { nothing }", "B"],
])("%s: with a plugin or without, that there is no operation comes first", async (query, operationName) => {
  const upstream = await startUpstream(answer);
  const ask = async (...plugins: object[]) => {
    const server = await startTestServer(upstream.url, {}, [], plugins);
    const { status, body } = await server.query("", {}, { body: JSON.stringify({ query, operationName }) });
    return [status, body];
  };
  const plain = await ask();
  expect(plain).toMatchObject([400, { errors: [{ extensions: { code: "BAD_REQUEST" } }] }]);
  expect(await ask({})).toEqual(plain);
});
