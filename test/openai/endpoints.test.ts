// Every endpoint that an adapter file exports: complete, known to the sandbox, and by itself the source of what the guard
// reserves and what the telemetry calls it. A new endpoint is tested here without a line of its own.
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SPEECH } from "../../src/openai/audio/speech.ts";
import { TRANSCRIPTIONS, TRANSLATIONS } from "../../src/openai/audio/transcriptions.ts";
import { CHAT_COMPLETIONS } from "../../src/openai/chat.ts";
import { type Endpoint, targetOf, type UpstreamRequest } from "../../src/openai/client/endpoint.ts";
import { COMPLETIONS } from "../../src/openai/completions.ts";
import { EMBEDDINGS } from "../../src/openai/embeddings/embeddings.ts";
import { IMAGE_EDITS } from "../../src/openai/images/edits.ts";
import { IMAGE_GENERATIONS } from "../../src/openai/images/generations.ts";
import { IMAGE_VARIATIONS } from "../../src/openai/images/variations.ts";
import { MODEL, MODELS } from "../../src/openai/models.ts";
import { MODERATIONS } from "../../src/openai/moderations/moderations.ts";
import { findRoute } from "../../src/sandbox/routes.ts";
import { openGuarded, signal } from "../support/guarded.ts";
import { json, startUpstream } from "../support/upstream.ts";

const folder = new URL("../../src/openai/", import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const modules = await Promise.all(files.map((name) => import(new URL(name, folder).href)));
const isEndpoint = (value: unknown) => typeof value === "object" && value !== null && "modelIn" in value;
const endpoints = modules.flatMap((module) => Object.values<Endpoint>(module).filter(isEndpoint));

test("each has a name of its own", () => {
  expect(endpoints.length).toBeGreaterThanOrEqual(6);
  expect(new Set(endpoints.map(({ name }) => name)).size).toBe(endpoints.length);
});

describe.each(endpoints)("$name", (endpoint) => {
  const body = endpoint.method === "GET" ? {} : { json: { model: "m" } };
  const pathParameters = Object.fromEntries([...endpoint.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, "m"]));
  const request: UpstreamRequest = { endpoint, pathParameters, ...body };
  const path = `/v1${targetOf(request)}`;

  test("is frozen, and its path has a place for the model if that is where a request names it", () => {
    expect(Object.isFrozen(endpoint)).toBe(true);
    expect(endpoint.modelIn === "path").toBe(endpoint.path.includes("{model}"));
  });

  test("is served by the sandbox", () => {
    expect(findRoute(endpoint.method, path).route.path).toBeTruthy();
  });

  test("is called, reserved, settled, counted and logged as it says", async () => {
    const reserved: number[] = [];
    const upstream = await startUpstream(async (...parameters) => {
      reserved.push(await readTokens());
      return json({ usage: { total_tokens: 42 } })(...parameters);
    });
    const { operate, readTokens, readMetrics, loggedCalls } = openGuarded(upstream.url, { tokensPerDay: 1_000_000 });
    await operate((client) => client.request(request, signal()));
    expect(upstream.requests).toMatchObject([{ method: endpoint.method, path }]);
    const { prompt, output } = endpoint.isPaid ? endpoint.estimate(request) : { prompt: 0, output: 0 };
    expect(reserved).toEqual([prompt + output]);
    expect(await readTokens()).toBe(endpoint.isPaid ? 42 : 0);

    const page = await readMetrics();
    expect(page.value("upstream_attempts_total", { endpoint: endpoint.name, result: "200" })).toBe(1);
    const model = endpoint.modelIn === "nowhere" ? undefined : "m";
    const durations = page.samples.filter(({ name }) => name === "gen_ai_client_operation_duration_seconds_count");
    expect(durations.map(({ labels }) => [labels.gen_ai_operation_name, labels.gen_ai_request_model])).toEqual(
      endpoint.isPaid ? [[endpoint.operationName, model ?? "none"]] : [],
    );
    expect(loggedCalls()).toMatchObject([{ endpoint: endpoint.name, status: 200 }]);
    expect(loggedCalls()[0].model).toBe(model);
  });
});

describe("names and estimates that dashboards and budgets rely on:", () => {
  const words = { role: "user", content: "four letters a word" };
  test.each<[string, string | undefined, Endpoint, Omit<UpstreamRequest, "endpoint">, number]>([
    [
      "POST /chat/completions",
      "chat",
      CHAT_COMPLETIONS,
      { json: { model: "m", messages: [words], n: 2, max_completion_tokens: 50 } },
      14 + 100,
    ],
    [
      "POST /completions",
      "text_completion",
      COMPLETIONS,
      { json: { model: "m", prompt: ["one", "two"], max_tokens: 50 } },
      5 + 100,
    ],
    ["POST /chat/completions", "chat", CHAT_COMPLETIONS, { json: {} }, 16_384],
    ["POST /completions", "text_completion", COMPLETIONS, { json: {} }, 16_384],
    ["POST /images/variations", "image_variation", IMAGE_VARIATIONS, { multipart: { n: "2" } }, 0],
    ["POST /images/edits", "image_edit", IMAGE_EDITS, { multipart: { prompt: "more", n: "2" } }, 16_000],
    ["POST /images/edits", "image_edit", IMAGE_EDITS, { multipart: {} }, 8_000],
    ["POST /images/edits", "image_edit", IMAGE_EDITS, { multipart: { n: "2", partial_images: "3" } }, 16_600],
    ["POST /images/generations", "image_generation", IMAGE_GENERATIONS, { json: { prompt: "a fox" } }, 8_000],
    ["POST /images/generations", "image_generation", IMAGE_GENERATIONS, { json: { n: 3, partial_images: 2 } }, 24_600],
    [
      "POST /audio/transcriptions",
      "transcription",
      TRANSCRIPTIONS,
      { multipart: { prompt: "one", stream: "true" } },
      1,
    ],
    ["POST /audio/translations", "translation", TRANSLATIONS, { multipart: { model: "whisper-1" } }, 0],
    ["POST /audio/speech", "speech", SPEECH, { json: { model: "m", input: "x".repeat(30), voice: "v" } }, 10 + 40],
    ["POST /audio/speech", "speech", SPEECH, { json: {} }, 0],
    ["POST /embeddings", "embeddings", EMBEDDINGS, { json: { model: "m", input: ["one", "three"] } }, 3],
    ["POST /embeddings", "embeddings", EMBEDDINGS, { json: { model: "m", input: "four letters a word" } }, 7],
    ["POST /moderations", "moderation", MODERATIONS, { json: { input: ["one", "three"] } }, 3],
    [
      "POST /moderations",
      "moderation",
      MODERATIONS,
      {
        json: {
          input: [
            { type: "text", text: "one" },
            { type: "image_url", image_url: { url: "data:," } },
          ],
        },
      },
      3_001,
    ],
    ["GET /models", undefined, MODELS, {}, 0],
    ["GET /models/{model}", undefined, MODEL, { pathParameters: { model: "m" } }, 0],
  ])("%s", (name, operationName, endpoint, request, tokens) => {
    const { prompt, output } = endpoint.isPaid ? endpoint.estimate({ endpoint, ...request }) : { prompt: 0, output: 0 };
    expect([endpoint.name, endpoint.operationName, prompt + output]).toEqual([name, operationName, tokens]);
  });
});
