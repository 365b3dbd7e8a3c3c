// A stream of events where a whole answer was asked for: put together, it is read as any whole answer.
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createChatCompletion } from "../../src/openai/chat.ts";
import { calls as all, chat } from "../support/calls.ts";
import { openGuarded, signal } from "../support/guarded.ts";
import { startServed } from "../support/served-upstream.ts";
import { chunk, done, event, streams, streamsThen } from "../support/stream.ts";
import { type Answer, startUpstream } from "../support/upstream.ts";

const CHAT = 'mutation { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] })';
const COMPLETE = 'mutation { complete(input: { model: "m", prompt: "hi" })';
const complete = `${COMPLETE} { text } }`;

/** The same field twice, by the same document: on the first request and on a later one. */
async function ask(body: string | Answer, operation: string, environment = {}, type = "text/event-stream") {
  const answer: Answer =
    typeof body === "function" ? body : (_, res) => res.writeHead(200, { "content-type": type }).end(body);
  const { server, upstream } = await startServed(answer, environment);
  const first = (await server.query(operation)).body;
  const later = (await server.query(operation)).body;
  expect(upstream.requests).toHaveLength(2);
  expect(upstream.requests.map((request) => (request.json() as { stream?: unknown }).stream)).toEqual([
    undefined,
    undefined,
  ]);
  expect(server.faults).toEqual([]);
  return { first, later };
}

/** What both requests are answered with. */
async function read(body: string | Answer, operation: string, environment = {}, type?: string) {
  const { first, later } = await ask(body, operation, environment, type);
  expect(later).toEqual(first);
  return first;
}

const choice = (delta: object, more: object = {}, index = 0) => ({ index, delta, ...more });
const events = (...choices: object[]) => choices.map((one) => event({ id: "c-1", choices: [one] })).join("");
const hello = event(chunk("Hel")) + event(chunk("lo", "stop")) + done;
const piece = (text: string, finish_reason: string | null = null, index = 0) =>
  event({ id: "t-1", choices: [{ index, text, finish_reason }] });
const pieces = piece("Hel") + piece("lo", "length") + done;

