// What a transcription is charged: by tokens, by seconds, or by the bytes of the file; and what of it logs and metrics tell.
import { describe, expect, test } from "vitest";
import { TRANSCRIPTIONS, TRANSLATIONS } from "../../src/openai/audio/transcriptions.ts";
import type { Endpoint, UpstreamRequest } from "../../src/openai/client/endpoint.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { shared } from "../support/lifetime.ts";
import { startLogged } from "../support/log.ts";
import { scrape } from "../support/metrics.ts";
import { makeBytes } from "../support/multipart.ts";
import { startServed } from "../support/served-upstream.ts";
import { type Answered, request, startTestServer, type TestServer } from "../support/server.ts";
import { event, streams, streamsThen } from "../support/stream.ts";
import { subscribeSse, transports } from "../support/subscribe.ts";
import { least, listeners, mutationOf, transcribe, transcribeStream, wav } from "../support/transcriptions.ts";
import { type Answer, failure, inTurn, json, startUpstream } from "../support/upstream.ts";

/** A file of so many bytes: 10 tokens for each 16,000. Before it is read, each character of its URL may be one. */
const soundOf = (bytes: number) => `data:audio/wav;base64,${makeBytes(bytes).toString("base64")}`;
const sound = soundOf(32_000);
const RESERVED = 27;
const delta = event({ type: "transcript.text.delta", delta: "Hello" });
const doneWith = (more: object) => event({ type: "transcript.text.done", text: "Hello", ...more });

async function readUsed(server: TestServer): Promise<number> {
  const { body } = await server.query("{ viewer { used { tokens } } }", {}, alice);
  return body.data.viewer.used.tokens;
}

/** As startServed; `reserved` tells what is counted as used when the upstream is called. */
async function start(answer: Answer, limits: Record<string, unknown> = { tokensPerDay: 100_000 }) {
  const reserved: number[] = [];
  const upstream = await startUpstream(async (...parameters) => {
    if (!("requestsPerMinute" in limits)) reserved.push(await readUsed(server));
    return answer(...parameters);
  });
  const server = await startTestServer(upstream.url, aliceWith(limits));
  return { upstream, server, reserved };
}

/** Uploads a file part as alice. */
function upload(server: TestServer, bytes: number): Promise<Answered> {
  const form = new FormData();
  form.set("operations", JSON.stringify({ query: transcribe, variables: { input: { model: "m", file: null } } }));
  form.set("map", '{"0":["variables.input.file"]}');
  form.set("0", wav(makeBytes(bytes)));
  return request(server.url, { method: "POST", body: form, ...alice });
}

const told: [string, object, number][] = [
  ["its tokens", { usage: { type: "tokens", input_tokens: 14, output_tokens: 45, total_tokens: 59 } }, 59],
  ["the sum of its tokens", { usage: { input_tokens: 14, output_tokens: 45 } }, 59],
  ["tokens by a chat's names", { usage: { prompt_tokens: 14, completion_tokens: 45, total_tokens: 59 } }, 59],
  ["its seconds", { usage: { type: "duration", seconds: 27 } }, 270],
  ["its seconds as text", { usage: { type: "duration", seconds: "2.55" } }, 26],
  ["tokens rather than seconds", { usage: { prompt_audio_seconds: 4, prompt_tokens: 5, total_tokens: 6 } }, 6],
  ["Groq's usage", { x_groq: { id: "r", usage: { total_tokens: 59 } } }, 59],
  ["its duration", { duration: 3.01 }, 31],
  ["its duration as text", { duration: "3.01" }, 31],
  ["billed seconds rather than its duration", { duration: 3.01, usage: { type: "duration", seconds: 4 } }, 40],
  ["the bytes sent if it reports nothing", {}, 20],
  ["the bytes sent if it reports no tokens", { usage: { total_tokens: 0 } }, 20],
  ["the bytes sent if it reports no seconds", { usage: { type: "duration", seconds: 0 }, duration: 0 }, 20],
  ["the bytes sent if it reports nonsense", { usage: { total_tokens: 1e15, seconds: 1e300 }, duration: -1 }, 20],
];

