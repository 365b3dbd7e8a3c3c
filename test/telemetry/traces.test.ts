// Traces: what a collector gets from the real process, what the upstream gets, and that they cost nothing when off.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { calls, chat, chatAnswer } from "../support/calls.ts";
import { shared } from "../support/lifetime.ts";
import { type CollectedSpan, startCollector } from "../support/otlp.ts";
import { startProcess } from "../support/process.ts";
import { request } from "../support/server.ts";
import { chat as chatStream, chunk, done, event, hello, noticed, streams, streamsThen } from "../support/stream.ts";
import { transports } from "../support/subscribe.ts";
import { type Answer, failure, inTurn, json, startUpstream } from "../support/upstream.ts";

const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
const PARENT = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };

function post(url: string, query: string, headers: Record<string, string> = {}, variables = {}) {
  return request(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
  });
}

/** A process of the case's own, and its collector. */
async function start(answer: Answer, environment: Record<string, string> = {}) {
  const upstream = await startUpstream(answer);
  const collector = await startCollector();
  const server = startProcess({
    PORT: "0",
    MAX_RETRIES: "1",
    OPENAI_BASE_URL: upstream.url,
    OPENAI_API_KEY: "sk-test-key-0123456789",
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: "20",
    ...environment,
  });
  return { upstream, collector, server, url: await server.url };
}

/** The process of all cases that need no other configuration. */
const running = shared(() => start(() => {}));

/** The shared process, on an upstream that now gives `answer`. */
function serve(answer: Answer) {
  running().upstream.answer = answer;
  return running();
}

function find(spans: CollectedSpan[], name: string): CollectedSpan {
  const found = spans.find((span) => span.name === name);
  if (!found) throw new Error(`${name} is none of ${spans.map((span) => span.name)}`);
  return found;
}