describe("everything that a whole answer has is in it:", () => {
  test("ids, model, time, usage and what the schema has no place for", async () => {
    const head = { id: "c-1", object: "chat.completion.chunk", created: 1_700_000_000, model: "m-1" };
    const body =
      event({ ...head, id: "", model: "", created: 0, choices: [], prompt_filter_results: [{ prompt_index: 0 }] }) +
      event({
        ...head,
        choices: [choice({ role: "assistant", content: "Hel" })],
        citations: ["https://a.example"],
        provider: "P",
      }) +
      event({
        ...head,
        choices: [choice({ content: "lo" })],
        citations: ["https://a.example"],
        provider: "P",
        obfuscation: "x1",
      }) +
      event({
        ...head,
        choices: [choice({}, { finish_reason: "eos", stop_reason: 2 })],
        system_fingerprint: "fp",
        service_tier: "default",
      }) +
      event({ ...head, choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }) +
      done;
    const fields = `{ id object created model text citations extra systemFingerprint serviceTier
      usage { promptTokens completionTokens totalTokens }
      choices { index finishReason finishReasonRaw extra message { role content refusal extra } } } }`;
    expect(await read(body, `${CHAT} ${fields}`)).toEqual({
      data: {
        chat: {
          id: "c-1",
          object: "chat.completion",
          created: "2023-11-14T22:13:20.000Z",
          model: "m-1",
          text: "Hello",
          citations: ["https://a.example"],
          extra: { prompt_filter_results: [{ prompt_index: 0 }], provider: "P" },
          systemFingerprint: "fp",
          serviceTier: "default",
          usage: { promptTokens: 3, completionTokens: 2, totalTokens: 5 },
          choices: [
            {
              index: 0,
              finishReason: "STOP",
              finishReasonRaw: "eos",
              extra: { stop_reason: 2 },
              message: { role: "ASSISTANT", content: "Hello", refusal: null, extra: null },
            },
          ],
        },
      },
    });
  });

  test("every token's id, also of tokens that are alike", async () => {
    const one = (token_ids: number[], finish_reason: string | null = null) =>
      choice({ content: "ha" }, { token_ids, finish_reason });
    const body = events(one([5]), one([5, 6]), one([5], "stop")) + done;
    expect(await read(body, `${CHAT} { choices { extra message { content } } } }`)).toEqual({
      data: { chat: { choices: [{ extra: { token_ids: [5, 5, 6, 5] }, message: { content: "hahaha" } }] } },
    });
  });

  test("every choice, in the order of their numbers", async () => {
    const body =
      events(
        choice({ content: "b" }, {}, 1),
        choice({ content: "a" }),
        choice({ content: "B" }, { finish_reason: "length" }, 1),
        choice({ content: "A" }, { finish_reason: "stop" }),
        choice({ refusal: "No" }, {}, 2),
        choice({ refusal: "." }, { finish_reason: "content_filter" }, 2),
      ) + done;
    expect(await read(body, `${CHAT} { choices { index finishReason message { content refusal } } } }`)).toEqual({
      data: {
        chat: {
          choices: [
            { index: 0, finishReason: "STOP", message: { content: "aA", refusal: null } },
            { index: 1, finishReason: "LENGTH", message: { content: "bB", refusal: null } },
            { index: 2, finishReason: "CONTENT_FILTER", message: { content: null, refusal: "No." } },
          ],
        },
      },
    });
  });

  test("choices that stand under their numbers, or alone", async () => {
    const texts = `${CHAT} { choices { index finishReason message { content } } } }`;
    const numbered =
      event({ choices: { 1: { delta: { content: "b" } }, 0: { delta: { content: "a" } } } }) +
      event({
        choices: { 0: { delta: {}, finish_reason: "stop" }, 1: { delta: { content: "B" }, finish_reason: "eos" } },
      });
    expect(await read(numbered + done, texts)).toEqual({
      data: {
        chat: {
          choices: [
            { index: 0, finishReason: "STOP", message: { content: "a" } },
            { index: 1, finishReason: "STOP", message: { content: "bB" } },
          ],
        },
      },
    });
    const alone =
      event({ choices: { delta: { content: "a" } } }) +
      event({ choices: { delta: { content: "A" }, finish_reason: "length" } });
    expect(await read(alone, texts)).toEqual({
      data: { chat: { choices: [{ index: 0, finishReason: "LENGTH", message: { content: "aA" } }] } },
    });
    const message = event({ choices: { message: { role: "assistant", content: "whole" } } });
    expect(await read(message, `${CHAT} { text } }`)).toEqual({ data: { chat: { text: "whole" } } });
    const text = event({ choices: { text: "c" } }) + event({ choices: { text: "C", finish_reason: "stop" } });
    expect(await read(text + done, complete)).toEqual({ data: { complete: { text: "cC" } } });
  });

  test("tool calls, whatever the pieces leave out, and what is to be sent back with them", async () => {
    const call = (index: number, more: object) => ({ tool_calls: [{ index, ...more }] });
    const body =
      events(
        choice(call(0, { id: "a", type: "function", function: { name: "f", arguments: "" } })),
        choice(call(0, { function: { arguments: '{"x"' } })),
        choice(call(0, { function: { arguments: ":1}" } })),
        choice({
          tool_calls: [
            {
              id: "b",
              function: { name: "g", arguments: { y: 2 } },
              extra_content: { google: { thought_signature: "S" } },
            },
          ],
        }),
        choice(call(7, { id: "c", type: "custom", custom: { name: "run", input: "l" } })),
        choice(call(7, { custom: { input: "s" } })),
        choice({}, { finish_reason: "tool_calls" }),
      ) + done;
    const fields = "toolCalls { id type function { name arguments } custom { name input } extra }";
    expect(await read(body, `${CHAT} { choices { finishReason message { content ${fields} } } } }`)).toEqual({
      data: {
        chat: {
          choices: [
            {
              finishReason: "TOOL_CALLS",
              message: {
                content: null,
                toolCalls: [
                  {
                    id: "a",
                    type: "function",
                    function: { name: "f", arguments: '{"x":1}' },
                    custom: null,
                    extra: null,
                  },
                  {
                    id: "b",
                    type: "function",
                    function: { name: "g", arguments: '{"y":2}' },
                    custom: null,
                    extra: { extra_content: { google: { thought_signature: "S" } } },
                  },
                  { id: "c", type: "custom", function: null, custom: { name: "run", input: "ls" }, extra: null },
                ],
              },
            },
          ],
        },
      },
    });
  });

  test("tool calls that are repeated in every message", async () => {
    const call = { id: "a", type: "function", function: { name: "f", arguments: "{}" } };
    const message = { role: "assistant", reasoning_content: "Hm", tool_calls: [call] };
    const body = events({ index: 0, message }, { index: 0, message, finish_reason: "tool_calls" });
    const fields = "reasoning toolCalls { id function { name arguments } }";
    expect((await read(body, `${CHAT} { choices { message { ${fields} } } } }`)).data.chat.choices).toEqual([
      { message: { reasoning: "Hm", toolCalls: [{ id: "a", function: { name: "f", arguments: "{}" } }] } },
    ]);
  });

  test("reasoning under any name, pictures, citations and sound", async () => {
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,aGk=" } };
    const cited = { type: "url_citation", url_citation: { url: "https://a.example" } };
    const sound = (bytes: string, more = {}) => ({
      audio: { id: "s", data: Buffer.from(bytes).toString("base64"), ...more },
    });
    const details = (text: string, more = {}) => [{ type: "reasoning.text", index: 0, format: "f", text, ...more }];
    const body =
      events(
        choice({ reasoning: "Let ", reasoning_details: details("Let ") }),
        choice({ reasoning: "me", reasoning_details: details("me") }),
        choice({ reasoning: "me", reasoning_details: details("me", { signature: "S" }) }),
        choice({ content: [{ type: "text", text: "Hi" }] }),
        choice({ images: [image], annotations: [cited] }),
        choice({ images: [image], annotations: [cited] }),
        choice(sound("a", { transcript: "Hi " })),
        choice(sound("bcde", { transcript: "Hi ", expires_at: 1_700_000_000 })),
        choice({}, { finish_reason: "stop" }),
      ) + done;
    const fields = "content reasoning images { url } annotations { url } audio { id data transcript expiresAt } extra";
    expect(await read(body, `${CHAT} { choices { message { ${fields} } } } }`)).toEqual({
      data: {
        chat: {
          choices: [
            {
              message: {
                content: "Hi",
                reasoning: "Let meme",
                images: [{ url: "data:image/png;base64,aGk=" }],
                annotations: [{ url: "https://a.example" }],
                audio: {
                  id: "s",
                  data: Buffer.from("abcde").toString("base64"),
                  transcript: "Hi Hi ",
                  expiresAt: "2023-11-14T22:13:20.000Z",
                },
                extra: {
                  reasoning_details: [
                    { type: "reasoning.text", index: 0, format: "f", text: "Let meme", signature: "S" },
                  ],
                },
              },
            },
          ],
        },
      },
    });
  });

  test("log probabilities, of tokens that are alike as well", async () => {
    const token = { token: "a", logprob: -0.5, bytes: [97], top_logprobs: [] };
    const body =
      events(
        choice({ content: "a" }, { logprobs: { content: [token], refusal: null } }),
        choice({ content: "a" }, { logprobs: { content: [token], refusal: null } }),
        choice({ content: "b" }, { logprobs: { tokens: ["b"], token_logprobs: [-1] } }),
        choice({}, { finish_reason: "stop", logprobs: null }),
      ) + done;
    const { data } = await read(body, `${CHAT} { choices { logprobs { content { token logprob } } } } }`);
    expect(data.chat.choices[0].logprobs.content).toEqual([
      { token: "a", logprob: -0.5 },
      { token: "a", logprob: -0.5 },
      { token: "b", logprob: -1 },
    ]);
  });

  test("a completion's texts and log probabilities", async () => {
    const logprobs = (token: string, offset: number) => ({
      tokens: [token],
      token_logprobs: [-0.5],
      top_logprobs: [{ [token]: -0.5 }],
      text_offset: [offset],
    });
    const one = (text: string, index: number, more: object) =>
      event({ id: "t-1", object: "text_completion", model: "m-1", choices: [{ index, text, ...more }] });
    const body =
      one("a", 0, { logprobs: logprobs("a", 0) }) +
      one("x", 1, {}) +
      one("a", 0, { logprobs: logprobs("a", 1), finish_reason: "max_tokens" }) +
      one("", 1, { finish_reason: "stop" }) +
      event({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 3, total_tokens: 4 } });
    const fields =
      "{ id object model text usage { totalTokens } choices { index text finishReason finishReasonRaw logprobs { tokens tokenLogprobs textOffset topLogprobs } } } }";
    expect(await read(body, `${COMPLETE} ${fields}`)).toEqual({
      data: {
        complete: {
          id: "t-1",
          object: "text_completion",
          model: "m-1",
          text: "aa",
          usage: { totalTokens: 4 },
          choices: [
            {
              index: 0,
              text: "aa",
              finishReason: "LENGTH",
              finishReasonRaw: "max_tokens",
              logprobs: {
                tokens: ["a", "a"],
                tokenLogprobs: [-0.5, -0.5],
                textOffset: [0, 1],
                topLogprobs: [{ a: -0.5 }, { a: -0.5 }],
              },
            },
            { index: 1, text: "x", finishReason: "STOP", finishReasonRaw: "stop", logprobs: null },
          ],
        },
      },
    });
  });

  test("an id if the server sends none", async () => {
    const { first, later } = await ask(
      event({ choices: [choice({ content: "a" }, { finish_reason: "stop" })] }),
      `${CHAT} { id } }`,
    );
    expect(first.data.chat.id).toMatch(/^chatcmpl-./);
    expect(later.data.chat.id).not.toBe(first.data.chat.id);
  });
});

