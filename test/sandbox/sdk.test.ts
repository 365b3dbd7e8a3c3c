// Which methods of the official SDK the sandbox serves: one for every endpoint that this server calls, whole and streamed.
import { readdirSync } from "node:fs";
import OpenAI, { toFile } from "openai";
import { PNG } from "pngjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Endpoint } from "../../src/openai/client/endpoint.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";

let sandbox: Sandbox;
let client: OpenAI;
/** What the SDK has asked for, as `POST /chat/completions`. */
let asked: string[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ delayMs: 0 });
  client = new OpenAI({
    apiKey: "sandbox",
    baseURL: sandbox.url,
    maxRetries: 0,
    fetch: (url, init) => {
      const { pathname } = new URL(String(url));
      asked.push(`${init?.method?.toUpperCase() ?? "GET"} ${pathname.replace("/v1", "")}`);
      return fetch(url, init);
    },
  });
});
afterAll(() => sandbox.close());

const SAID = "Hello from the lighthouse.";
const messages = [{ role: "user" as const, content: SAID }];
const picture = () =>
  PNG.sync.write(Object.assign(new PNG({ width: 64, height: 64 }), { data: Buffer.alloc(16_384, 0xa5) }));
const image = () => toFile(picture(), "image.png", { type: "image/png" });
const sizeOf = (base64: string | undefined) => {
  const { width, height } = PNG.sync.read(Buffer.from(base64 ?? "", "base64"));
  return `${width}x${height}`;
};

