// The sandbox's scenarios, as a GraphQL client gets them: chat and complete, whole and streamed.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startSandbox } from "../../src/sandbox/server.ts";
import { scenarios } from "../../src/sandbox/shared/scenarios.ts";
import { shared, whenOver } from "../support/lifetime.ts";
import { startTestServer } from "../support/server.ts";
import { type Result, subscribeSse, transports } from "../support/subscribe.ts";

const attempts: string[] = [];
const IDLE_MS = 800;

const server = shared(async () => {
  // Faster than usual. At the usual 40 ms a word, what ends within 25 chunks ends within a second.
  const sandbox = await startSandbox({ delayMs: 2 });
  whenOver(() => sandbox.close());
  const observer = {
    attemptBegins(_attempt: unknown, call: { model: string | undefined }) {
      attempts.push(call.model ?? "");
      return undefined;
    },
  };
  const environment = { OPENAI_API_KEY: "sandbox", UPSTREAM_IDLE_TIMEOUT_MS: String(IDLE_MS) };
  return startTestServer(sandbox.url, environment, [observer]);
});

const CALLS = "toolCalls { id type function { name arguments } }";
const USAGE = "usage { completionTokens completionTokensDetails { reasoningTokens } }";

function chatOf(model: string, more = ""): string {
  const messages = '[{ role: USER, content: "Grüße 🎉 from a screen" }]';
  return `chat(input: { model: "${model}", messages: ${messages} ${more} }) { text
    choices { finishReason said: SAID { content refusal reasoning ${CALLS} } } ${USAGE} }`;
}

function completeOf(model: string): string {
  return `complete(input: { model: "${model}", prompt: "Once upon a screen", maxTokens: 40 }) { text choices { finishReason } }`;
}

const wholeOf = async (selection: string) =>
  (await server().query(`mutation { ${selection.replace("SAID", "message")} }`)).body;

/** All results of a stream: those with data, and the errors that ended it. */
async function streamOf(selection: string, subscribe = transports[0]?.subscribe ?? subscribeSse) {
  const stream = await subscribe(server().url, `subscription { ${selection.replace("SAID", "delta")} }`);
  expect(await stream.ended).toBe("complete");
  return {
    chunks: stream.results.flatMap(({ data }: Result) => (data ? [data.chat ?? data.complete] : [])),
    errors: stream.results.flatMap(({ errors }: Result) => errors ?? []),
  };
}

/** What the chunks of the first choice say, put together. */
function gather(chunks: Result[]) {
  const deltas = chunks.flatMap(({ choices }) => choices.map(({ said }: Result) => said));
  const join = (name: string) => deltas.map((delta: Result) => delta[name] ?? "").join("");
  return {
    text: chunks.map(({ text }) => text ?? "").join(""),
    refusal: join("refusal"),
    reasoning: join("reasoning"),
    finishReason: chunks
      .flatMap(({ choices }) => choices.flatMap((choice: Result) => choice.finishReason ?? []))
      .join(),
    usage: chunks.at(-1)?.usage,
  };
}

test("every scenario is a model of the list, and the page on the sandbox has a row for it", async () => {
  const { body } = await server().query('{ models(filter: { idContains: "sandbox-" }) { id ownedBy } }');
  const names = [
    ..."markdown slow reasoning refusal length filter tools rate-limit quota error cut silent".split(" "),
  ].map((name) => `sandbox-${name}`);
  expect(body.data.models).toEqual(names.map((id) => ({ id, ownedBy: "sandbox" })));
  expect(Object.keys(scenarios)).toEqual(names);
  const page = readFileSync(new URL("../../docs/sandbox.md", import.meta.url), "utf8");
  expect([...page.matchAll(/^\| `(sandbox-[\w-]+)` \|/gm)].map(([, name]) => name)).toEqual(names);
});