test("an operation, its root fields and its attempts are spans of one trace, the client's and the upstream's", async () => {
  const { upstream, collector, url } = serve(
    inTurn(
      failure(500, {}, { "retry-after-ms": "1" }),
      json({ ...chatAnswer, usage, model: "m-2024" }, 200, { "x-request-id": "req_up" }),
    ),
  );
  const begun = Date.now();
  const traceparent = `00-${PARENT.traceId}-${PARENT.spanId}-01`;
  const { body } = await post(url, chat.replace("mutation", "mutation Greet"), {
    traceparent,
    tracestate: "vendor=1",
    "x-request-id": "mine",
  });
  expect(body.errors).toBeUndefined();
  const spans = await collector.untilSpans(4);
  expect(collector.requests[0]).toMatchObject({ path: "/v1/traces" });
  expect(collector.requests[0]?.headers["content-type"]).toBe("application/x-protobuf");
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([PARENT.traceId]));

  const operation = find(spans, "mutation");
  expect(operation).toMatchObject({ parentSpanId: PARENT.spanId, kind: 2, status: 0 });
  expect(operation.attributes).toEqual({
    "graphql.operation.type": "mutation",
    "graphql.operation.name": "Greet",
    "openai_graphql.request_id": "mine",
    "openai_graphql.transport": "http",
    "openai_graphql.outcome": "OK",
  });
  expect(operation.resource).toMatchObject({
    "service.name": "openai-graphql-server",
    "service.version": expect.stringMatching(/^\d+\./),
  });
  const field = find(spans, "chat");
  expect(field).toMatchObject({ parentSpanId: operation.spanId, kind: 1, status: 0 });
  const attempts = spans.filter(({ name }) => name === "chat m").sort((one, other) => one.startMs - other.startMs);
  const common = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "m",
    "http.request.method": "POST",
    "server.address": "127.0.0.1",
    "server.port": Number(new URL(upstream.url).port),
  };
  expect(attempts).toMatchObject([
    { parentSpanId: field.spanId, kind: 3, status: 2 },
    { parentSpanId: field.spanId, kind: 3, status: 0 },
  ]);
  expect(attempts.map(({ attributes }) => attributes)).toEqual([
    { ...common, "http.response.status_code": 500, "error.type": "500" },
    {
      ...common,
      "http.response.status_code": 200,
      "http.request.resend_count": 1,
      "openai.request_id": "req_up",
      "gen_ai.response.model": "m-2024",
      "gen_ai.usage.input_tokens": 5,
      "gen_ai.usage.output_tokens": 7,
    },
  ]);
  expect(upstream.requests.map(({ headers }) => headers.traceparent)).toEqual(
    attempts.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`),
  );
  expect(upstream.requests[0]?.headers.tracestate).toBeUndefined();
  for (const { startMs, endMs } of spans) {
    expect(endMs).toBeGreaterThanOrEqual(startMs);
    expect(startMs).toBeGreaterThan(begun - 1_000);
    expect(endMs).toBeLessThan(Date.now() + 1_000);
  }
  for (const inner of [field, ...attempts]) {
    expect(inner.startMs).toBeGreaterThanOrEqual(operation.startMs);
    expect(inner.endMs).toBeLessThanOrEqual(operation.endMs);
  }
});

test("every call has spans, named by its operation or its endpoint", async () => {
  const { upstream, collector, url } = serve(inTurn(...calls.map(({ answer }) => json(answer))));
  for (const { operation } of calls) expect((await post(url, operation)).body.errors).toBeUndefined();
  const spans = await collector.untilSpans(3 * calls.length);
  expect(spans.filter(({ kind }) => kind === 3).map(({ name }) => name)).toEqual([
    "chat m",
    "text_completion m",
    "embeddings m",
    "moderation m",
    "GET /models",
    "GET /models/{model}",
    "image_variation",
  ]);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(calls.length);
  expect(upstream.requests).toHaveLength(calls.length);
});

describe.each(transports)("a stream over $transport", ({ subscribe, transport }) => {
  test("has one attempt from its beginning to its end, with its tokens", async () => {
    const last = event({ id: "chatcmpl-1", choices: [], usage });
    const { collector, url } = serve(streams(event(chunk("Hel")), event(chunk("lo", "stop")), last, done));
    expect(await (await subscribe(url)).ended).toBe("complete");
    const spans = await collector.untilSpans(3);
    expect(find(spans, "subscription").attributes["openai_graphql.transport"]).toBe(
      transport === "SSE" ? "sse" : "websocket",
    );
    expect(find(spans, "chat m").attributes).toMatchObject({
      "gen_ai.usage.input_tokens": 5,
      "gen_ai.usage.output_tokens": 7,
      "http.response.status_code": 200,
    });
  });

  test("that is left is ABORTED and no error", async () => {
    const { answer, arrived } = noticed(streamsThen(event(chunk("Hel")), () => {}));
    const { collector, url } = serve(answer);
    const subscription = await subscribe(url);
    await arrived;
    await subscription.next();
    subscription.leave();
    const spans = await collector.untilSpans(3);
    expect(spans.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(find(spans, "subscription").attributes["openai_graphql.outcome"]).toBe("ABORTED");
  });
});

test("clients' mistakes are no errors, the upstream's failures are", async () => {
  const { collector, url } = serve(failure(401, {}));
  await post(url, "{ nothing }");
  await post(url, chat);
  const spans = await collector.untilSpans(4);
  expect(find(spans, "graphql")).toMatchObject({
    status: 0,
    attributes: { "openai_graphql.outcome": "GRAPHQL_VALIDATION_FAILED" },
  });
  expect(find(spans, "mutation")).toMatchObject({
    status: 2,
    attributes: { "error.type": "UPSTREAM_UNAUTHENTICATED" },
  });
});

test("what is no trace context begins a trace of its own", async () => {
  const { collector, url, upstream } = serve(json(chatAnswer));
  await post(url, chat, { traceparent: "00-marker-marker-01", tracestate: "marker=1" });
  const spans = await collector.untilSpans(3);
  expect(find(spans, "mutation").parentSpanId).toBe("");
  expect(JSON.stringify(upstream.requests[0]?.headers)).not.toContain("marker");
});

test("OpenTelemetry's own variables hold: service, resource, sampler, headers, endpoint", async () => {
  const collector = await startCollector();
  const { url, upstream } = await start(json(chatAnswer), {
    OTEL_EXPORTER_OTLP_ENDPOINT: "",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/custom/path`,
    OTEL_EXPORTER_OTLP_HEADERS: "x-team=ours",
    OTEL_SERVICE_NAME: "gateway",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
    OTEL_TRACES_SAMPLER: "parentbased_always_off",
  });
  await post(url, chat);
  await post(url, chat, { traceparent: `00-${PARENT.traceId}-${PARENT.spanId}-01` });
  const spans = await collector.untilSpans(3);
  expect(spans[0]?.traceId).toBe(PARENT.traceId);
  expect(spans[0]?.resource).toMatchObject({ "service.name": "gateway", "deployment.environment.name": "test" });
  expect(collector.requests[0]).toMatchObject({ path: "/custom/path", headers: { "x-team": "ours" } });
  expect(upstream.requests[0]?.headers.traceparent).toMatch(/-00$/);
  expect(upstream.requests[1]?.headers.traceparent).toMatch(/-01$/);
});

