// `everyMs`: chunks that come within a time are one chunk, over every transport. What they say together does not change.
import type { ServerResponse } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { createRandom, type Random } from "../support/random.ts";
import { startTestServer } from "../support/server.ts";
import { chunk, done, event, openStream, startStreaming, streams, write } from "../support/stream.ts";
import { type Result, subscribeSse, transports } from "../support/subscribe.ts";
import { type Answer, startUpstream } from "../support/upstream.ts";

const INPUT = 'input: { model: "m", messages: [{ role: USER, content: "hi" }] }';
/** Longer than any test. */
const LONG = 5_000;
const chat = (everyMs: number | string, fields = "text") =>
  `subscription { chat(everyMs: ${everyMs}, ${INPUT}) { ${fields} } }`;
const complete = (everyMs: number | string, fields = "text") =>
  `subscription { complete(everyMs: ${everyMs}, input: { model: "m", prompt: "hi" }) { ${fields} } }`;

const piece = (text: string, finish_reason: string | null = null, index = 0) => ({
  id: "cmpl-1",
  choices: [{ index, text, finish_reason }],
});

/** The upstream writes each of these pieces when the test says so, or does it; it ends after the last. */
function stepwise(...pieces: (string | ((res: ServerResponse) => void))[]) {
  const steps = pieces.map(() => {
    let go = () => {};
    return { gone: new Promise<void>((resolve) => (go = resolve)), go: () => go() };
  });
  const written = pieces.map(() => {
    let tell = () => {};
    return { told: new Promise<void>((resolve) => (tell = resolve)), tell: () => tell() };
  });
  const answer: Answer = async (_, res) => {
    openStream(res);
    for (const [place, next] of pieces.entries()) {
      await steps[place]?.gone;
      if (typeof next === "string") await write(res, next);
      else next(res);
      written[place]?.tell();
    }
    res.end();
  };
  const step = async (place: number) => {
    steps[place]?.go();
    await written[place]?.told;
  };
  /** Takes all steps from this one on. */
  const stepFrom = async (place: number) => {
    for (let at = place; at < pieces.length; at++) await step(at);
  };
  return { answer, step, stepFrom };
}

const CHAT_FIELDS = `id model text textSoFar usage { totalTokens } extra
  choices { index finishReason extra logprobs { content { token logprob topLogprobs { token } } refusal { token } }
    delta { role content refusal reasoning extra audio { id data transcript }
      functionCall { name arguments }
      toolCalls { index id type function { name arguments } custom { name input } } } }`;
const COMPLETE_FIELDS = `id model text textSoFar usage { totalTokens }
  choices { index text finishReason extra logprobs { tokens tokenLogprobs textOffset topLogprobs } }`;

/** What a client of all chunks has at the end: texts and lists joined, of anything else the last that was not null. */
function concatenate(known: Result, more: Result, name = ""): Result {
  if (more === null || more === undefined) return known ?? null;
  if (Array.isArray(more)) {
    const list: Result[] = [...(known ?? [])];
    if (name !== "choices" && name !== "toolCalls") return [...list, ...more];
    for (const entry of more) {
      const at = list.findIndex(({ index }) => index === entry.index);
      if (at < 0) list.push(concatenate(undefined, entry));
      else list[at] = concatenate(list[at], entry);
    }
    return list.sort((one, other) => one.index - other.index);
  }
  if (typeof more === "object") {
    const all = { ...known };
    for (const field in more) all[field] = concatenate(all[field], more[field], field);
    return all;
  }
  const grows = ["text", "content", "refusal", "reasoning", "arguments", "input", "data", "transcript"].includes(name);
  return grows ? `${known ?? ""}${more}` : more;
}

async function ask(url: string, query: string) {
  const { results, ended } = await subscribeSse(url, query);
  expect(await ended).toBe("complete");
  expect(results.flatMap(({ errors }) => errors ?? [])).toEqual([]);
  const chunks = results.map(({ data }) => data.chat ?? data.complete);
  for (const { textSoFar } of chunks) expect(chunks.at(-1).textSoFar.startsWith(textSoFar)).toBe(true);
  return { chunks, whole: chunks.reduce((known, more) => concatenate(known, more), undefined) };
}