async function collect<Event>(stream: AsyncIterable<Event>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

async function speak(): Promise<Buffer> {
  const sound = await client.audio.speech.create({ model: "gpt-4o-mini-tts", voice: "alloy", input: SAID });
  return Buffer.from(await sound.arrayBuffer());
}

interface Row {
  /** The endpoint by its name. */
  endpoint: string;
  call(): Promise<unknown>;
  /** What it yields. */
  yields: unknown;
}

const rows: Record<string, Row> = {
  "models.list": {
    endpoint: "GET /models",
    call: async () => (await client.models.list()).data.length > 10,
    yields: true,
  },
  "models.retrieve": {
    endpoint: "GET /models/{model}",
    call: async () => (await client.models.retrieve("gpt-4o-mini")).id,
    yields: "gpt-4o-mini",
  },
  "chat.completions.create": {
    endpoint: "POST /chat/completions",
    call: async () =>
      (await client.chat.completions.create({ model: "gpt-4o-mini", messages })).choices[0]?.message.content,
    yields: expect.stringContaining(SAID),
  },
  "chat.completions.create, streamed": {
    endpoint: "POST /chat/completions",
    async call() {
      const chunks = await collect(
        await client.chat.completions.create({ model: "gpt-4o-mini", messages, stream: true }),
      );
      return chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
    },
    yields: expect.stringContaining(SAID),
  },
  "completions.create": {
    endpoint: "POST /completions",
    call: async () =>
      (await client.completions.create({ model: "gpt-3.5-turbo-instruct", prompt: SAID })).choices[0]?.text,
    yields: expect.stringMatching(/\w/),
  },
  "completions.create, streamed": {
    endpoint: "POST /completions",
    async call() {
      const stream = await client.completions.create({ model: "gpt-3.5-turbo-instruct", prompt: SAID, stream: true });
      return (await collect(stream)).map(({ choices }) => choices[0]?.text ?? "").join("");
    },
    yields: expect.stringMatching(/\w/),
  },
  "embeddings.create": {
    endpoint: "POST /embeddings",
    async call() {
      const { data, model, usage } = await client.embeddings.create({
        model: "text-embedding-3-small",
        input: [SAID, "x"],
      });
      const lengths = data.map(({ embedding }) => Math.hypot(...embedding).toFixed(4));
      return [model, data.map(({ index, embedding }) => [index, embedding.length]), lengths, usage.prompt_tokens > 0];
    },
    yields: [
      "text-embedding-3-small",
      [
        [0, 1536],
        [1, 1536],
      ],
      ["1.0000", "1.0000"],
      true,
    ],
  },
  "embeddings.create, as floats": {
    endpoint: "POST /embeddings",
    async call() {
      const fields = { model: "text-embedding-3-small", input: SAID, dimensions: 8 };
      const [floats, base64] = await Promise.all([
        client.embeddings.create({ ...fields, encoding_format: "float" }),
        client.embeddings.create(fields),
      ]);
      const [a = [], b = []] = [floats, base64].map(({ data }) => data[0]?.embedding);
      return [a.length, a.every((value, place) => Math.abs(value - (b[place] ?? 0)) < 1e-6)];
    },
    yields: [8, true],
  },
  "moderations.create": {
    endpoint: "POST /moderations",
    async call() {
      const { id, results } = await client.moderations.create({ input: ["I love your garden.", "I will kill you."] });
      return [id, results.map(({ flagged }) => flagged), Object.keys(results[0]?.categories ?? {}).length];
    },
    yields: [expect.stringMatching(/^modr/), [false, true], 13],
  },
  "moderations.create, of parts": {
    endpoint: "POST /moderations",
    async call() {
      const url = `data:image/png;base64,${picture().toString("base64")}`;
      const { results } = await client.moderations.create({
        model: "omni-moderation-latest",
        input: [
          { type: "text", text: "I will kill you." },
          { type: "image_url", image_url: { url } },
        ],
      });
      return results.map(({ flagged }) => flagged);
    },
    yields: [true],
  },
  "images.generate": {
    endpoint: "POST /images/generations",
    async call() {
      const { data } = await client.images.generate({ model: "gpt-image-1", prompt: SAID, size: "1024x1024" });
      return data?.map(({ b64_json }) => sizeOf(b64_json));
    },
    yields: ["1024x1024"],
  },
  "images.generate, an older model": {
    endpoint: "POST /images/generations",
    async call() {
      const { data = [] } = await client.images.generate({ model: "dall-e-2", prompt: SAID, n: 2, size: "256x256" });
      const pictures = await Promise.all(data.map(async ({ url }) => (await fetch(url ?? "")).arrayBuffer()));
      return pictures.map((bytes) => sizeOf(Buffer.from(bytes).toString("base64")));
    },
    yields: ["256x256", "256x256"],
  },
  "images.generate, streamed": {
    endpoint: "POST /images/generations",
    async call() {
      const stream = await client.images.generate({
        model: "gpt-image-1",
        prompt: SAID,
        stream: true,
        partial_images: 2,
      });
      return (await collect(stream)).map(({ type, b64_json }) => [type, sizeOf(b64_json)]);
    },
    yields: [
      ["image_generation.partial_image", "1024x1024"],
      ["image_generation.partial_image", "1024x1024"],
      ["image_generation.completed", "1024x1024"],
    ],
  },
  "images.edit": {
    endpoint: "POST /images/edits",
    async call() {
      const fields = { model: "gpt-image-1", image: [await image(), await image()], prompt: SAID, mask: await image() };
      return (await client.images.edit(fields)).data?.map(({ b64_json }) => sizeOf(b64_json));
    },
    yields: ["1024x1024"],
  },
  "images.edit, streamed": {
    endpoint: "POST /images/edits",
    async call() {
      const fields = { model: "gpt-image-1", image: await image(), prompt: SAID, partial_images: 1 };
      const stream = await client.images.edit({ ...fields, stream: true });
      return (await collect(stream)).map(({ type, b64_json }) => [type, sizeOf(b64_json)]);
    },
    yields: [
      ["image_edit.partial_image", "1024x1024"],
      ["image_edit.completed", "1024x1024"],
    ],
  },
  "images.createVariation": {
    endpoint: "POST /images/variations",
    async call() {
      const fields = { image: await image(), size: "256x256", response_format: "b64_json" } as const;
      return (await client.images.createVariation(fields)).data?.map(({ b64_json }) => sizeOf(b64_json));
    },
    yields: ["256x256"],
  },
  "audio.speech.create": {
    endpoint: "POST /audio/speech",
    call: async () => (await speak()).toString("latin1", 0, 4),
    yields: "RIFF",
  },
  "audio.speech.create, as events": {
    endpoint: "POST /audio/speech",
    async call() {
      const response = await client.audio.speech.create({
        model: "gpt-4o-mini-tts",
        voice: "alloy",
        input: SAID,
        stream_format: "sse",
      });
      const events = [...(await response.text()).matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? ""));
      const sound = Buffer.concat(events.map(({ audio = "" }) => Buffer.from(audio, "base64")));
      return [events.at(-1).type, sound.equals(await speak())];
    },
    yields: ["speech.audio.done", true],
  },
  "audio.transcriptions.create": {
    endpoint: "POST /audio/transcriptions",
    async call() {
      const file = await toFile(await speak(), "speech.wav");
      return (await client.audio.transcriptions.create({ model: "gpt-4o-transcribe", file })).text;
    },
    yields: SAID,
  },
  "audio.transcriptions.create, streamed": {
    endpoint: "POST /audio/transcriptions",
    async call() {
      const file = await toFile(await speak(), "speech.wav");
      const fields = { model: "gpt-4o-mini-transcribe", file, stream: true } as const;
      const events = await collect(await client.audio.transcriptions.create(fields));
      const text = events.map((event) => (event.type === "transcript.text.delta" ? event.delta : "")).join("");
      return [text, events.at(-1)];
    },
    yields: [SAID, expect.objectContaining({ type: "transcript.text.done", text: SAID })],
  },
  "audio.transcriptions.create, as subtitles": {
    endpoint: "POST /audio/transcriptions",
    async call() {
      const file = await toFile(await speak(), "speech.wav");
      return client.audio.transcriptions.create({ model: "whisper-1", file, response_format: "vtt" });
    },
    yields: expect.stringMatching(/^WEBVTT\n\n[\s\S]*Hello from the lighthouse\./),
  },
  "audio.translations.create": {
    endpoint: "POST /audio/translations",
    async call() {
      const file = await toFile(await speak(), "speech.wav");
      return (await client.audio.translations.create({ model: "whisper-1", file })).text;
    },
    yields: `In English: ${SAID}`,
  },
};

describe("the SDK's", () => {
  test.each(Object.entries(rows))("%s", async (_, { endpoint, call, yields }) => {
    asked = [];
    expect(await call()).toEqual(yields);
    const path = new RegExp(`^${endpoint.replace("{model}", "[^/]+")}$`);
    expect(asked.some((one) => path.test(one))).toBe(true);
  });
});

test("every endpoint that this server calls has its method", async () => {
  const folder = new URL("../../src/openai/", import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const modules = await Promise.all(files.map((name) => import(new URL(name, folder).href)));
  const isEndpoint = (value: unknown) => typeof value === "object" && value !== null && "modelIn" in value;
  const endpoints = modules.flatMap((module) => Object.values<Endpoint>(module).filter(isEndpoint));
  const served = new Set(Object.values(rows).map(({ endpoint }) => endpoint));
  expect(new Set(endpoints.map(({ name }) => name))).toEqual(served);
});
