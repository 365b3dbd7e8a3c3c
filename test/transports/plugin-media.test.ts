// An embedder's plugins see pictures, sounds, vectors and files as every other value, and the client gets what it gets without them.
import { describe, expect, test } from "vitest";
import { startSandbox } from "../../src/sandbox/server.ts";
import { shared, whenOver } from "../support/lifetime.ts";
import { request, startTestServer } from "../support/server.ts";
import { subscribeSse, subscribeWs } from "../support/subscribe.ts";

const PNG =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";
const VECTORS = 'input: { model: "text-embedding-3-small", input: ["bread", "baking bread"], dimensions: 4 }';
const SPEECH = 'input: { model: "tts-1", voice: "alloy", input: "Hi", responseFormat: WAV }';
const PICTURE = 'input: { model: "gpt-image-1", prompt: "A fox", size: "1024x1024" }';

const mutations: [string, string][] = [
  [
    "vectors",
    `{ embed(${VECTORS}) { data { index embedding base64 dimensions similarity(to: 0) } usage { totalTokens } } }`,
  ],
  ["vectors twice", `{ embed(${VECTORS}) { data { embedding again: embedding } } }`],
  ["judgements", '{ moderate(input: { input: ["Hi"] }) { results { flagged categories { name score } } } }'],
  ["a picture's base64", `{ imageGenerations(${PICTURE}) { data { b64Json } usage { totalTokens } } }`],
  [
    "an edited picture",
    `{ imageEdits(input: { model: "gpt-image-1", images: ["${PNG}"], prompt: "Night" }) { data { b64Json } } }`,
  ],
  ["a sound", `{ speak(${SPEECH}) { data contentType sizeBytes duration } }`],
];

const subscriptions: [string, string][] = [
  [
    "a picture as it is made",
    `{ imageGenerations(${PICTURE.replace("}", ", partialImages: 2 }")}) { isPartial partialImageIndex image { b64Json } } }`,
  ],
  ["a sound in pieces", `{ speak(${SPEECH}) { index data contentType } }`],
];

/** Plain JSON, as the hooks of a plugin have read it. */
const seen: unknown[] = [];
const copy = (result: unknown) => void seen.push(JSON.parse(JSON.stringify(result)));
const watch = {
  onExecute: () => ({ onExecuteDone: ({ result }: { result: unknown }) => copy(result) }),
  onSubscribe: () => ({
    onSubscribeResult: () => ({ onNext: ({ result }: { result: unknown }) => copy(result) }),
  }),
};

const started = shared(async () => {
  const sandbox = await startSandbox({ delayMs: 0 });
  const environment = { OPENAI_API_KEY: "sandbox" };
  whenOver(() => sandbox.close());
  return {
    plain: await startTestServer(sandbox.url, environment),
    plugged: await startTestServer(sandbox.url, environment, [], [watch]),
  };
});

test.each(mutations)("%s", async (_, selection) => {
  const { plain, plugged } = started();
  seen.length = 0;
  const { body } = await plugged.query(`mutation ${selection}`);
  expect(body.errors).toBeUndefined();
  expect(body).toEqual((await plain.query(`mutation ${selection}`)).body);
  expect(seen).toEqual([body]);
});

describe.each([
  ["SSE", subscribeSse],
  ["WebSocket", subscribeWs],
] as const)("over %s", (_, subscribe) => {
  test.each(subscriptions)("%s", async (_, selection) => {
    const { plain, plugged } = started();
    seen.length = 0;
    const stream = await subscribe(plugged.url, `subscription ${selection}`);
    expect(await stream.ended).toBe("complete");
    const expected = await subscribe(plain.url, `subscription ${selection}`);
    await expected.ended;
    expect(stream.results.length).toBeGreaterThan(0);
    expect(stream.results).toEqual(expected.results);
    expect(seen).toEqual(stream.results);
  });
});

test("a url leads to the bytes", async () => {
  const { plugged } = started();
  const made = await plugged.query(`mutation { speak(${SPEECH}) { url data } }`);
  const { url, data } = made.body.data.speak;
  const answer = await fetch(new URL(url, plugged.url));
  expect(Buffer.from(await answer.arrayBuffer()).toString("base64")).toBe(data);
  expect(answer.headers.get("content-type")).toBe("audio/wav");
});

test("a file of a multipart request is transcribed, whole and as a stream", async () => {
  const { plugged } = started();
  const spoken = await plugged.query(`mutation { speak(${SPEECH}) { data } }`);
  const sound = new Blob([Buffer.from(spoken.body.data.speak.data, "base64")], { type: "audio/wav" });
  for (const kind of ["mutation", "subscription"]) {
    const form = new FormData();
    const query = `${kind} ($file: Upload!) { transcribe(input: { model: "gpt-4o-transcribe", file: $file }) { text } }`;
    form.set("operations", JSON.stringify({ query, variables: { file: null } }));
    form.set("map", JSON.stringify({ 0: ["variables.file"] }));
    form.set("0", sound, "hi.wav");
    const accept = kind === "mutation" ? "application/json" : "text/event-stream";
    const { text } = await request(plugged.url, {
      method: "POST",
      headers: { accept, "graphql-require-preflight": "1" },
      body: form,
    });
    expect(text).toContain('{"transcribe":{"text":"Hi"}}');
  }
});