const WORDS = ["a", " word", "", '"', "\\", "\n\n", "é", "🙂", "\ud83d", "\ude42", "0-first-probe-0", "{}", "data: x"];
const words = (random: Random) => Array.from({ length: random.below(4) }, () => random.pick(WORDS)).join("");

/** What one choice of a chat says, delta by delta. */
function createDeltas(random: Random): object[] {
  const deltas: object[] = [{ role: "assistant", content: "" }];
  const tell = (make: () => object) => {
    for (let count = random.below(12); count > 0; count--) deltas.push(make());
  };
  if (random.oneIn(2)) tell(() => ({ reasoning_content: words(random) }));
  if (random.oneIn(4)) tell(() => ({ refusal: words(random) }));
  else for (let count = random.below(3); count >= 0; count--) tell(() => ({ content: words(random) }));
  if (random.oneIn(4)) tell(() => ({ audio: { id: "audio-1", data: random.pick(["AAAA", "YWJj"]), transcript: "t" } }));
  if (random.oneIn(6)) {
    deltas.push({ function_call: { name: "f", arguments: "" } });
    tell(() => ({ function_call: { arguments: words(random) } }));
  }
  const calls = random.oneIn(2) ? random.below(3) : 0;
  for (let index = 0; index < calls; index++) {
    deltas.push({
      tool_calls: [{ index, id: `call_${index}`, type: "function", function: { name: `f${index}`, arguments: "" } }],
    });
    for (const text of ['{"a', '":', random.pick(["1", '"x"']), "}"])
      deltas.push({ tool_calls: [{ index, function: { arguments: text } }] });
  }
  return deltas;
}

const token = (random: Random) => ({
  token: random.pick(WORDS),
  logprob: -random.below(9),
  bytes: null,
  top_logprobs: [{ token: "x", logprob: -1, bytes: null }],
});

/** The events of one answer: all choices side by side, each in its own order. */
function createEvents(isChat: boolean, random: Random): object[] {
  const hasLogprobs = random.oneIn(3);
  const left = Array.from({ length: 1 + random.below(3) }, (_, index) => ({
    index,
    said: isChat ? createDeltas(random) : Array.from({ length: 1 + random.below(30) }, () => words(random)),
  }));
  const events: object[] = [];
  const head = { id: "c-1", object: isChat ? "chat.completion.chunk" : "text_completion", model: "m-1" };
  for (
    let open = left.filter(({ said }) => said.length > 0);
    open.length > 0;
    open = open.filter(({ said }) => said.length > 0)
  ) {
    const { index, said } = random.pick(open);
    const one = said.shift();
    const isEnd = said.length === 0;
    const logprobs = isChat
      ? { content: [token(random)] }
      : { tokens: ["t"], token_logprobs: [-1], text_offset: [3], top_logprobs: [{ t: -1 }] };
    const ids = random.oneIn(2) ? { token_ids: [random.below(3)] } : {};
    const choice = {
      index,
      ...ids,
      ...(isChat ? { delta: one } : { text: one }),
      logprobs: hasLogprobs ? logprobs : null,
    };
    events.push({
      ...head,
      choices: [{ ...choice, finish_reason: isEnd ? random.pick(["stop", "length"]) : null }],
      usage: null,
    });
  }
  if (random.oneIn(2))
    events.push({ ...head, choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } });
  return events;
}

/** Cuts the stream at any bytes. */
function cut(stream: string, random: Random): Uint8Array[] {
  const bytes = Buffer.from(stream);
  const pieces: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = from + 1 + random.below(random.oneIn(3) ? 40 : 800);
    pieces.push(bytes.subarray(from, to));
    from = to;
  }
  return pieces;
}