describe("a stream is recognised", () => {
  const [one = "", two = "", last = ""] = hello.split(/(?<=\n\n)/);
  test.each<[string, string, string?]>([
    ["labelled as what it is", hello],
    ["labelled as JSON", hello, "application/json"],
    ["labelled as text", hello, "text/plain; charset=utf-8"],
    ["labelled as a page", hello, "text/html"],
    ["without a label", hello, ""],
    ["after a byte order mark and blank lines", `\uFEFF\r\n \n\n${hello}`, "application/json"],
    ["after comments", `: OPENROUTER PROCESSING\n\n:\n\n${hello}`, "application/json"],
    ["after the names of its events", `event: message\nid: 1\n${one}event: message\nid: 2\n${two}${last}`],
    ["after `retry`", `retry: 3000\n\n${hello}`],
    ["with `null` between its events", `data: null\n\n${one}data: null\n\n${two}data: null\n\n`],
    ["with one line end after each event", hello.replaceAll("\n\n", "\n"), "application/json"],
    ["with CR alone", hello.replaceAll("\n", "\r"), "application/json"],
    ["with CRLF and no blank", hello.replaceAll("\n", "\r\n").replaceAll("data: ", "data:")],
    ["without `[DONE]`", one + two],
    ["without its last line end", (one + two).trimEnd()],
    ["with `[DONE]` before any finish_reason", one + event(chunk("lo")) + done],
    [
      "with whole messages in place of deltas",
      events(
        { index: 0, message: { content: "Hel" } },
        { index: 0, message: { content: "Hello" }, finish_reason: "stop" },
      ),
    ],
    [
      "with the whole message at its end",
      one +
        event({
          choices: [{ index: 0, delta: { content: "lo" }, message: { content: "Hello" }, finish_reason: "stop" }],
        }),
    ],
    [
      "that is the answer after comments",
      `: PROCESSING\n\n: PROCESSING\n\n${JSON.stringify({ choices: [{ message: { content: "Hello" } }] })}`,
    ],
    ["with another word for the end", `${one}${two}data: DONE\n\n`],
    [
      "with its texts beside no delta",
      events({ index: 0, text: "Hel" }, { index: 0, text: "lo", finish_reason: "stop" }),
    ],
    [
      "that is the whole answer in one event",
      event({ choices: [{ index: 0, message: { role: "assistant", content: "Hello" } }] }),
    ],
    [
      "with that over several lines",
      event({ choices: [{ message: { content: "Hello" } }] }).replace("[", "\ndata: [\ndata: ") + done,
    ],
  ])("%s", async (_, body, type) => {
    expect(await read(body, chat, {}, type)).toEqual({ data: { chat: { text: "Hello" } } });
  });

  test.each(["text/event-stream", "application/json"])("of a completion, labelled as %s", async (type) => {
    expect(await read(pieces, complete, {}, type)).toEqual({ data: { complete: { text: "Hello" } } });
  });

  test.each<[string, (text: string) => Buffer]>([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
    ["br", brotliCompressSync],
  ])("in %s", async (coding, compress) => {
    const answer: Answer = (_, res) =>
      res.writeHead(200, { "content-encoding": coding, "content-type": "application/json" }).end(compress(hello));
    expect(await read(answer, chat)).toEqual({ data: { chat: { text: "Hello" } } });
  });

  test("byte by byte, and cut in two", async () => {
    const bytes = Buffer.from(`\uFEFF\n${hello}`);
    const byteByByte = streams(...Array.from(bytes, (byte) => Buffer.of(byte)));
    expect(await read(byteByByte, chat)).toEqual({ data: { chat: { text: "Hello" } } });
    let place = 0;
    const { server } = await startServed((...parameters) =>
      streams(bytes.subarray(0, place), bytes.subarray(place))(...parameters),
    );
    for (place = 1; place < bytes.length; place += place < 20 ? 1 : 17)
      expect((await server.query(chat)).body).toEqual({ data: { chat: { text: "Hello" } } });
  });

  test.each(all.slice(2))(
    "with one event that is the answer, of $field",
    async ({ field, operation, answer, data }) => {
      const { server } = await startServed((_, res) => res.writeHead(200).end(event({}) + event(answer) + done));
      expect((await server.query(operation)).body).toEqual({ data: { [field]: data } });
    },
  );
});

