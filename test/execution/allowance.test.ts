// What one operation may ask for: paid root fields, choices, messages, output; counted at execution, refused unpaid.
import { describe, expect, test } from "vitest";
import { calls, chatAnswer } from "../support/calls.ts";
import { startServed } from "../support/served-upstream.ts";
import { chat as chatStream } from "../support/stream.ts";
import { connectWs } from "../support/subscribe.ts";
import { json } from "../support/upstream.ts";

const input = '{ model: "m", messages: [{ role: USER, content: "hi" }] }';
const chats = (count: number, directive = "") =>
  Array.from({ length: count }, (_, index) => `c${index}: chat(input: ${input}) ${directive} { text }`).join(" ");

const start = (environment: Record<string, string> = {}) => startServed(json(chatAnswer), environment);

describe("MAX_PAID_FIELDS", () => {
  test("lets as many paid root fields through as it says", async () => {
    const { upstream, server } = await start();
    const { body } = await server.query(`mutation { ${chats(4)} }`);
    expect(Object.keys(body.data)).toEqual(["c0", "c1", "c2", "c3"]);
    expect(upstream.requests).toHaveLength(4);
  });

  test.each([
    ["aliases", `mutation { ${chats(5)} }`, {}],
    ["a fragment", `mutation { ...F } fragment F on Mutation { ${chats(5)} }`, {}],
    [
      "nested fragments",
      `mutation { ...A ...B } fragment A on Mutation { ...B } fragment B on Mutation { ${chats(5)} }`,
      {},
    ],
    ["inline fragments", `mutation { ... { ... on Mutation { ${chats(5)} } } }`, {}],
    ["a directive that includes", `mutation { ${chats(5, "@include(if: true)")} }`, {}],
    ["a variable that includes", `mutation ($yes: Boolean!) { ${chats(5, "@include(if: $yes)")} }`, { yes: true }],
    ["a variable's default", `mutation ($no: Boolean = false) { ${chats(5, "@skip(if: $no)")} }`, {}],
    ["different fields", `mutation { ${chats(4)} complete(input: { model: "m", prompt: "hi" }) { text } }`, {}],
    ["the second of two operations", `mutation A { ${chats(1)} } mutation B { ${chats(5)} }`, {}],
  ])("refuses one more, unpaid, through %s", async (name, query, variables) => {
    const { upstream, server } = await start();
    const operationName = name.startsWith("the second") ? { body: JSON.stringify({ query, operationName: "B" }) } : {};
    const { status, body } = await server.query(query, variables, operationName);
    expect(status).toBe(400);
    expect(body).toEqual({
      errors: [
        {
          message: "Root fields of Mutation must be at most 4 in an operation; got 5.",
          extensions: { code: "OPERATION_TOO_COMPLEX" },
        },
      ],
    });
    expect(upstream.requests).toHaveLength(0);
  });

  test.each([
    ["left out by @skip", `mutation { ${chats(1)} ... @skip(if: true) { ${chats(5).replaceAll("c", "c")} } }`, 1],
    ["merged into one by their name", `mutation { ${`chat(input: ${input}) { text } `.repeat(6)} }`, 1],
    ["of a query, which are free", `{ ${Array.from({ length: 6 }, (_, i) => `m${i}: __typename`).join(" ")} }`, 0],
  ])("does not count fields %s", async (_, query, sent) => {
    const { upstream, server } = await start();
    const { body } = await server.query(query);
    expect(body.errors).toBeUndefined();
    expect(upstream.requests).toHaveLength(sent);
  });

  test("counts variables anew where the document is known: skipped the first time, asked for the second", async () => {
    const { upstream, server } = await start();
    const query = `mutation ($no: Boolean!) { ${chats(5, "@skip(if: $no)")} }`;
    expect((await server.query(query, { no: true })).body).toEqual({ data: {} });
    expect((await server.query(query, { no: false })).body.errors[0].extensions.code).toBe("OPERATION_TOO_COMPLEX");
    expect(upstream.requests).toHaveLength(0);
  });

  test("queries are free, and call the upstream all the same: there may be as many as aliases", async () => {
    const { upstream, server } = await start();
    const models = (count: number) => Array.from({ length: count }, (_, i) => `m${i}: model(id: "a") { id }`).join(" ");
    expect((await server.query(`{ ${models(30)} viewer { id } }`)).status).toBe(200);
    expect(upstream.requests).toHaveLength(30);
    expect((await server.query(`{ ${models(31)} }`)).body.errors[0].extensions.code).toBe("OPERATION_TOO_COMPLEX");
    expect(upstream.requests).toHaveLength(30);
  });

  test("a subscription whose one field a directive leaves out is the client's mistake", async () => {
    const { upstream, server } = await start();
    const query = chatStream.replace(") {", ") @include(if: false) {");
    const { body } = await server.query(query, {}, { headers: { accept: "text/event-stream, application/json" } });
    expect(body.errors[0].extensions.code).toBe("BAD_REQUEST");
    const { subscribe } = await connectWs(server.url);
    const { results, ended } = await subscribe(query);
    expect(await ended).toBe("complete");
    expect(results[0].errors[0].extensions.code).toBe("BAD_REQUEST");
    expect(upstream.requests).toHaveLength(0);
    expect(server.faults).toEqual([]);
  });

  test("holds over WebSocket", async () => {
    const { upstream, server } = await start();
    const { subscribe } = await connectWs(server.url);
    const { results, ended } = await subscribe(`mutation { ${chats(5)} }`);
    expect(await ended).toBe("complete");
    expect(results[0].errors[0].extensions).toEqual({ code: "OPERATION_TOO_COMPLEX" });
    expect(upstream.requests).toHaveLength(0);
  });

  test("arrays of operations are refused", async () => {
    const { upstream, server } = await start();
    const operation = { query: `mutation { ${chats(1)} }` };
    const { status, body } = await server.query("", {}, { body: JSON.stringify([operation, operation]) });
    expect([status, body.errors[0].extensions.code]).toEqual([400, "BAD_REQUEST"]);
    expect(upstream.requests).toHaveLength(0);
  });
});