describe.each([
  ["chat", true],
  ["complete", false],
] as const)("all chunks of %s together", (_, isChat) => {
  test.each(Array.from({ length: 25 }, (__, seed) => seed))(
    "say the same however they are joined, seed %i",
    async (seed) => {
      const random = createRandom(seed);
      const stream = createEvents(isChat, random).map(event).join("") + done;
      const pieces = cut(stream, random);
      const { server } = await startStreaming(streams(...pieces));
      const query = (everyMs: number | string) =>
        isChat ? chat(everyMs, CHAT_FIELDS) : complete(everyMs, COMPLETE_FIELDS);
      const plain = await ask(server.url, query(0).replace("everyMs: 0,", ""));
      for (const everyMs of [0, "null"]) expect((await ask(server.url, query(everyMs))).chunks).toEqual(plain.chunks);
      for (const everyMs of [1, LONG]) {
        const { chunks, whole } = await ask(server.url, query(everyMs));
        expect(whole).toEqual(plain.whole);
        expect(chunks.length).toBeLessThanOrEqual(plain.chunks.length);
        expect(chunks.at(-1).textSoFar).toBe(plain.chunks.at(-1).textSoFar);
      }
      expect(server.faults).toEqual([]);
    },
  );
});

describe.each(transports)("over $transport", ({ subscribe }) => {
  test("the first text comes at once, what follows with the end", async () => {
    const { answer, step } = stepwise(
      event(chunk("a")),
      event(chunk("b")) + event(chunk("c")),
      event(chunk("d")),
      event(chunk("e", "stop")) + done,
    );
    const { server } = await startStreaming(answer);
    const subscription = await subscribe(server.url, chat(LONG, "text textSoFar choices { finishReason }"));
    await step(0);
    const none = [{ finishReason: null }];
    expect(await subscription.next()).toEqual({ data: { chat: { text: "a", textSoFar: "a", choices: none } } });
    await step(1);
    await step(2);
    await step(3);
    const choices = [{ finishReason: "STOP" }];
    expect(await subscription.next()).toEqual({ data: { chat: { text: "bcde", textSoFar: "abcde", choices } } });
    expect(await subscription.ended).toBe("complete");
    expect(subscription.results).toHaveLength(2);
  });

  test("a role without a text does not hold the first text back", async () => {
    const role = { id: "c", choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }] };
    const { answer, step } = stepwise(event(role), event(chunk("a")), event(chunk("b", "stop")) + done);
    const { server } = await startStreaming(answer);
    const subscription = await subscribe(server.url, chat(LONG));
    await step(0);
    expect(await subscription.next()).toEqual({ data: { chat: { text: "" } } });
    await step(1);
    expect(await subscription.next()).toEqual({ data: { chat: { text: "a" } } });
    await step(2);
    expect(await subscription.ended).toBe("complete");
  });

  test("the end of all choices comes at once, though the stream stays open", async () => {
    const { answer, step } = stepwise(event(chunk("a")), event(chunk("b")), event(chunk("", "stop")), done);
    const { server } = await startStreaming(answer);
    const subscription = await subscribe(server.url, chat(LONG, "text choices { finishReason }"));
    await step(0);
    await subscription.next();
    await step(1);
    await step(2);
    const choices = [{ finishReason: "STOP" }];
    expect(await subscription.next()).toEqual({ data: { chat: { text: "b", choices } } });
    await step(3);
    expect(await subscription.ended).toBe("complete");
  });

  test.each([
    ["an error event", event({ error: { message: "Too much.", type: "server_error" } }), "UPSTREAM_ERROR"],
    ["a cut", (res: ServerResponse) => res.socket?.destroy(), "UPSTREAM_INTERRUPTED"],
  ])("%s comes at once, after the text before it", async (_, last, code) => {
    const { answer, step, stepFrom } = stepwise(event(chunk("a")), event(chunk("b")), event(chunk("c")), last);
    const { server } = await startStreaming(answer);
    const subscription = await subscribe(server.url, chat(LONG));
    await step(0);
    expect(await subscription.next()).toEqual({ data: { chat: { text: "a" } } });
    await stepFrom(1);
    expect(await subscription.next()).toEqual({ data: { chat: { text: "bc" } } });
    expect(await subscription.next()).toMatchObject({ errors: [{ extensions: { code } }] });
    await subscription.ended;
    expect(subscription.results).toHaveLength(3);
  });

  test("without everyMs, or with 0 or null, each chunk comes by itself", async () => {
    const { server } = await startStreaming(
      streams(event(chunk("a")) + event(chunk("b")) + event(chunk("c", "stop")) + done),
    );
    for (const query of [chat(0).replace("everyMs: 0,", ""), chat(0), chat("null")]) {
      const { results, ended } = await subscribe(server.url, query);
      await ended;
      expect(results.map(({ data }) => data.chat.text)).toEqual(["a", "b", "c"]);
    }
  });

  test.each([
    ["chat", chat],
    ["complete", complete],
  ])("%s refuses less than 0 and more than 5000, and sends nothing", async (_, query) => {
    const { upstream, server } = await startStreaming(streams(done));
    for (const everyMs of [-1, 5_001, 2 ** 31 - 1]) {
      const { results, ended } = await subscribe(server.url, query(everyMs));
      await ended;
      expect(results).toMatchObject([
        {
          errors: [
            {
              message: `everyMs must be between 0 and 5000; got ${everyMs}.`,
              extensions: { code: "BAD_USER_INPUT", field: "everyMs" },
            },
          ],
        },
      ]);
    }
    expect(upstream.requests).toEqual([]);
  });

  test("the time may be a variable", async () => {
    const { server } = await startStreaming(
      streams(event(chunk("a")) + event(chunk("b")) + event(chunk("c", "stop")) + done),
    );
    const query = chat(0).replace("subscription", "subscription ($ms: Int)").replace("everyMs: 0", "everyMs: $ms");
    const textsWith = async (variables: object) => {
      const { results, ended } = await subscribe(server.url, query, variables);
      await ended;
      return results.map(({ data }) => data.chat.text);
    };
    expect(await textsWith({ ms: LONG })).toEqual(["abc"]);
    expect(await textsWith({})).toEqual(["a", "b", "c"]);
    expect(await textsWith({ ms: null })).toEqual(["a", "b", "c"]);
  });

  test("who leaves ends the upstream call, with text that waits", async () => {
    const { answer, step } = stepwise(event(chunk("a")), event(chunk("b")), () => {}, "");
    const { upstream, server } = await startStreaming(answer);
    const subscription = await subscribe(server.url, chat(LONG));
    await step(0);
    expect(await subscription.next()).toEqual({ data: { chat: { text: "a" } } });
    await step(1);
    subscription.leave();
    await upstream.requests[0]?.closed;
    expect(subscription.results).toHaveLength(1);
    expect(server.faults).toEqual([]);
  });
});

