// The upstream request of a subscription, the connection that it uses, and how its chunks become one answer.
import { describe, expect, test } from "vitest";
import {
  chat,
  chunk,
  completeText,
  done,
  event,
  hello,
  startStreaming,
  streamOf,
  streams,
  streamsThen,
  write,
} from "../support/stream.ts";
import { subscribeSse, summary, transports } from "../support/subscribe.ts";
import { inTurn, json } from "../support/upstream.ts";

const input = {
  model: "m",
  messages: [{ role: "USER", content: "hi" }],
  n: 2,
  temperature: 0.5,
  metadata: { streamOptions: "x", someKey: "y" },
};

describe.each(transports)("over $transport", ({ subscribe }) => {
  test("a chat subscription sends the caller's body with stream and stream_options added", async () => {
    const { upstream, server } = await startStreaming(streams(hello));
    const query = "subscription ($input: ChatInput!) { chat(input: $input) { text } }";
    expect(await summary(await subscribe(server.url, query, { input }))).toEqual(["Hel", "lo", "complete"]);
    expect(upstream.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /v1/chat/completions"]);
    expect(upstream.requests[0]?.headers["content-type"]).toBe("application/json");
    expect(upstream.requests[0]?.headers.authorization).toBe("Bearer sk-test-key-0123456789");
    expect(upstream.requests[0]?.json()).toEqual({
      ...input,
      messages: [{ role: "user", content: "hi" }],
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test("a completion subscription does so too", async () => {
    const pieces = [
      { choices: [{ index: 0, text: "Hel", finish_reason: null }] },
      { choices: [{ index: 0, text: "lo", finish_reason: "stop" }] },
    ];
    const { upstream, server } = await startStreaming(streams(pieces.map(event).join(""), done));
    expect(await summary(await subscribe(server.url, completeText))).toEqual(["Hel", "lo", "complete"]);
    expect(upstream.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /v1/completions"]);
    expect(upstream.requests[0]?.json()).toEqual({
      model: "m",
      prompt: "hi",
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test("the same call as a mutation sends neither", async () => {
    const { upstream, server } = await startStreaming(json({ choices: [{ message: { content: "Hello" } }] }));
    const mutation = chat.replace("subscription", "mutation");
    expect(await summary(await subscribe(server.url, mutation))).toEqual(["Hello", "complete"]);
    expect(upstream.requests[0]?.json()).toEqual({ model: "m", messages: [{ role: "user", content: "hi" }] });
  });

  test("input that is refused at the door calls no upstream", async () => {
    const { upstream, server } = await startStreaming(streams(hello));
    const query = chat.replace('model: "m"', 'model: "m", temperature: 3');
    const subscription = await subscribe(server.url, query);
    expect(await summary(subscription)).toEqual(["BAD_USER_INPUT", "complete"]);
    expect(subscription.results[0].errors[0].message).toContain("temperature");
    expect(upstream.requests).toEqual([]);
    expect(server.faults).toEqual([]);
  });
});

describe("the connection to the upstream", () => {
  const start = async (...answers: Parameters<typeof inTurn>) => {
    const running = await startStreaming(inTurn(...answers));
    const connections = { opened: 0 };
    running.upstream.server.on("connection", () => connections.opened++);
    return { ...running, connections };
  };

  test.each([
    ["in one piece", streams(hello)],
    ["with an end that comes apart from [DONE]", streams(hello, ": bye\n\n")],
    ["without [DONE]", streams(hello.replace(done, ""))],
  ])("is kept and used again after a stream that ended %s", async (_, answer) => {
    const { upstream, server, connections } = await start(answer);
    for (let call = 0; call < 5; call++) await summary(await subscribeSse(server.url));
    expect(upstream.requests).toHaveLength(5);
    expect(connections.opened).toBe(1);
  });

  test("is closed soon where the upstream holds it open after [DONE]; the client completes before", async () => {
    const { upstream, server } = await start(streamsThen(hello, () => {}));
    const began = performance.now();
    expect(await summary(await subscribeSse(server.url))).toEqual(["Hel", "lo", "complete"]);
    expect(performance.now() - began).toBeLessThan(400);
    await upstream.requests[0]?.closed;
    expect(performance.now() - began).toBeLessThan(1_500);
  });

  test("is closed soon where the upstream writes on after [DONE]", async () => {
    const { upstream, server } = await start(
      streamsThen(hello, async (res) => {
        while (!res.destroyed) await write(res, event(chunk("more")));
      }),
    );
    expect(await summary(await subscribeSse(server.url))).toEqual(["Hel", "lo", "complete"]);
    const left = performance.now();
    await upstream.requests[0]?.closed;
    expect(performance.now() - left).toBeLessThan(1_000);
  });

  test("holds up no other stream", async () => {
    const { server } = await start(
      streamsThen(hello, () => {}),
      streams(hello),
    );
    await summary(await subscribeSse(server.url));
    expect(await summary(await subscribeSse(server.url))).toEqual(["Hel", "lo", "complete"]);
  });
});

describe("the chunks of one stream", () => {
  const piece = (content: string, id?: unknown, index = 0) => ({ ...chunk(content, "stop", index), id });
  const ask = async (fields: string, events: unknown[]) => {
    const { server } = await startStreaming(streams(...events.map(event), done));
    const { results, ended } = await subscribeSse(server.url, streamOf(fields));
    expect(await ended).toBe("complete");
    return results.map(({ data }) => data.chat);
  };

  test("have the upstream's id", async () => {
    expect(await ask("id", [piece("a", "x-1"), piece("b", "x-1")])).toEqual([{ id: "x-1" }, { id: "x-1" }]);
  });

  test.each([
    ["without an id", [undefined, undefined, undefined]],
    ["with empty ids", ["", "", ""]],
    ["with ids that are none", [null, 7, {}]],
    ["with an id that comes late", [undefined, "x-1", "x-1"]],
    ["with an id that goes missing", ["x-1", undefined, ""]],
    ["with an id for each", ["x-1", "x-2", "x-3"]],
  ])("%s have one id", async (_, ids) => {
    const [first, ...others] = await ask(
      "id",
      ids.map((id, place) => piece(String(place), id)),
    );
    expect(first.id).toMatch(ids[0] === "x-1" ? /^x-1$/ : /^chatcmpl-[\da-f-]{36}$/);
    expect(others).toEqual([first, first]);
  });

  test("have the answer's id where an event about the prompt comes before it", async () => {
    const verdict = { id: "", object: "", choices: [], prompt_filter_results: [{ prompt_index: 0 }] };
    expect(await ask("id", [verdict, piece("a", "x-1")])).toEqual([{ id: "x-1" }]);
  });

  test("without an id differ from another stream's", async () => {
    const { server } = await startStreaming(streams(event(piece("a")), done));
    const ids = [];
    for (let call = 0; call < 2; call++) {
      const subscription = await subscribeSse(server.url, streamOf("id"));
      ids.push((await subscription.next()).data.chat.id);
    }
    expect(new Set(ids).size).toBe(2);
  });

  test("add up to textSoFar: the first choice's text alone, whatever it is called and however often it is asked for", async () => {
    const events = [
      piece("a"),
      piece("B", undefined, 1),
      { choices: [1, 0].map((index) => ({ index, delta: { content: `b${index}` } })) },
      { choices: [] },
      { choices: [{ index: 0, delta: null }] },
      piece("c"),
    ];
    const chunks = await ask("textSoFar again: textSoFar ... on ChatCompletionChunk { more: textSoFar }", events);
    expect(chunks.map(({ textSoFar, again, more }) => [textSoFar, again, more])).toEqual(
      ["a", "a", "ab0", "ab0", "ab0", "ab0c"].map((text) => [text, text, text]),
    );
  });

  test("add up for their own stream alone, though all answers have the same id", async () => {
    const { server } = await startStreaming(streams(...["a", "b"].map((text) => event(piece(text, "same"))), done));
    const running = await Promise.all(
      Array.from({ length: 10 }, () => subscribeSse(server.url, streamOf("textSoFar"))),
    );
    for (const { results, ended } of running) {
      expect(await ended).toBe("complete");
      expect(results.map(({ data }) => data.chat.textSoFar)).toEqual(["a", "ab"]);
    }
  });

  test("while two completions of one mutation with the same id do not add up", async () => {
    const { server } = await startStreaming(json({ id: "same", choices: [{ index: 0, text: "a" }] }));
    const call = 'complete(input: { model: "m", prompt: "hi" }) { text textSoFar }';
    const { body } = await server.query(`mutation { one: ${call} two: ${call} }`);
    expect(body.data).toEqual({ one: { text: "a", textSoFar: "a" }, two: { text: "a", textSoFar: "a" } });
  });
});