test("no span holds a prompt, an answer, a key, a variable or a document", async () => {
  const secret = "MARKER-7f3a9c2e5b";
  const { collector, url } = await start(
    json({ ...chatAnswer, choices: [{ index: 0, message: { content: secret } }] }),
    { OPENAI_API_KEY: `sk-${secret}`, CLIENT_KEYS: `[{"id":"a","key":"key-${secret}"}]` },
  );
  const headers = {
    authorization: `Bearer key-${secret}`,
    "user-agent": secret,
    cookie: secret,
    baggage: `a=${secret}`,
  };
  const query = `mutation { a7f3a: chat(input: { model: "m", messages: [{ role: USER, content: "${secret}" }] }) { text } }`;
  expect((await post(url, query, headers)).text).toContain(secret);
  const complete = 'mutation ($p: [String!]!) { complete(input: { model: "m", prompt: $p }) { text } }';
  expect((await post(url, complete, headers, { p: secret })).body.errors).toBeUndefined();
  await post(url, `{ f7f3a }`, headers);
  await collector.untilSpans(7);
  for (const { body, headers: sent } of collector.requests) {
    expect(body.toString("latin1") + JSON.stringify(sent)).not.toContain("7f3a");
  }
});

test("what is left is sent as the process stops", async () => {
  const { collector, url, server } = await start(json(chatAnswer), { OTEL_BSP_SCHEDULE_DELAY: "600000" });
  await post(url, chat);
  expect(collector.spans()).toEqual([]);
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  expect(collector.spans()).toHaveLength(3);
});

test("a collector that is away is told of once, and holds neither answers nor the stop up", async () => {
  const { url, server } = await start(json(chatAnswer), {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
    OTEL_EXPORTER_OTLP_TIMEOUT: "200",
  });
  for (let index = 0; index < 5; index++) expect((await post(url, chat)).status).toBe(200);
  await server.printed("Traces: ");
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  const lines = server.output().trimEnd().split("\n");
  expect(lines.filter((line) => JSON.parse(line).msg.startsWith("Traces: "))).toHaveLength(1);
});

describe("loaded only when configured:", () => {
  /** Says at its exit which of OpenTelemetry's SDK has been loaded. */
  function createProbe(): string {
    const directory = mkdtempSync(join(tmpdir(), "traces-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const path = join(directory, "probe.cjs");
    const loaded = "Object.keys(require.cache).some((name) => /@opentelemetry.(sdk|exporter|otlp)/.test(name))";
    writeFileSync(path, `process.on("exit", () => console.error("LOADED " + ${loaded}));`);
    return `--require ${path}`;
  }

  test.each([
    ["without an endpoint nothing is loaded, sent or told upstream", { OTEL_EXPORTER_OTLP_ENDPOINT: "" }, false],
    ["nor with OTEL_SDK_DISABLED=true", { OTEL_SDK_DISABLED: "true" }, false],
    ["nor with OTEL_TRACES_EXPORTER=none", { OTEL_TRACES_EXPORTER: "none" }, false],
    ["with an endpoint everything is", {}, true],
  ])("%s", async (_, environment, isOn) => {
    const { url, server, collector, upstream } = await start(json(chatAnswer), {
      NODE_OPTIONS: createProbe(),
      ...environment,
    });
    expect((await post(url, chat, { traceparent: `00-${PARENT.traceId}-${PARENT.spanId}-01` })).status).toBe(200);
    server.child.kill("SIGTERM");
    expect(await server.ended).toBe(0);
    expect(server.output()).toContain(`LOADED ${isOn}`);
    expect(collector.requests.length > 0).toBe(isOn);
    expect("traceparent" in (upstream.requests[0]?.headers ?? {})).toBe(isOn);
  });
});

test("streams go on while their spans are made", async () => {
  const { url, collector } = serve(streams(hello));
  const { text } = await post(url, chatStream, { accept: "text/event-stream" });
  expect(text).toContain("Hel");
  expect(await collector.untilSpans(3)).toHaveLength(3);
});