test("completions are joined", async () => {
  const { answer, step, stepFrom } = stepwise(
    event(piece("a")),
    event(piece("b")) + event(piece("B", "stop", 1)),
    event(piece("c", "length")) + done,
  );
  const { server } = await startStreaming(answer);
  const subscription = await subscribeSse(
    server.url,
    complete(LONG, "text textSoFar choices { index text finishReason }"),
  );
  await step(0);
  const first = { text: "a", textSoFar: "a", choices: [{ index: 0, text: "a", finishReason: null }] };
  expect(await subscription.next()).toEqual({ data: { complete: first } });
  await stepFrom(1);
  const choices = [
    { index: 0, text: "bc", finishReason: "LENGTH" },
    { index: 1, text: "B", finishReason: "STOP" },
  ];
  expect(await subscription.next()).toEqual({ data: { complete: { text: "bc", textSoFar: "abc", choices } } });
  expect(await subscription.ended).toBe("complete");
});

describe("other roads:", () => {
  const pieces = [event(chunk("a")), event(chunk("b")) + event(chunk("c")), event(chunk("d", "stop")) + done] as const;
  const results = [
    { data: { chat: { text: "a", textSoFar: "a" } } },
    { data: { chat: { text: "bcd", textSoFar: "abcd" } } },
  ];
  const query = chat(LONG, "text textSoFar");

  test.each(transports)(
    "with an embedder's plugin that looks at each result, over $transport",
    async ({ subscribe }) => {
      const { answer, step, stepFrom } = stepwise(...pieces);
      const upstream = await startUpstream(answer);
      const seen: unknown[] = [];
      const onNext = ({ result }: { result: unknown }) => void seen.push(result);
      const plugin = { onSubscribe: () => ({ onSubscribeResult: () => ({ onNext }) }) };
      const server = await startTestServer(upstream.url, {}, [], [plugin]);
      const subscription = await subscribe(server.url, query);
      await step(0);
      expect(await subscription.next()).toEqual(results[0]);
      await stepFrom(1);
      expect(await subscription.next()).toEqual(results[1]);
      expect(await subscription.ended).toBe("complete");
      expect(seen).toEqual(results);
    },
  );

  test("by the fetch handler", async () => {
    const { answer, step, stepFrom } = stepwise(...pieces);
    const { server } = await startStreaming(answer);
    const headers = { "content-type": "application/json", accept: "text/event-stream" };
    const init = { method: "POST", headers, body: JSON.stringify({ query }) };
    const { body } = await server.app.fetch(new Request("http://127.0.0.1/graphql", init));
    let text = "";
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    onTestFinished(() => reader?.cancel());
    const until = async (end: string) => {
      while (!text.includes(end)) text += (await reader?.read())?.value ?? "";
    };
    await step(0);
    await until('"a"');
    await stepFrom(1);
    await until("event: complete");
    expect([...text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json ?? ""))).toEqual(results);
  });
});