describe("what is not a whole stream is an error:", () => {
  const half = event(chunk("Hel"));
  const failed = { error: { message: "Out of memory.", code: 500 } };
  test.each<[string, string | Answer, string, string?]>([
    ["one cut before its end", half, "UPSTREAM_INTERRUPTED"],
    ["one with one of two choices at its end", half + event(chunk("a", "stop", 1)), "UPSTREAM_INTERRUPTED"],
    ["one that says `null` for a finish_reason", event(chunk("Hel", "null")), "UPSTREAM_INTERRUPTED"],
    ["one cut inside an event", half + half.slice(0, 20), "UPSTREAM_INTERRUPTED"],
    ["one that hangs up", streamsThen(hello.slice(0, 90), (res) => res.destroy()), "UPSTREAM_INTERRUPTED"],
    [
      "one with a message that is cut",
      events({ index: 0, message: { content: "a" } }, { index: 0, message: { content: "ab" } }),
      "UPSTREAM_INTERRUPTED",
    ],
    ["one of comments", ": hi\n\n: hi\n\n", "UPSTREAM_INTERRUPTED"],
    ["one with `[DONE]` alone", done, "UPSTREAM_INVALID_RESPONSE"],
    ["one without choices", event({ id: "x" }) + done, "UPSTREAM_INVALID_RESPONSE"],
    ["one with an event that is not JSON", `${half}data: {broken\n\n`, "UPSTREAM_INVALID_RESPONSE"],
    ["one with an event that is text", `${half}data: hello\n\n${done}`, "UPSTREAM_INVALID_RESPONSE"],
    ["an error event", `event: error\ndata: ${JSON.stringify(failed)}\n\n`, "UPSTREAM_ERROR", "Out of memory."],
    ["an error in an event", half + event(failed), "UPSTREAM_ERROR", "Out of memory."],
    ["an error after the end", hello.replace(done, event(failed)), "UPSTREAM_ERROR", "Out of memory."],
    ["an error line", `${half}error: ${JSON.stringify(failed)}\n`, "UPSTREAM_ERROR", "Out of memory."],
    [
      "an error of a choice",
      half + events({ index: 0, delta: {}, finish_reason: "error", error: { message: "No." } }),
      "UPSTREAM_ERROR",
      "No.",
    ],
    ["a page", "<html>data: x</html>", "UPSTREAM_INVALID_RESPONSE"],
    ["plain text", "data is here", "UPSTREAM_INVALID_RESPONSE"],
  ])("%s", async (_, body, code, message) => {
    const answer = await read(body, chat);
    expect(answer).toMatchObject({ data: { chat: null }, errors: [{ extensions: { code } }] });
    if (message) expect(answer.errors[0].message).toBe(message);
  });

  test.each([piece("a"), piece("a") + piece("b", "stop", 1)])("of a completion: %j", async (body) => {
    expect((await read(body, complete)).errors[0].extensions.code).toBe("UPSTREAM_INTERRUPTED");
  });

  test("several events for an endpoint that does not stream", async () => {
    const { server } = await startServed((_, res) => res.writeHead(200).end(event({ data: [] }) + event({ data: [] })));
    const { errors } = (await server.query("{ models { id } }")).body;
    expect(errors[0]).toMatchObject({ extensions: { code: "UPSTREAM_INVALID_RESPONSE" } });
  });
});