const chat = "mutation ($input: ChatInput!) { chat(input: $input) { text } }";
const complete = "mutation ($input: CompleteInput!) { complete(input: $input) { text } }";
const vary = "mutation ($input: ImageVariationsInput!) { imageVariations(input: $input) { data { url } } }";
const message = { role: "USER", content: "hi" };
const asChat = (fields: object) => ({ input: { model: "m", messages: [message], ...fields } });
const asComplete = (fields: object) => ({ input: { model: "m", prompt: "hi", ...fields } });

describe("one field asks for no more than the operator allows:", () => {
  const capped = { MAX_OUTPUT_TOKENS: "100" };
  test.each<[string, Record<string, string>, string, object, string]>([
    ["choices", {}, chat, asChat({ n: 11 }), "input.n must be between 1 and 10; got 11."],
    ["choices of MAX_N", { MAX_N: "2" }, chat, asChat({ n: 3 }), "input.n must be between 1 and 2; got 3."],
    ["continuations", {}, complete, asComplete({ n: 11 }), "input.n must be between 1 and 10; got 11."],
    [
      "continuations to choose from",
      {},
      complete,
      asComplete({ bestOf: 11 }),
      "input.bestOf must be between 1 and 10; got 11.",
    ],
    [
      "continuations of all prompts",
      {},
      complete,
      asComplete({ prompt: ["a", "b", "c"], n: 4 }),
      "input.prompt must ask for at most 10 choices, all prompts together; got 12.",
    ],
    [
      "images",
      { MAX_N: "2" },
      vary,
      { input: { image: "data:image/png;base64,aGk=", n: 3 } },
      "input.n must be between 1 and 2; got 3.",
    ],
    [
      "messages",
      { MAX_MESSAGES: "2" },
      chat,
      asChat({ messages: [message, message, message] }),
      "input.messages must hold at most 2 entries; got 3.",
    ],
    [
      "output tokens",
      capped,
      chat,
      asChat({ maxCompletionTokens: 101 }),
      "input.maxCompletionTokens must be between 1 and 100; got 101.",
    ],
    [
      "output tokens by their older name",
      capped,
      chat,
      asChat({ maxTokens: 101 }),
      "input.maxTokens must be between 1 and 100; got 101.",
    ],
    [
      "output tokens that nobody capped",
      capped,
      chat,
      asChat({}),
      "input.maxCompletionTokens must be given, between 1 and 100; got none.",
    ],
    [
      "a completion's tokens",
      capped,
      complete,
      asComplete({ maxTokens: 101 }),
      "input.maxTokens must be between 1 and 100; got 101.",
    ],
    [
      "a completion's uncapped tokens",
      capped,
      complete,
      asComplete({}),
      "input.maxTokens must be given, between 1 and 100; got none.",
    ],
    ...["max_toke\u017f", "n ", "max_tokens\0", "", "x".repeat(65)].map(
      (key): [string, Record<string, string>, string, object, string] => [
        `${JSON.stringify(key)} through extraBody`,
        {},
        chat,
        asChat({ extraBody: { [key]: 1 } }),
        "input.extraBody must hold names of at most 64 letters, digits, _, . and - alone.",
      ],
    ),
    ...[
      "__proto__",
      "extra_body",
      "maxTokens",
      "max-tokens",
      "n_cmpl",
      "engine",
      "deployment_id",
      "user_config",
      "num_retries",
    ].map((key): [string, Record<string, string>, string, object, string] => [
      `${key} through extraBody`,
      {},
      chat,
      asChat({ extraBody: { [key]: 1 } }),
      `input.extraBody must not hold "${key}", which has its own place in this API.`,
    ]),
    ...["best_of", "Model", "models", "max_new_tokens", "n_predict", "api_base", "base_url", "fallbacks", "N"].map(
      (key): [string, Record<string, string>, string, object, string] => [
        `${key} through extraBody`,
        {},
        chat,
        asChat({ extraBody: { [key]: 1 } }),
        `input.extraBody must not hold "${key}", which has its own place in this API.`,
      ],
    ),
  ])("%s", async (_, environment, query, variables, problem) => {
    const { upstream, server } = await start(environment);
    const { body } = await server.query(query, variables as Record<string, unknown>);
    expect(body.errors.map((error: { message: string }) => error.message)).toEqual([problem]);
    expect(body.errors[0].extensions.code).toBe("BAD_USER_INPUT");
    expect(upstream.requests).toHaveLength(0);
  });

  test("and the same document with more passes no check that it passed with less", async () => {
    const { upstream, server } = await start();
    expect((await server.query(chat, asChat({ n: 1 }))).body.data.chat.text).toBe("hello");
    expect((await server.query(chat, asChat({ n: 1000 }))).body.errors[0].extensions.code).toBe("BAD_USER_INPUT");
    expect(upstream.requests).toHaveLength(1);
  });

  test("a stream, too", async () => {
    const { upstream, server } = await start(capped);
    const { subscribe } = await connectWs(server.url);
    const { results, ended } = await subscribe(chatStream);
    expect(await ended).toBe("complete");
    expect(results[0].errors[0].extensions.code).toBe("BAD_USER_INPUT");
    expect(upstream.requests).toHaveLength(0);
  });

  test("a cap within MAX_OUTPUT_TOKENS goes up as the caller gave it", async () => {
    const { upstream, server } = await start(capped);
    expect((await server.query(chat, asChat({ maxTokens: 100 }))).body.data.chat.text).toBe("hello");
    expect(upstream.requests[0]?.json()).toMatchObject({ max_tokens: 100 });
  });
});