describe("a client that stops reading", { timeout: 60_000 }, () => {
  const filling = "x".repeat(16_000);

  /** Writes `count` large events as fast as they are taken, and tells how many were. */
  function flood(count = Number.POSITIVE_INFINITY) {
    const taken = { events: 0 };
    const answer: Answer = (_, res) => {
      openStream(res);
      const fill = () => {
        for (let goesOn = true; goesOn && taken.events < count && !res.destroyed; taken.events++)
          goesOn = res.write(event(chunk(`${taken.events} ${filling}`)));
        if (taken.events === count) res.end(event(chunk("", "stop")) + done);
      };
      res.on("drain", fill);
      fill();
    };
    return { answer, taken };
  }

  async function standstill(taken: { events: number }) {
    let before = -1;
    const isStill = () => {
      const still = taken.events === before;
      before = taken.events;
      return still;
    };
    await expect.poll(isStill, { interval: 500, timeout: 15_000 }).toBe(true);
  }

  test("holds the upstream back; all of the answer is there when it reads on", async () => {
    const { answer, taken } = flood(2_500);
    const { server } = await startStreaming(answer);
    const { res, results, ended } = await subscribeSse(server.url, chat(200));
    res.pause();
    await standstill(taken);
    // 32 MB: what the kernel holds for both connections.
    expect(taken.events).toBeLessThan(2_000);
    res.resume();
    expect(await ended).toBe("complete");
    const text = results.map(({ data }) => data.chat.text).join("");
    expect(text.match(/\d+/g)?.map(Number)).toEqual(Array.from({ length: 2_500 }, (_, place) => place));
    expect(Math.max(...results.map(({ data }) => data.chat.text.length))).toBeLessThan(256 * 1024);
  });

  test("and disconnects ends the upstream call", async () => {
    const { answer, taken } = flood();
    const { upstream, server } = await startStreaming(answer);
    const { res, disconnect } = await subscribeSse(server.url, chat(LONG));
    res.pause();
    await standstill(taken);
    disconnect();
    await upstream.requests[0]?.closed;
    expect(server.faults).toEqual([]);
  });

  test("and whose upstream breaks gets the text before it, then the error", async () => {
    const { answer, taken } = flood();
    let reset = () => {};
    const { server } = await startStreaming((request, res, req) => {
      reset = () => void req.socket.resetAndDestroy();
      return answer(request, res, req);
    });
    const { res, results, ended } = await subscribeSse(server.url, chat(LONG));
    res.pause();
    await standstill(taken);
    reset();
    res.resume();
    expect(await ended).toBe("complete");
    expect(results.pop()).toMatchObject({ errors: [{ extensions: { code: "UPSTREAM_INTERRUPTED" } }] });
    const places = results
      .map(({ data }) => data.chat.text)
      .join("")
      .match(/\d+/g)
      ?.map(Number);
    expect(places).toEqual(places?.map((_, place) => place));
  });
});
