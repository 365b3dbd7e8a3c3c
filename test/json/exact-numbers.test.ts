// Numbers that no double holds: in opaque JSON they reach the upstream with all their digits, however they were sent.
import { once } from "node:events";
import { expect, test } from "vitest";
import { isHeldByDouble } from "../../src/json/exact-numbers.ts";
import { chatAnswer } from "../support/calls.ts";
import { CONTENT_TYPE, filePart, variations, vary, writeBody } from "../support/multipart.ts";
import { postRaw } from "../support/raw-client.ts";
import { startServed } from "../support/served-upstream.ts";
import { preflighted, request, startTestServer } from "../support/server.ts";
import { hello, streams } from "../support/stream.ts";
import { json, startUpstream } from "../support/upstream.ts";
import { greetWebSocket } from "../support/websocket.ts";

/** JSON that is to arrive byte for byte, but for its blanks. */
const exact = [
  "9007199254740993",
  "-9007199254740993",
  "18446744073709551615",
  "-9223372036854775808",
  "18446744073709551616",
  "123456789012345678901234567890",
  "9007199254740993.0",
  "3.00000000000000000001",
  "12345678901234567890e5",
  "1e400",
  "-1E+400",
  "1e-400",
  "-0",
  "-0.0",
  "1.23456789012345e-320",
];
/** Opaque JSON with all of them, deep inside, among what only looks like one. */
const opaque = `{"type":"object","list":[${exact.join(",")}],"properties":{"id":{"maximum":18446744073709551615,"title":"a [18446744073709551615, -0] \\"b\\": 1e400, \\\\","18446744073709551615":null}},"__proto__":{"x":9007199254740993},"7":12345678901234567891}`;
/** JavaScript puts names of whole numbers first. */
const arrived = `{"7":12345678901234567891,${opaque.slice(1).replace(/,"7":\d+}$/, "}")}`;

const chatInput = `{"model":"m","temperature":0.5,"messages":[{"role":"USER","content":"hi"}],"tools":[{"function":{"name":"f","parameters":${opaque}}}],"metadata":${opaque}}`;
const chat = "($input: ChatInput!) { chat(input: $input) { text } }";
const completeInput = `{"model":"m","prompt":"hi","temperature":0.5,"extraBody":{"top_k":${opaque}}}`;
const complete = "($input: CompleteInput!) { complete(input: $input) { text } }";
const completion = { id: "cmpl-1", choices: [{ index: 0, finish_reason: "stop", text: "hello" }] };

/** A request's parameters as JSON, in which digits stay. */
const operation = (query: string, input: string) => `{"query":${JSON.stringify(query)},"variables":{"input":${input}}}`;
const post = (url: string, body: string, accept = "application/json") =>
  request(url, { method: "POST", headers: { "content-type": "application/json", accept }, body });

test.each([
  ["chat", `mutation ${chat}`, chatInput, 2],
  ["complete", `mutation ${complete}`, completeInput, 1],
])(
  "%s gets them from a JSON body, on the first request of a document and on later ones",
  async (field, query, input, times) => {
    const { upstream, server } = await startServed(json(field === "chat" ? chatAnswer : completion));
    for (let count = 0; count < 3; count++) {
      expect((await post(server.url, operation(query, input))).body).toEqual({ data: { [field]: { text: "hello" } } });
      const sent = String(upstream.requests[count]?.body);
      expect(sent.split(arrived)).toHaveLength(times + 1);
      expect(sent).toContain('"temperature":0.5');
    }
    expect(server.faults).toEqual([]);
  },
);

test("a document's own literals keep theirs, on every request", async () => {
  const { upstream, server } = await startServed(json(chatAnswer));
  const metadata = `{ list: [${exact.join(", ")}], deep: { x: 18446744073709551615 } }`;
  const query = `mutation { chat(input: { model: "m", messages: { role: USER, content: "hi" }, metadata: ${metadata} }) { text } }`;
  for (let count = 0; count < 2; count++) {
    expect((await server.query(query)).body).toEqual({ data: { chat: { text: "hello" } } });
    expect(String(upstream.requests[count]?.body)).toContain(
      `"metadata":{"list":[${exact.join(",")}],"deep":{"x":18446744073709551615}}`,
    );
  }
});

test("an answer that has an error beside it is asked for once, with the same digits", async () => {
  const { upstream, server } = await startServed(json({ ...chatAnswer, choices: [{ index: 0 }] }));
  const { body } = await post(
    server.url,
    operation(`mutation ${chat.replace("text", "choices { message { role } }")}`, chatInput),
  );
  expect(body.errors ?? []).toEqual([]);
  expect(upstream.requests).toHaveLength(1);
  expect(String(upstream.requests[0]?.body)).toContain(arrived);
});

test("streams get them by POST, and by GET from the URL", async () => {
  const { upstream, server } = await startServed(streams(hello));
  const byPost = await post(server.url, operation(`subscription ${chat}`, chatInput), "text/event-stream");
  expect(byPost.text).toContain("event: complete");
  const url = new URL(server.url);
  url.searchParams.set("query", `subscription ${chat}`);
  url.searchParams.set("variables", `{"input":${chatInput}}`);
  url.searchParams.set("operationName", "");
  expect((await request(String(url), { headers: { accept: "text/event-stream" } })).text).toContain("event: complete");
  for (const { body } of upstream.requests) expect(String(body)).toContain(`"metadata":${arrived}`);
  expect(upstream.requests).toHaveLength(2);
});

