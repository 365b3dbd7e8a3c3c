// What speech costs a caller: reserved by the text, settled by what the upstream tells, or by the length of the sound, or as
// it was estimated.
import { describe, expect, test } from "vitest";
import { SPEECH } from "../../src/openai/audio/speech.ts";
import { openGuarded, signal } from "../support/guarded.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { shared } from "../support/lifetime.ts";
import { startServed } from "../support/served-upstream.ts";
import { noise, openSound, sound, wav } from "../support/sounds.ts";
import { event, streams, write } from "../support/stream.ts";
import { subscribeSse } from "../support/subscribe.ts";
import { type Answer, failure, json, startUpstream } from "../support/upstream.ts";

const served = shared(() => startServed(json({}), aliceWith({ tokensPerDay: 1_000_000 })));

/** 6 tokens of text; 30 letters are 2 seconds, and 40 tokens of sound. */
const fields = 'input: { model: "tts-1", voice: "alloy", input: "Thirty letters or signs, aloud" }';
const estimated = { prompt: 11, output: 40 };

async function readUsed(): Promise<number> {
  const { body } = await served().server.query("{ viewer { used { tokens } } }", {}, alice);
  return body.data.viewer.used.tokens;
}

async function charge(
  answer: Answer,
  kind: "mutation" | "subscription",
): Promise<{ reserved: number; settled: number }> {
  const { upstream, server } = served();
  const before = await readUsed();
  let reserved = 0;
  upstream.answer = async (...parameters) => {
    reserved = (await readUsed()) - before;
    return answer(...parameters);
  };
  if (kind === "mutation") await server.query(`mutation { speak(${fields}) { sizeBytes } }`, {}, alice);
  else await (await subscribeSse(server.url, `subscription { speak(${fields}) { index } }`, {}, alice.headers)).ended;
  return { reserved, settled: (await readUsed()) - before };
}

const usage = { input_tokens: 100, output_tokens: 200, total_tokens: 300 };
const audio = wav(noise(48_000));
const delta = (bytes: Buffer, more: object = {}) =>
  event({ type: "speech.audio.delta", audio: bytes.toString("base64"), ...more });
const halves = [audio.subarray(0, 30), audio.subarray(30, 20_000), audio.subarray(20_000)];
const cut: Answer = async (_, res, req) => {
  openSound(res);
  await write(res, noise(100));
  req.socket.destroy();
};

describe.each(["mutation", "subscription"] as const)("a %s", (kind) => {
  test.each<[string, Answer, number]>([
    ["what is told", streams(delta(audio), event({ type: "speech.audio.done", usage })), 300],
    ["what is told in JSON", json({ audio: audio.toString("base64"), usage }), 300],
    ["a WAV's length", sound(audio, "audio/wav"), estimated.prompt + 20],
    ["a WAV's length, in pieces", sound(halves, "application/octet-stream"), estimated.prompt + 20],
    [
      "a WAV's length, in events",
      streams(...halves.map((half) => delta(half)), event({ type: "speech.audio.done" })),
      estimated.prompt + 20,
    ],
    ["the length of bare samples", sound([noise(24_000), noise(24_000)], "audio/pcm"), estimated.prompt + 20],
    ["their length at their rate", sound([noise(9_000), noise(7_000)], "audio/pcm; rate=8000"), estimated.prompt + 20],
    [
      "the estimate, if no length is to be seen",
      sound(noise(48_000), "audio/mpeg"),
      estimated.prompt + estimated.output,
    ],
    ["nothing, if it is refused", failure(400, {}), 0],
  ])("is charged by %s", async (_, answer, settled) => {
    expect(await charge(answer, kind)).toEqual({ reserved: estimated.prompt + estimated.output, settled });
  });
});

test("a stream that breaks off is charged by the estimate, and a whole answer that does at least by its text", async () => {
  expect((await charge(cut, "subscription")).settled).toBe(estimated.prompt + estimated.output);
  const { settled } = await charge(cut, "mutation");
  expect(settled).toBeGreaterThanOrEqual(estimated.prompt);
  expect(settled).toBeLessThanOrEqual(estimated.prompt + estimated.output);
});

test.each<[string, object, number, number]>([
  ["15 letters are a second", { input: "x".repeat(150) }, 50, 200],
  ["letters beside ASCII take longer", { input: "é".repeat(75) }, 50, 200],
  ["twice the speed is half the sound", { input: "x".repeat(150), speed: 2 }, 50, 100],
  ["instructions are read", { input: "", instructions: "abc" }, 5, 0],
  ["nothing costs nothing", {}, 0, 0],
  ["what is no text is not counted", { input: 3, speed: "fast" }, 0, 0],
])("estimate: %s", (_, body, prompt, output) => {
  if (!SPEECH.isPaid) throw new Error("It costs tokens.");
  const json = { model: "m", voice: "alloy", response_format: "mp3", stream_format: "sse", ...body };
  expect(SPEECH.estimate({ endpoint: SPEECH, json })).toEqual({ prompt, output, choices: 1, isCapped: true });
});

test("a caller without enough tokens is refused before anything is sent", async () => {
  const { upstream, server } = await startServed(sound(audio), aliceWith({ tokensPerDay: 50 }));
  const { body } = await server.query(`mutation { speak(${fields}) { sizeBytes } }`, {}, alice);
  expect(body.errors).toMatchObject([{ extensions: { code: "BUDGET_EXCEEDED" } }]);
  expect(upstream.requests).toEqual([]);
});

test("a caller's models and requests are limited as for chats", async () => {
  const { upstream, server } = await startServed(sound(audio), aliceWith({ models: ["gpt-*"], requestsPerMinute: 1 }));
  const ask = async (model: string) => {
    const query = `mutation { speak(input: { model: "${model}", voice: "alloy", input: "Hi" }) { sizeBytes } }`;
    return (await server.query(query, {}, alice)).body.errors?.[0].extensions.code;
  };
  expect([await ask("tts-1"), await ask("gpt-4o-mini-tts"), await ask("gpt-4o-mini-tts")]).toEqual([
    "FORBIDDEN",
    undefined,
    "RATE_LIMITED",
  ]);
  expect(upstream.requests).toHaveLength(1);
});

test("logs and metrics show the call under its name, with its tokens", async () => {
  const upstream = await startUpstream(streams(delta(audio), event({ type: "speech.audio.done", usage })));
  const { operate, readMetrics, loggedCalls } = openGuarded(upstream.url);
  const request = { endpoint: SPEECH, json: { model: "tts", input: "Hi", voice: "alloy" } };
  await operate((client) => client.stream(request, signal(), () => undefined));
  expect(loggedCalls()).toMatchObject([{ endpoint: "POST /audio/speech", model: "tts", status: 200 }]);
  const page = await readMetrics();
  const genAi = { gen_ai_operation_name: "speech", gen_ai_request_model: "tts" };
  expect(page.value("gen_ai_client_token_usage_sum", { ...genAi, gen_ai_token_type: "output" })).toBe(200);
  expect(page.value("gen_ai_server_time_to_first_token_seconds_count", genAi)).toBe(1);
});