describe("it is charged", () => {
  const request = { model: "m", messages: [{ role: "user", content: "hi" }] };
  async function spend(body: string) {
    const upstream = await startUpstream((_, res) => res.writeHead(200).end(body));
    const guarded = openGuarded(upstream.url, { tokensPerDay: 100_000 });
    await guarded.operate((client) => createChatCompletion(client, request, signal()).catch(() => {}));
    return guarded.readTokens();
  }
  const usage = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 };

  test("what the server reports", async () => {
    expect(await spend(event(chunk("Hel")) + event(chunk("lo", "stop")) + event({ choices: [], usage }) + done)).toBe(
      30,
    );
    expect(
      await spend(
        event({ ...chunk("Hel"), usage: { ...usage, total_tokens: 12 } }) + event({ ...chunk("lo", "stop"), usage }),
      ),
    ).toBe(30);
    const nothing = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
    expect(await spend(event({ ...chunk("lo", "stop"), usage }) + event({ choices: [], usage: nothing }) + done)).toBe(
      30,
    );
  });

  test("by its text, if the server reports nothing, as a whole answer is", async () => {
    const content = "word ".repeat(300);
    const whole = JSON.stringify({ choices: [{ index: 0, message: { content }, finish_reason: "stop" }] });
    const tokens = await spend(whole);
    expect(tokens).toBeGreaterThan(300);
    expect(
      await spend(
        "word "
          .repeat(300)
          .split(/(?= )/)
          .map((text) => event(chunk(text)))
          .join("") + done,
      ),
    ).toBe(tokens);
  });

  test("in part, if it is cut", async () => {
    expect(await spend(event(chunk("Hel")))).toBeGreaterThan(0);
  });
});