test("a WebSocket's messages bring them, for mutations and streams, several at once", async () => {
  const upstream = await startUpstream((received, ...rest) =>
    (String(received.body).includes('"stream":true') ? streams(hello) : json(chatAnswer))(received, ...rest),
  );
  const server = await startTestServer(upstream.url);
  const { socket, send, messages } = await greetWebSocket(server.url);
  for (const [id, type] of ["mutation", "subscription", "mutation"].entries())
    send(`{"id":"${id}","type":"subscribe","payload":${operation(`${type} ${chat}`, chatInput)}}`);
  while (messages.filter(({ type }) => type === "complete").length < 3) await once(socket, "message");
  expect(messages.filter(({ payload }) => payload?.errors)).toEqual([]);
  expect(upstream.requests).toHaveLength(3);
  for (const { body } of upstream.requests) expect(String(body).split(arrived)).toHaveLength(3);
});

test("a WebSocket's id that is such a number breaks the protocol, and is not repeated", async () => {
  const { upstream, server } = await startServed(json(chatAnswer));
  const { send, closed, messages } = await greetWebSocket(server.url);
  send(`{"id":18446744073709551615,"type":"subscribe","payload":${operation(`mutation ${chat}`, chatInput)}}`);
  expect((await closed)[0]).toBe(4400);
  expect(messages).toEqual([]);
  expect(upstream.requests).toEqual([]);
});

test("an upload's operations bring them", async () => {
  const { upstream, server } = await startServed((received, ...rest) =>
    json(String(received.path).endsWith("variations") ? variations : chatAnswer)(received, ...rest),
  );
  const query = `mutation ($image: Upload!, $input: ChatInput!) { ${vary.slice(vary.indexOf("imageVariations"), -1)} chat(input: $input) { text } }`;
  const body = writeBody(
    { name: "operations", body: `{"query":${JSON.stringify(query)},"variables":{"image":null,"input":${chatInput}}}` },
    { name: "map", body: '{"0":["variables.image"]}' },
    filePart("x"),
  );
  const answer = await postRaw(server.url, body, CONTENT_TYPE);
  expect(answer.body.errors).toBeUndefined();
  expect(answer.body.data.chat).toEqual({ text: "hello" });
  expect(String(upstream.requests[1]?.body).split(arrived)).toHaveLength(3);
});

test("in a Float they are the nearest double, in an Int they are refused, as by literals", async () => {
  const { upstream, server } = await startServed(json(chatAnswer));
  const input = (field: string) => `{"model":"m","messages":[{"role":"USER","content":"hi"}],${field}}`;
  const float = await post(
    server.url,
    operation(`mutation ${chat}`, input('"temperature":0.69999999999999995559107901499')),
  );
  expect(float.body).toEqual({ data: { chat: { text: "hello" } } });
  expect(upstream.requests[0]?.json()).toMatchObject({ temperature: 0.7 });
  for (const field of ['"maxTokens":18446744073709551615', '"temperature":1e400', '"metadata":18446744073709551615']) {
    const { body } = await post(server.url, operation(`mutation ${chat}`, input(field)));
    expect(body.errors[0]).toMatchObject({ extensions: { code: "BAD_USER_INPUT" } });
    expect(body.errors[0].message).toContain(/\w+/.exec(field)?.[0]);
  }
  const literal = `mutation { chat(input: { model: "m", messages: { role: USER, content: "hi" }, metadata: 18446744073709551615 }) { text } }`;
  expect((await server.query(literal)).body.errors[0]).toMatchObject({ extensions: { code: "BAD_USER_INPUT" } });
  expect(upstream.requests).toHaveLength(1);
});

test.each([
  '{"query":"{ __typename }","variables":{18446744073709551615:1}}',
  '{"query":"{ __typename }","variables":{"a":18446744073709551615x}}',
  '{"query":"{ __typename }","variables":{"a":018446744073709551615}}',
  '{"query":"{ __typename }","variables":{"a":184467.44073709551615.0}}',
  '{"query":"{ __typename }","variables":{"a":"b"18446744073709551615}}',
  '{"query":"{ __typename }","variables":{"a":18446744073709551615',
])("%s stays no JSON", async (body) => {
  const { server } = await startServed(json(chatAnswer));
  const answer = await post(server.url, body);
  expect([answer.status, answer.body.errors[0].extensions.code]).toEqual([400, "BAD_REQUEST"]);
});

test.each(exact)("%s is not held by a double", (text) => expect(isHeldByDouble(text)).toBe(false));

test.each([
  "0",
  "1.0",
  "100E-2",
  "9007199254740992",
  "1e22",
  "1e308",
  "5e-324",
  "0.1",
  "0.10000000000000001",
  "-2.50",
  "0e999",
])("%s is held by a double", (text) => expect(isHeldByDouble(text)).toBe(true));

test.each(["GET", "POST", "WebSocket", "multipart"])("an empty operationName by %s is none", async (way) => {
  const { server } = await startServed(json({ object: "list", data: [{ id: "m" }] }));
  const params = { query: "query Named { models { id } }", operationName: "" };
  const data = { models: [{ id: "m" }] };
  if (way === "GET") {
    const url = new URL(server.url);
    for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
    expect((await request(String(url))).body).toEqual({ data });
  } else if (way === "POST") expect((await post(server.url, JSON.stringify(params))).body).toEqual({ data });
  else if (way === "multipart") {
    const form = new FormData();
    form.set("operations", JSON.stringify(params));
    form.set("map", "{}");
    expect((await request(server.url, { method: "POST", headers: preflighted, body: form })).body).toEqual({ data });
  } else {
    const { socket, send, messages } = await greetWebSocket(server.url);
    send({ id: "1", type: "subscribe", payload: params });
    while (messages.length < 2) await once(socket, "message");
    expect(messages[0]).toEqual({ id: "1", type: "next", payload: { data } });
  }
});