test("an ordinary model answers in two or three sentences that vary with the prompt", async () => {
  const prompts = ["Why is the sky blue?", "Name a river", "Say hi", "2 + 2", "Write a poem", "Translate tree"];
  const answers = await Promise.all(
    prompts.map(async (prompt) => {
      const input = `model: "gpt-4o-mini", messages: [{ role: USER, content: "${prompt}" }]`;
      const { body } = await server().query(`mutation { chat(input: { ${input} }) { text } }`);
      expect(body.data.chat.text).toContain(`"${prompt}"`);
      return body.data.chat.text.replace(prompt, "");
    }),
  );
  expect(new Set(answers).size).toBeGreaterThan(2);
  for (const answer of answers) {
    const sentences = answer.match(/[.!?](?= |$)|"\.(?= )/g)?.length;
    expect(sentences).toBeGreaterThanOrEqual(2);
    expect(sentences).toBeLessThanOrEqual(3);
  }
});

test("sandbox-markdown has headings, a list, code and a table, and is long", async () => {
  const selection = chatOf("sandbox-markdown");
  const { text, choices } = (await wholeOf(selection)).data.chat;
  for (const block of [/^# /m, /^## /m, /^1\. /m, /^- /m, /^```ts\n/m, /^\| :--- \| ---: \|/m, /^> /m, /<script>/]) {
    expect(text).toMatch(block);
  }
  expect(text.length).toBeGreaterThan(1_500);
  expect(choices[0].finishReason).toBe("STOP");
  const { chunks, errors } = await streamOf(selection);
  expect([gather(chunks).text, errors]).toEqual([text, []]);
  expect((await wholeOf(completeOf("sandbox-markdown"))).data.complete.text).toMatch(/^# /);
});

test("sandbox-slow says nothing for three seconds, and outlives the limit of silence", async () => {
  const times: number[] = [];
  const timed = async <Result>(run: Promise<Result>) => {
    const startedAt = performance.now();
    const result = await run;
    times.push(performance.now() - startedAt);
    return result;
  };
  const first = async (selection: string) => {
    const stream = await subscribeSse(server().url, `subscription { ${selection.replace("SAID", "delta")} }`);
    const result = await stream.next();
    stream.leave();
    return result;
  };
  const [chat, complete, ...results] = await Promise.all([
    timed(wholeOf(chatOf("sandbox-slow"))),
    timed(wholeOf(completeOf("sandbox-slow"))),
    timed(first(chatOf("sandbox-slow"))),
    timed(first(completeOf("sandbox-slow"))),
  ]);
  expect(chat.data.chat.text).toContain("Grüße 🎉 from a screen");
  expect(complete.data.complete.text).toContain("Once upon a screen");
  for (const result of results) expect(result).toMatchObject({ data: expect.any(Object) });
  for (const time of times) expect(time).toBeGreaterThan(2_950);
});

test.each([
  ["sandbox-length", "LENGTH"],
  ["sandbox-filter", "CONTENT_FILTER"],
])("%s breaks off with %s", async (model, finishReason) => {
  const { text, choices } = (await wholeOf(chatOf(model))).data.chat;
  expect(choices[0].finishReason).toBe(finishReason);
  expect(text).toMatch(/^Hello from the sandbox! You said: "/);
  const { chunks, errors } = await streamOf(chatOf(model));
  expect(gather(chunks)).toMatchObject({ text, finishReason });
  expect([errors, chunks.length < 25]).toEqual([[], true]);
  const { complete } = (await wholeOf(completeOf(model))).data;
  expect(complete).toEqual({ text: expect.stringMatching(/\S/), choices: [{ finishReason }] });
  const streamed = (await streamOf(completeOf(model))).chunks;
  expect(streamed.map(({ text }) => text ?? "").join("")).toBe(complete.text);
  expect(streamed.flatMap(({ choices }) => choices.flatMap((c: Result) => c.finishReason ?? []))).toEqual([
    finishReason,
  ]);
});

test("sandbox-reasoning reasons before it answers, and counts that", async () => {
  const { text, choices, usage } = (await wholeOf(chatOf("sandbox-reasoning"))).data.chat;
  const { reasoning } = choices[0].said;
  expect(reasoning).toMatch(/^The user asks/);
  expect(text).toMatch(/^Hello from the sandbox!/);
  expect(usage.completionTokensDetails.reasoningTokens).toBeGreaterThan(10);
  expect(usage.completionTokens).toBeGreaterThan(usage.completionTokensDetails.reasoningTokens);
  const { chunks, errors } = await streamOf(chatOf("sandbox-reasoning"));
  expect(gather(chunks)).toEqual({ text, reasoning, refusal: "", finishReason: "STOP", usage });
  expect(errors).toEqual([]);
  const kinds = chunks.flatMap(({ choices: [choice] }) =>
    choice?.said.reasoning ? "r" : choice?.said.content ? "c" : [],
  );
  expect(kinds.join("")).toMatch(/^r{5,}c{5,}$/);
});

test("sandbox-refusal refuses in place of an answer", async () => {
  const { text, choices } = (await wholeOf(chatOf("sandbox-refusal"))).data.chat;
  const refusal = "I'm sorry, but I can't help with that request.";
  expect([text, choices[0].finishReason, choices[0].said]).toEqual([
    null,
    "STOP",
    { content: null, refusal, reasoning: null, toolCalls: null },
  ]);
  const { chunks, errors } = await streamOf(chatOf("sandbox-refusal"));
  expect(gather(chunks)).toMatchObject({ text: "", refusal, finishReason: "STOP" });
  expect([errors, chunks.length < 25]).toEqual([[], true]);
});

const NEWS = `tools: [{ function: { name: "news", parameters: { type: "object", properties: { day: { type: "integer" } } } } }]`;

test.each([
  ["without tools", "", "get_weather", ['{"city":"Paris"}', '{"city":"Tokyo"}']],
  ["with one tool", NEWS, "news", ['{"day":1}', '{"day":1}']],
])("sandbox-tools calls two tools at once %s", async (_, tools, name, given) => {
  const { choices } = (await wholeOf(chatOf("sandbox-tools", tools))).data.chat;
  expect(choices[0]).toMatchObject({ finishReason: "TOOL_CALLS", said: { content: null } });
  const calls: Result[] = choices[0].said.toolCalls;
  expect(calls.map((call) => [call.type, call.function.name])).toEqual([
    ["function", name],
    ["function", name],
  ]);
  expect(calls.map((call) => call.function.arguments)).toEqual(given);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
  const { chunks, errors } = await streamOf(chatOf("sandbox-tools", tools).replace("toolCalls {", "toolCalls { index"));
  const pieces: Result[] = chunks.flatMap(({ choices: [choice] }) => choice?.said.toolCalls ?? []);
  const argumentsOf = (index: number) =>
    pieces.map((piece) => (piece.index === index ? (piece.function?.arguments ?? "") : "")).join("");
  expect([0, 1].map(argumentsOf)).toEqual(given);
  expect(gather(chunks).finishReason).toBe("TOOL_CALLS");
  expect([errors, chunks.length < 25]).toEqual([[], true]);
});

test("sandbox-tools answers in words once it has the tools' results", async () => {
  const query = `mutation { chat(input: { model: "sandbox-tools", messages: [
    { role: USER, content: "Weather?" }
    { role: ASSISTANT, toolCalls: [{ id: "call_1", function: { name: "get_weather", arguments: "{}" } }] }
    { role: TOOL, toolCallId: "call_1", content: "7 degrees" }
  ] }) { text choices { finishReason } } }`;
  const { body } = await server().query(query);
  expect(body.data.chat).toEqual({
    text: expect.stringContaining('"7 degrees"'),
    choices: [{ finishReason: "STOP" }],
  });
});

const failures: [model: string, extensions: object][] = [
  [
    "sandbox-rate-limit",
    {
      code: "UPSTREAM_RATE_LIMITED",
      retryAfterMs: 2_000,
      upstream: expect.objectContaining({ status: 429, code: "rate_limit_exceeded" }),
    },
  ],
  [
    "sandbox-quota",
    {
      code: "UPSTREAM_QUOTA_EXCEEDED",
      upstream: expect.objectContaining({ status: 429, code: "insufficient_quota" }),
    },
  ],
  [
    "sandbox-error",
    { code: "UPSTREAM_ERROR", upstream: expect.objectContaining({ status: 500, type: "server_error" }) },
  ],
];

test.each(failures)("%s fails at once, without another attempt", async (model, extensions) => {
  attempts.splice(0);
  for (const selection of [chatOf(model), completeOf(model)]) {
    const { data, errors } = await wholeOf(selection);
    expect([Object.values(data), errors]).toMatchObject([
      [null],
      [{ extensions, message: expect.stringMatching(/\.$|!$/) }],
    ]);
    for (const { subscribe } of transports) {
      const streamed = await streamOf(selection, subscribe);
      expect([streamed.chunks, streamed.errors]).toMatchObject([[], [{ extensions }]]);
    }
  }
  expect(attempts).toEqual(Array.from({ length: 6 }, () => model));
});

test.each([
  ["sandbox-cut", "UPSTREAM_INTERRUPTED"],
  ["sandbox-silent", "UPSTREAM_TIMEOUT"],
])("%s says its first words and then fails with %s", async (model, code) => {
  attempts.splice(0);
  await Promise.all(
    [chatOf(model), completeOf(model)].flatMap((selection) => [
      wholeOf(selection).then(({ data, errors }) =>
        expect([Object.values(data), errors]).toMatchObject([[null], [{ extensions: { code } }]]),
      ),
      ...transports.map(async ({ subscribe }) => {
        const { chunks, errors } = await streamOf(selection, subscribe);
        expect(gather(chunks.map((chunk) => ({ ...chunk, choices: [] }))).text).toMatch(/\w+ \w+/);
        expect(chunks.flatMap(({ choices }) => choices.flatMap((c: Result) => c.finishReason ?? []))).toEqual([]);
        expect([chunks.length < 10, errors]).toMatchObject([true, [{ extensions: { code } }]]);
      }),
    ]),
  );
  expect(attempts).toEqual(Array.from({ length: 6 }, () => model));
});

test("sandbox-silent times out as early as its client says", async () => {
  for (const selection of [chatOf("sandbox-silent"), completeOf("sandbox-silent")]) {
    const ask = (operation: string, accept: string) =>
      server().query(operation, undefined, { headers: { "x-request-timeout-ms": "400", accept } });
    const whole = await ask(`mutation { ${selection.replace("SAID", "message")} }`, "application/json");
    const stream = await ask(`subscription { ${selection.replace("SAID", "delta")} }`, "text/event-stream");
    for (const { text } of [whole, stream]) {
      expect(text).toContain('"code":"UPSTREAM_TIMEOUT"');
      expect(text).toContain("400 ms, the client's own limit");
    }
    expect(stream.text.match(/^event: \w+/gm)?.at(-1)).toBe("event: complete");
  }
});

test("sandbox-cut breaks off however short the answer is", async () => {
  for (const maxTokens of [1, 3]) {
    const { chunks, errors } = await streamOf(chatOf("sandbox-cut", `maxTokens: ${maxTokens}`));
    expect(gather(chunks).finishReason).toBe("");
    expect(errors).toMatchObject([{ extensions: { code: "UPSTREAM_INTERRUPTED" } }]);
  }
});

test("what only a chat shows is not served by complete", async () => {
  for (const model of ["sandbox-reasoning", "sandbox-refusal", "sandbox-tools"]) {
    const { errors } = await wholeOf(completeOf(model));
    expect(errors).toMatchObject([
      { extensions: { code: "UPSTREAM_NOT_FOUND" }, message: expect.stringContaining("chat model") },
    ]);
  }
});