describe("limits", () => {
  test("MAX_UPSTREAM_BYTES ends a stream that goes on", async () => {
    const answer = streamsThen("", (res) => {
      const more = () => !res.destroyed && void res.write(event(chunk("x".repeat(1_000))), more);
      more();
    });
    const { server, upstream } = await startServed(answer, { MAX_UPSTREAM_BYTES: "100000" });
    expect((await server.query(chat)).body.errors[0].message).toBe(
      "The upstream's answer is larger than 100000 bytes.",
    );
    await upstream.requests[0]?.closed;
  });

  test.each(["gzip", "br"])("MAX_UPSTREAM_BYTES counts what is decoded of %s", async (coding) => {
    const compress = coding === "gzip" ? gzipSync : brotliCompressSync;
    const bomb = compress(event(chunk("x".repeat(1_000_000))).repeat(20));
    const { server } = await startServed((_, res) => res.writeHead(200, { "content-encoding": coding }).end(bomb), {
      MAX_UPSTREAM_BYTES: "1000000",
    });
    expect((await server.query(chat)).body.errors[0].message).toBe(
      "The upstream's answer is larger than 1000000 bytes.",
    );
  });

  test.each<[string, object]>([
    ["choices", { delta: { annotations: Array.from({ length: 20 }, (_, place) => ({ place, text: "x" })) } }],
    ["log probabilities", { logprobs: { content: Array.from({ length: 30 }, () => ({ token: "a" })) } }],
  ])("MAX_UPSTREAM_VALUES counts the %s of all events together", async (_, more) => {
    const body = Array.from({ length: 30 }, (_, place) => event({ choices: [{ index: place, ...more }] })).join("");
    const answer = await read(body + done, chat, { MAX_UPSTREAM_VALUES: "1000" });
    expect(answer.errors[0]).toMatchObject({
      message: "The upstream's answer must hold at most 1000 values.",
      extensions: { code: "UPSTREAM_INVALID_RESPONSE" },
    });
  });

  test("MAX_UPSTREAM_VALUES does not count what is said again in every event", async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const one = event({
      id: "x",
      created: 1,
      model: "m",
      seed: 7,
      usage,
      choices: [choice({ role: "assistant", content: "a" })],
    });
    const answer = await read(one.repeat(500) + done, chat, { MAX_UPSTREAM_VALUES: "100" });
    expect(answer).toEqual({ data: { chat: { text: "a".repeat(500) } } });
  });

  test("no more than 1,024 choices", async () => {
    const body = Array.from({ length: 1_026 }, (_, place) => event(chunk("a", "stop", place))).join("");
    expect((await read(body, chat)).errors[0].message).toBe("The upstream's answer has more than 1024 choices.");
  });

  test("fields with the names of objects' own change nothing but the answer", async () => {
    const body = `data: {"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"choices":[{"index":0,"__proto__":{"polluted":1},"delta":{"content":"a","__proto__":{"polluted":1},"toString":"x"}}]}\n\n`;
    const answer = await read(body + body + done, chat);
    expect(answer).toEqual({ data: { chat: { text: "aa" } } });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