describe("a call reserves by the file's size, and is charged", () => {
  const served = shared(() => startServed(json({}), aliceWith({ tokensPerDay: 1_000_000_000 })));
  const input = { model: "m", file: sound };

  async function charge(answer: Answer, call: (server: TestServer) => Promise<unknown>): Promise<number[]> {
    const { upstream, server } = served();
    const before = await readUsed(server);
    let during = 0;
    upstream.answer = async (...parameters) => {
      during = await readUsed(server);
      return answer(...parameters);
    };
    await call(server);
    return [during - before, (await readUsed(server)) - before];
  }

  test.each(told)("%s", async (_, more, tokens) => {
    for (const { field } of listeners) {
      const call = (server: TestServer) => server.query(mutationOf(field, "text"), { input }, alice);
      expect(await charge(json({ text: "Hello", ...more }), call)).toEqual([RESERVED, tokens]);
    }
    const call = async (server: TestServer) =>
      (await subscribeSse(server.url, transcribeStream, { input }, alice.headers)).ended;
    expect(await charge(streams(delta, doneWith(more)), call)).toEqual([RESERVED, tokens]);
    expect(await charge(json({ text: "Hello", ...more }), call)).toEqual([RESERVED, tokens]);
  });

  test("for a text without any usage the bytes sent", async () => {
    const text: Answer = (_, res) => void res.writeHead(200, { "content-type": "text/plain" }).end("Hello");
    const variables = { input: { ...input, responseFormat: "TEXT" } };
    expect(await charge(text, (server) => server.query(transcribe, variables, alice))).toEqual([RESERVED, 20]);
  });

  test("for the prompt, the keywords and the voices as well", async () => {
    const reference = soundOf(16_000);
    const more = { prompt: "four letters a word", keywords: ["one"], knownSpeakers: [{ name: "A", reference }] };
    const call = (server: TestServer) => server.query(transcribe, { input: { ...input, ...more } }, alice);
    expect(await charge(json({ text: "" }), call)).toEqual([RESERVED + 18, 39]);
  });

  test("nothing if the upstream refuses it", async () => {
    const call = (server: TestServer) => server.query(transcribe, { input }, alice);
    expect(await charge(failure(400, {}), call)).toEqual([RESERVED, 0]);
  });

  test("what was reserved if the answer has no text", async () => {
    const call = (server: TestServer) => server.query(transcribe, { input }, alice);
    expect(await charge(json({ id: "x" }), call)).toEqual([RESERVED, 20]);
  });

  test("what was reserved if the stream is cut", async () => {
    const call = async (server: TestServer) =>
      (await subscribeSse(server.url, transcribeStream, { input }, alice.headers)).ended;
    expect(await charge(streams(delta), call)).toEqual([RESERVED, 20]);
  });
});

test("a file part reserves by the request's length, whatever MAX_UPLOAD_BYTES is", async () => {
  const { server, reserved } = await start(json({ text: "Hello" }), { tokensPerDay: 100 });
  expect((await upload(server, 100_000)).body).toEqual({ data: { transcribe: { text: "Hello" } } });
  // The parts' heads count as well.
  expect(reserved).toEqual([63]);
});

test.each([50_000, 3_000_000])(
  "a file part of %i bytes is charged by its bytes, whatever was reserved",
  async (size) => {
    const { server, reserved } = await start(json({ text: "Hello" }));
    expect((await upload(server, size)).body).toEqual({ data: { transcribe: { text: "Hello" } } });
    expect(reserved[0]).toBeGreaterThanOrEqual(Math.ceil(size / 1_600));
    expect(await readUsed(server)).toBe(Math.ceil(size / 1_600));
  },
);

describe("before anything is sent a call is refused", () => {
  test.each<[string, Record<string, unknown>, number, string]>([
    ["that may cost more than is left", { tokensPerDay: RESERVED - 1 }, 32_000, "BUDGET_EXCEEDED"],
    ["for its model", { models: ["whisper*"] }, 1, "FORBIDDEN"],
    ["over the requests of a minute", { requestsPerMinute: 0 }, 1, "RATE_LIMITED"],
    ["over the calls at once", { maxConcurrent: 0 }, 1, "RATE_LIMITED"],
    ["for its field", { operations: ["chat"] }, 1, "FORBIDDEN"],
  ])("%s", async (_, limits, bytes, code) => {
    const { upstream, server } = await start(json({ text: "" }), limits);
    const variables = { input: { model: "m", file: soundOf(bytes) } };
    for (const { field } of listeners) {
      const { body } = await server.query(mutationOf(field, "text"), variables, alice);
      expect(body.errors[0].extensions.code).toBe(code);
    }
    const { results, ended } = await subscribeSse(server.url, transcribeStream, variables, alice.headers);
    await ended;
    expect(results[0].errors[0].extensions.code).toBe(code);
    expect([upstream.requests, server.faults]).toEqual([[], []]);
  });

  test("and one that just fits is not", async () => {
    const { server } = await start(json({ text: "" }), { tokensPerDay: RESERVED });
    const { body } = await server.query(transcribe, { input: { model: "m", file: sound } }, alice);
    expect(body).toEqual({ data: { transcribe: { text: "" } } });
  });
});

