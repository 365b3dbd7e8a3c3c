// Speech of the sandbox through the server: it plays, and says what it was given.
import OpenAI, { toFile } from "openai";
import { expect, test } from "vitest";
import { startSandbox } from "../../src/sandbox/server.ts";
import { shared, whenOver } from "../support/lifetime.ts";
import { startTestServer } from "../support/server.ts";
import { subscribeSse } from "../support/subscribe.ts";

const started = shared(async () => {
  const sandbox = await startSandbox({ delayMs: 0 });
  whenOver(() => sandbox.close());
  const server = await startTestServer(sandbox.url, { OPENAI_API_KEY: "sandbox" });
  return { server, client: new OpenAI({ apiKey: "sandbox", baseURL: sandbox.url, maxRetries: 0 }) };
});
const text = "The sandbox speaks: grüezi, 你好!";
const input = { model: "gpt-4o-mini-tts", voice: "alloy", input: text };

async function transcribe(data: string): Promise<string> {
  const file = await toFile(Buffer.from(data, "base64"), "speech.wav");
  return (await started().client.audio.transcriptions.create({ model: "gpt-4o-transcribe", file })).text;
}

test("the mutation's sound is a WAV of a known length, and says the text", async () => {
  const { body } = await started().server.query(
    `mutation ($input: SpeakInput!) { speak(input: $input) { url data contentType sizeBytes duration usage { totalTokens } } }`,
    { input },
  );
  const seconds = Buffer.byteLength(text) * 0.08;
  expect(body.data.speak).toMatchObject({
    contentType: "audio/wav",
    duration: seconds,
    sizeBytes: 44 + seconds * 48_000,
    usage: null,
  });
  expect(await transcribe(body.data.speak.data)).toBe(text);
});

test.each(["AUDIO", "SSE"])("the pieces of a subscription by %s join to the same", async (streamFormat) => {
  const subscription = await subscribeSse(
    started().server.url,
    "subscription ($input: SpeakInput!) { speak(input: $input) { data usage { outputTokens } } }",
    { input: { ...input, streamFormat } },
  );
  expect(await subscription.ended).toBe("complete");
  const pieces = subscription.results.map(({ data }) => data.speak);
  expect(await transcribe(pieces.map(({ data }) => data).join(""))).toBe(text);
  expect(pieces.at(-1).usage).toEqual(streamFormat === "SSE" ? { outputTokens: 58 } : null);
});

test("what the sandbox refuses is told", async () => {
  const { body } = await started().server.query("mutation ($input: SpeakInput!) { speak(input: $input) { data } }", {
    input: { ...input, responseFormat: "MP3" },
  });
  expect(body.errors).toMatchObject([
    { message: expect.stringContaining("makes WAV and PCM only"), extensions: { code: "UPSTREAM_BAD_REQUEST" } },
  ]);
});
