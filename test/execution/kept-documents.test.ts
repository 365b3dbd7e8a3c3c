// A document is parsed, validated and kept with its first request; the second one finds it. Both requests get the same
// answer and make the same calls.
import { describe, expect, test } from "vitest";
import { chatAnswer } from "../support/calls.ts";
import { startServed } from "../support/served-upstream.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { subscribeSse } from "../support/subscribe.ts";
import { json, startUpstream } from "../support/upstream.ts";

const variables = { input: { model: "m", messages: [{ role: "USER", content: "hi" }] } };
const chat = "mutation Chat($input: ChatInput!) { chat(input: $input) { id text } }";
const models = "query Models { models { id } }";
const stream = "subscription Stream($input: ChatInput!) { chat(input: $input) { id } }";
const KEYS = JSON.stringify([
  { id: "all", key: "key-of-all-0123456789" },
  { id: "reader", key: "key-of-reader-0123456789", operations: ["Query"] },
]);
const ofAll = { authorization: "Bearer key-of-all-0123456789" };

const start = (environment: Record<string, string> = {}) =>
  startServed(json(chatAnswer), { CLIENT_KEYS: KEYS, MAX_PAID_FIELDS: "1", ...environment });

/** Has the server keep a document, by an operation that is refused before it is executed. */
async function keep(server: TestServer, document: string): Promise<void> {
  const answer = await post(server, { query: document, operationName: "Nobody" });
  expect([answer.status, answer.body.data]).toEqual([400, undefined]);
}

async function post(server: TestServer, params: object, headers: Record<string, string> = {}) {
  const init = { headers: { "content-type": "application/json", ...ofAll, ...headers }, body: JSON.stringify(params) };
  return server.query("", {}, init);
}

/** Everything of an answer but what is its own. */
function essence({ status, headers, body }: Awaited<ReturnType<typeof post>>) {
  const { date: _, "x-request-id": __, ...others } = Object.fromEntries(headers);
  return { status, headers: others, body };
}

describe("the first answer and the second are the same:", () => {
  test.each<[string, number, string | undefined, object, Record<string, string>]>([
    ["a whole answer", 200, undefined, { query: chat, variables }, {}],
    [
      "one of GraphQL's own media type",
      200,
      undefined,
      { query: chat, variables },
      { accept: "application/graphql-response+json" },
    ],
    ["of a named operation", 200, undefined, { query: `${chat} ${models}`, operationName: "Chat", variables }, {}],
    [
      "a model name that is refused",
      200,
      "BAD_USER_INPUT",
      { query: chat, variables: { input: { ...variables.input, model: "" } } },
      {},
    ],
    ["a variable that does not fit", 200, "BAD_USER_INPUT", { query: chat, variables: { input: { model: 7 } } }, {}],
    ["no variables at all", 200, "BAD_USER_INPUT", { query: chat }, {}],
    ["variables that are a list", 400, "BAD_REQUEST", { query: chat, variables: [] }, {}],
    ["two operations and no name", 400, "BAD_REQUEST", { query: `${chat} ${models}`, variables }, {}],
    [
      "a caller without the right",
      403,
      "FORBIDDEN",
      { query: chat, variables },
      { authorization: "Bearer key-of-reader-0123456789" },
    ],
    ["a caller without a key", 401, "UNAUTHENTICATED", { query: chat, variables }, { authorization: "" }],
    [
      "more paid fields than allowed",
      400,
      "OPERATION_TOO_COMPLEX",
      {
        query: "mutation M($input: ChatInput!) { a: chat(input: $input) { id } b: chat(input: $input) { id } }",
        variables,
      },
      {},
    ],
    ["nothing acceptable", 406, "BAD_REQUEST", { query: chat, variables }, { accept: "image/png" }],
    ["a stream that is not accepted", 406, "BAD_REQUEST", { query: stream, variables }, { accept: "application/json" }],
    ["an unknown parameter", 400, "BAD_REQUEST", { query: chat, variables, more: 1 }, {}],
  ])("%s", async (_, status, code, params, headers) => {
    const { server, upstream } = await start();
    const first = await post(server, params, headers);
    expect([first.status, first.body.errors?.[0].extensions.code]).toEqual([status, code]);
    const second = await post(server, params, headers);
    expect(essence(second)).toEqual(essence(first));
    expect(upstream.requests).toHaveLength(code === undefined ? 2 : 0);
    expect(server.faults).toEqual([]);
  });

  test("a mutation by GET is refused, however often it came by POST", async () => {
    const { server, upstream } = await start();
    await post(server, { query: chat, variables });
    const query = new URLSearchParams({ query: chat, variables: JSON.stringify(variables) });
    const answer = await fetch(`${server.url}?${query}`, { headers: { ...ofAll, "x-graphql-yoga-csrf": "1" } });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    expect(upstream.requests).toHaveLength(1);
  });
});

describe("a document that is kept", () => {
  test("is executed for one caller and refused to another", async () => {
    const { server, upstream } = await start();
    await keep(server, chat);
    const refused = await post(
      server,
      { query: chat, variables },
      { authorization: "Bearer key-of-reader-0123456789" },
    );
    const served = await post(server, { query: chat, variables });
    expect(refused.body.errors[0].extensions.code).toBe("FORBIDDEN");
    expect(served.body.data).toEqual({ chat: { id: "chatcmpl-1", text: "hello" } });
    expect(upstream.requests).toHaveLength(1);
  });

  test("has its upstream called once where the upstream fails, and says so as any other", async () => {
    const upstream = await startUpstream(json({ error: { message: "no", type: "t" } }, 400));
    const server = await startTestServer(upstream.url, { CLIENT_KEYS: KEYS });
    await keep(server, chat);
    const answer = await post(server, { query: chat, variables });
    expect(answer.body).toMatchObject({
      data: { chat: null },
      errors: [{ path: ["chat"], extensions: { code: "UPSTREAM_BAD_REQUEST" } }],
    });
    expect(upstream.requests).toHaveLength(1);
  });

  test("streams, and each stream ends as its own upstream call does", async () => {
    const event = (content: string) =>
      `data: ${JSON.stringify({ id: "c", choices: [{ index: 0, delta: { content } }] })}\n\n`;
    const ends = ["data: [DONE]\n\n", "", 'data: {"error":{"message":"boom"}}\n\n'];
    const upstream = await startUpstream((_, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.end(`${event("a")}${event("b")}${ends[upstream.requests.length - 1]}`);
    });
    const server = await startTestServer(upstream.url, { MAX_RETRIES: "0" });
    for (const code of [undefined, "UPSTREAM_INTERRUPTED", "UPSTREAM_ERROR"]) {
      const { results, ended } = await subscribeSse(server.url, stream, variables);
      expect(await ended).toBe("complete");
      expect(results.slice(0, 2)).toEqual([{ data: { chat: { id: "c" } } }, { data: { chat: { id: "c" } } }]);
      expect(results[2]?.errors[0].extensions.code).toBe(code);
    }
    expect(upstream.requests).toHaveLength(3);
  });
});