describe.each(transports)("over $transport a client that leaves", ({ subscribe }) => {
  const variables = { input: { model: "m", file: sound } };

  test("in the middle is charged what was reserved", async () => {
    const { upstream, server } = await start(streamsThen(delta, () => {}));
    const subscription = await subscribe(server.url, transcribeStream, variables, alice.headers);
    await subscription.next();
    subscription.leave();
    await upstream.requests[0]?.closed;
    await expect.poll(() => readUsed(server)).toBe(20);
  });

  test("after the end is charged what was reported, and logged OK", async () => {
    const text = delta + doneWith({ usage: { input_tokens: 14, output_tokens: 45, total_tokens: 59 } });
    const upstream = await startUpstream(streamsThen(text, () => {}));
    const { server, operations } = await startLogged(upstream.url, aliceWith({ tokensPerDay: 100_000 }));
    const subscription = await subscribe(server.url, transcribeStream, variables, alice.headers);
    await subscription.next();
    await subscription.next();
    subscription.leave();
    const [line] = await operations(1);
    expect([line.code, line.inputTokens, line.outputTokens]).toEqual(["OK", 14, 45]);
    await expect.poll(() => readUsed(server)).toBe(59);
  });
});

describe("logs and metrics", () => {
  test.each<[string, Answer, number, number | undefined]>([
    ["tokens", json({ text: "a", usage: { input_tokens: 14, output_tokens: 45, total_tokens: 59 } }), 14, 45],
    ["seconds, as tokens", json({ text: "a", usage: { type: "duration", seconds: 27 } }), 270, undefined],
    ["a duration, as tokens", json({ text: "a", duration: 3 }), 30, undefined],
  ])("tell the call under its name with its %s", async (_, answer, input, output) => {
    const upstream = await startUpstream(answer);
    const { server, operations } = await startLogged(upstream.url, { METRICS: "true" });
    await server.query(transcribe, { input: least });
    await server.query(mutationOf("translateAudio", "text"), { input: least });
    const lines = await operations(2);
    expect(lines.map((line) => [line.inputTokens, line.outputTokens])).toEqual([
      [input, output],
      [input, output],
    ]);
    expect(lines.map(({ upstream: [call] }) => [call.endpoint, call.model, call.status])).toEqual([
      ["POST /audio/transcriptions", "m", 200],
      ["POST /audio/translations", "m", 200],
    ]);
    expect(JSON.stringify(lines)).not.toContain("UklG");
    const page = await scrape(server.metricsUrl ?? server.url.replace("/graphql", "/metrics"));
    for (const name of ["transcription", "translation"]) {
      const labels = { gen_ai_operation_name: name, gen_ai_token_type: "input" };
      expect(page.value("gen_ai_client_token_usage_sum", labels)).toBe(input);
    }
  });

  test("time the first output of a stream", async () => {
    const upstream = await startUpstream(
      streams(event({ type: "transcript.text.delta", delta: "" }), delta, doneWith({})),
    );
    const { server } = await startLogged(upstream.url, { METRICS: "true" });
    await (await subscribeSse(server.url, transcribeStream, { input: least })).ended;
    const page = await scrape(server.metricsUrl ?? server.url.replace("/graphql", "/metrics"));
    const labels = { gen_ai_operation_name: "transcription" };
    expect(page.value("gen_ai_server_time_to_first_token_seconds_count", labels)).toBe(1);
  });
});

describe("retries:", () => {
  test("a small file is sent again after a 503, whole", async () => {
    const { upstream, server } = await startServed(
      inTurn(failure(503, {}, { "retry-after-ms": "1" }), json({ text: "Hello" })),
    );
    const { body } = await server.query(transcribe, { input: { model: "m", file: soundOf(5_000) } });
    expect(body).toEqual({ data: { transcribe: { text: "Hello" } } });
    const [first, second, ...others] = upstream.requests.map(({ body: bytes }) => bytes.length);
    expect([first === second, others]).toEqual([true, []]);
  });

  test("a stream is asked for again up to its head", async () => {
    const { upstream, server } = await startServed(
      inTurn(failure(503, {}, { "retry-after-ms": "1" }), streams(delta, doneWith({}))),
    );
    const { results } = await subscribeSse(server.url, transcribeStream, { input: least });
    await expect.poll(() => results.at(-1)?.data.transcribe.textSoFar).toBe("Hello");
    expect(upstream.requests).toHaveLength(2);
  });

  test("a large file is not sent again", async () => {
    const { upstream, server } = await start(failure(503, {}, { "retry-after-ms": "1" }), { tokensPerDay: 1_000_000 });
    const { body } = await upload(server, 3_000_000);
    expect(body.errors[0].extensions.code).toMatch(/^UPSTREAM_/);
    expect(upstream.requests).toHaveLength(1);
  });
});

test.each<[Endpoint, Omit<UpstreamRequest, "endpoint">]>([
  [TRANSCRIPTIONS, {}],
  [TRANSLATIONS, { json: {} }],
])("a request without a file costs nothing", (endpoint, parts) => {
  const estimate = endpoint.isPaid ? endpoint.estimate({ endpoint, ...parts }) : undefined;
  expect(estimate).toEqual({ prompt: 0, output: 0, choices: 1, isCapped: true });
});