describe("a caller's operations", () => {
  const keys = (operations: string[]) => ({
    CLIENT_KEYS: JSON.stringify([{ id: "a", key: "k-0123456789abcdef", operations }]),
  });
  const bearer = { headers: { authorization: "Bearer k-0123456789abcdef" } };
  test.each<[string[], string[]]>([
    [["*"], ["chat", "complete", "embed", "imageVariations", "model", "models", "moderate"]],
    [
      ["models", "model"],
      ["model", "models"],
    ],
    [["Query"], ["model", "models"]],
    [
      ["query.*", "mutation.chat"],
      ["chat", "model", "models"],
    ],
    [["Mutation.*"], ["chat", "complete", "embed", "imageVariations", "moderate"]],
    [["Subscription.chat"], []],
    [["model*"], ["model", "models"]],
    [["*hat"], ["chat"]],
    [[], []],
    [["constructor", "__proto__", "."], []],
  ])("%j lets through %j", async (operations, allowed) => {
    const { upstream, server } = await start(keys(operations));
    const passed: string[] = [];
    for (const { field, operation, answer } of calls) {
      upstream.answer = json(answer);
      const { status, body } = await server.query(operation, {}, bearer);
      if (body.errors) expect([status, body.errors[0].extensions]).toEqual([403, { code: "FORBIDDEN" }]);
      else passed.push(field);
    }
    expect(passed.sort()).toEqual(allowed);
    expect(upstream.requests).toHaveLength(allowed.length);
  });

  test("one forbidden field fails the whole operation, before any of it is paid", async () => {
    const { upstream, server } = await start(keys(["Mutation.chat"]));
    const query = `mutation { ${chats(1)} complete(input: { model: "m", prompt: "hi" }) { text } }`;
    const { body } = await server.query(query, {}, bearer);
    expect(body).toEqual({
      errors: [{ message: "The caller may not use Mutation.complete.", extensions: { code: "FORBIDDEN" } }],
    });
    expect(upstream.requests).toHaveLength(0);
  });

  test("a mutation that may be used does not make the subscription of the same name one", async () => {
    const { upstream, server } = await start(keys(["Mutation.chat"]));
    const { status, body } = await server.query(
      chatStream,
      {},
      {
        headers: { ...bearer.headers, accept: "text/event-stream, application/json" },
      },
    );
    expect([status, body.errors[0].extensions.code]).toEqual([403, "FORBIDDEN"]);
    expect(upstream.requests).toHaveLength(0);
  });
});
