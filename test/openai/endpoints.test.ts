// Every endpoint that an adapter file defines: complete, known to the sandbox, and by itself the source of what the guard
// reserves and what the telemetry calls it.
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CHAT_COMPLETIONS } from "../../src/openai/chat.ts";
import type { Endpoint, UpstreamRequest } from "../../src/openai/client/endpoint.ts";
import { StreamedFile } from "../../src/openai/client/multipart.ts";
import { COMPLETIONS } from "../../src/openai/completions.ts";
import { IMAGE_EDITS, IMAGE_VARIATIONS } from "../../src/openai/images.ts";
import { MODEL, MODELS } from "../../src/openai/models.ts";
import { findRoute } from "../../src/sandbox/routes.ts";
import { openGuarded, signal } from "../support/guarded.ts";
import { json, startUpstream } from "../support/upstream.ts";

const image = () => new StreamedFile({ filename: "a.png", contentType: "image/png", sizeBytes: 2, stream });
async function* stream() {
  yield Buffer.from("hi");
}

interface Row {
  endpoint: Endpoint;
  request: () => Omit<UpstreamRequest, "endpoint">;
  name: string;
  path: string;
  operationName?: string;
  /** Tokens taken before the call; then those of an answer that reports none. */
  reserved: number;
  settled: number;
}

const words = { role: "user", content: "four letters a word" };
const table: Row[] = [
  {
    endpoint: CHAT_COMPLETIONS,
    request: () => ({ json: { model: "m", messages: [words], n: 2, max_completion_tokens: 50 } }),
    name: "POST /chat/completions",
    path: "/v1/chat/completions",
    operationName: "chat",
    reserved: 100 + 14,
    settled: 14 + 2,
  },
  {
    endpoint: COMPLETIONS,
    request: () => ({ json: { model: "m", prompt: ["one", "two"], max_tokens: 50 } }),
    name: "POST /completions",
    path: "/v1/completions",
    operationName: "text_completion",
    reserved: 100 + 5,
    settled: 5 + 2,
  },
  {
    endpoint: IMAGE_VARIATIONS,
    request: () => ({ multipart: { model: "m", n: "2", image: image() } }),
    name: "POST /images/variations",
    path: "/v1/images/variations",
    operationName: "image_variation",
    reserved: 0,
    settled: 0,
  },
  {
    endpoint: IMAGE_EDITS,
    request: () => ({ multipart: { model: "m", prompt: "more", n: "2", image: image() } }),
    name: "POST /images/edits",
    path: "/v1/images/edits",
    operationName: "image_variation",
    reserved: 16_000,
    settled: 16_000,
  },
  {
    endpoint: MODELS,
    request: () => ({}),
    name: "GET /models",
    path: "/v1/models",
    reserved: 0,
    settled: 0,
  },
  {
    endpoint: MODEL,
    request: () => ({ pathParameters: { model: "m" } }),
    name: "GET /models/{model}",
    path: "/v1/models/m",
    reserved: 0,
    settled: 0,
  },
];

/** The least that any of them answers; no usage. */
const answer = { id: "m", choices: [{ index: 0, finish_reason: "stop", message: { content: "hello" } }], data: [] };

test("the table holds every endpoint that an adapter file exports", async () => {
  const folder = new URL("../../src/openai/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts"));
  const modules = await Promise.all(files.map((name) => import(new URL(name, folder).href)));
  const isEndpoint = (value: unknown) => typeof value === "object" && value !== null && "modelIn" in value;
  const exported = modules.flatMap((module) => Object.values<Endpoint>(module).filter(isEndpoint));
  expect(new Set(table.map(({ endpoint }) => endpoint))).toEqual(new Set(exported));
  expect(new Set(exported.map(({ name }) => name)).size).toBe(exported.length);
});

describe.each(table)("$name", ({ endpoint, request, name, path, operationName, reserved, settled }) => {
  test("is frozen, and a placeholder of its path is the model that it names", () => {
    expect(endpoint.name).toBe(name);
    expect(Object.isFrozen(endpoint)).toBe(true);
    expect(endpoint.modelIn === "path").toBe(endpoint.path.includes("{model}"));
  });

  test("is served by the sandbox", () => {
    expect(findRoute(endpoint.method, path).route.path).toBeTruthy();
  });

  test("is called, reserved, settled, counted and logged as it says", async () => {
    let duringCall: number | undefined;
    const upstream = await startUpstream(async (...parameters) => {
      duringCall = await readTokens();
      return json(answer)(...parameters);
    });
    const { operate, readTokens, readMetrics, loggedCalls } = openGuarded(upstream.url, { tokensPerDay: 1_000_000 });
    await operate((client) => client.request({ endpoint, ...request() }, signal()));
    expect(upstream.requests).toMatchObject([{ method: endpoint.method, path }]);
    expect(duringCall).toBe(reserved);
    expect(await readTokens()).toBe(settled);

    const page = await readMetrics();
    expect(page.value("upstream_attempts_total", { endpoint: name, result: "200" })).toBe(1);
    const duration = "gen_ai_client_operation_duration_seconds_count";
    const labels = { gen_ai_operation_name: operationName ?? "", gen_ai_request_model: "m" };
    expect(page.value(duration, labels)).toBe(operationName && 1);
    expect(page.value(duration)).toBe(operationName && 1);
    const model = endpoint === MODELS ? {} : { model: "m" };
    expect(loggedCalls()).toEqual([{ endpoint: name, ...model, status: 200, durationMs: expect.any(Number) }]);
  });
});
