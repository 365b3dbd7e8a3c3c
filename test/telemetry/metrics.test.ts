// Metrics: what is counted, under which names and labels, and who may read it. The dashboard uses only those names.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { CHAT_COMPLETIONS } from "../../src/openai/chat.ts";
import { MODEL } from "../../src/openai/models.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { OperationRecord } from "../../src/telemetry/operation-record.ts";
import { calls, chat, chatAnswer } from "../support/calls.ts";
import { readScrape, type Scrape, scrape } from "../support/metrics.ts";
import { request, startTestServer } from "../support/server.ts";
import { chunk, done, event, hello, noticed, streams, streamsThen } from "../support/stream.ts";
import { subscribeSse, transports } from "../support/subscribe.ts";
import { failure, inTurn, json, startUpstream } from "../support/upstream.ts";

const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
const genAi = { gen_ai_operation_name: "chat", gen_ai_provider_name: "openai" };

function metricsOf(url: string): string {
  return new URL("/metrics", url).href;
}

/** Longer than a page is kept. */
const soon = { timeout: 5_000 };

/** The page once `count` operations have ended. */
async function scrapeAfter(url: string, count: number): Promise<Scrape> {
  let page = await scrape(metricsOf(url));
  const ended = () => page.samples.filter(({ name }) => name === "graphql_operations_total");
  await expect
    .poll(async () => {
      page = await scrape(metricsOf(url));
      return ended().reduce((sum, { value }) => sum + value, 0);
    }, soon)
    .toBe(count);
  return page;
}

test("a call is counted with its tokens, time and attempts", async () => {
  const upstream = await startUpstream(
    inTurn(failure(500, {}, { "retry-after-ms": "1" }), json({ ...chatAnswer, usage }), failure(429, {})),
  );
  const server = await startTestServer(upstream.url, { MAX_RETRIES: "1" });
  await server.query(chat);
  const page = await scrapeAfter(server.url, 1);
  const model = { ...genAi, gen_ai_request_model: "m" };
  expect(page.value("gen_ai_client_token_usage_sum", { ...model, gen_ai_token_type: "input" })).toBe(5);
  expect(page.value("gen_ai_client_token_usage_sum", { ...model, gen_ai_token_type: "output" })).toBe(7);
  expect(page.value("gen_ai_client_operation_duration_seconds_count", model)).toBe(1);
  expect(page.value("gen_ai_client_operation_duration_seconds_sum", model)).toBeGreaterThan(0);
  const endpoint = "POST /chat/completions";
  expect(page.value("upstream_attempts_total", { endpoint, result: "500" })).toBe(1);
  expect(page.value("upstream_attempts_total", { endpoint, result: "200" })).toBe(1);
  expect(page.value("graphql_operations_total", { transport: "http", type: "mutation", code: "OK" })).toBe(1);
  expect(page.value("graphql_operation_duration_seconds_count", { transport: "http", type: "mutation" })).toBe(1);
  expect(page.value("graphql_root_fields_total", { type: "mutation", field: "chat", code: "OK" })).toBe(1);
  expect(page.value("limiter_decisions_total", { decision: "ADMITTED" })).toBe(1);

  await server.query(chat);
  const after = await scrapeAfter(server.url, 2);
  expect(after.value("gen_ai_client_operation_duration_seconds_count", { ...model, error_type: "429" })).toBe(1);
  expect(after.value("graphql_root_fields_total", { field: "chat", code: "UPSTREAM_RATE_LIMITED" })).toBe(1);
});

test.each(calls)(
  "$field is counted by its name in the schema, whatever its alias",
  async ({ field, operation, answer }) => {
    const upstream = await startUpstream(json(answer));
    const server = await startTestServer(upstream.url);
    await server.query(operation.replace(`${field}(`, `alias: ${field}(`));
    const page = await scrapeAfter(server.url, 1);
    expect(page.value("graphql_root_fields_total", { field, code: "OK" })).toBe(1);
    expect(page.text).not.toContain("alias");
    expect(upstream.requests).toHaveLength(1);
  },
);

describe.each(transports)("a stream over $transport", ({ transport, subscribe }) => {
  const label = { transport: transport === "SSE" ? "sse" : "websocket" };

  test("is open until it ends, and its first token is timed", async () => {
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { answer, arrived } = noticed(
      streamsThen(event(chunk("Hel")), (res) => {
        void finished.then(() => res.end(event(chunk("lo", "stop")) + done));
      }),
    );
    const upstream = await startUpstream(answer);
    const server = await startTestServer(upstream.url);
    const subscription = await subscribe(server.url);
    await arrived;
    await subscription.next();
    const during = await scrape(metricsOf(server.url));
    expect(during.value("graphql_streams_open", label)).toBe(1);
    expect(during.value("upstream_pool_requests", { state: "running" })).toBe(1);
    expect(during.value("upstream_pool_connections")).toBe(1);
    finish();
    await subscription.ended;
    const page = await scrapeAfter(server.url, 1);
    expect(page.value("graphql_streams_open", label)).toBe(0);
    expect(page.value("upstream_pool_requests", { state: "running" })).toBe(0);
    expect(page.value("gen_ai_server_time_to_first_token_seconds_count", { gen_ai_request_model: "m" })).toBe(1);
    expect(page.value("graphql_operations_total", { ...label, type: "subscription", code: "OK" })).toBe(1);
  });

  test("that is left is ABORTED, and open no more", async () => {
    const { answer, arrived } = noticed(streamsThen(event(chunk("Hel")), () => {}));
    const upstream = await startUpstream(answer);
    const server = await startTestServer(upstream.url);
    const subscription = await subscribe(server.url);
    await arrived;
    await subscription.next();
    subscription.leave();
    const page = await scrapeAfter(server.url, 1);
    expect(page.value("graphql_operations_total", { ...label, code: "ABORTED" })).toBe(1);
    expect(page.value("graphql_root_fields_total", { field: "chat", code: "ABORTED" })).toBe(1);
    expect(page.value("graphql_streams_open", label)).toBe(0);
  });
});

test("what the limiter refuses is counted by its code", async () => {
  const upstream = await startUpstream(json(chatAnswer));
  const key = { id: "a", key: "k-0123456789abcdef", requestsPerMinute: 1, models: ["m"] };
  const server = await startTestServer(upstream.url, { CLIENT_KEYS: JSON.stringify([key]) });
  const init = { headers: { authorization: "Bearer k-0123456789abcdef" } };
  await server.query(chat, undefined, init);
  await server.query(chat, undefined, init);
  await server.query(chat.replace('"m"', '"other"'), undefined, init);
  const page = await scrapeAfter(server.url, 3);
  expect(page.value("limiter_decisions_total", { decision: "ADMITTED" })).toBe(1);
  expect(page.value("limiter_decisions_total", { decision: "RATE_LIMITED" })).toBe(1);
  expect(page.value("limiter_decisions_total", { decision: "FORBIDDEN" })).toBe(1);
  expect(upstream.requests).toHaveLength(1);
});

test("requests that wait for a connection are told apart from those on one", async () => {
  const upstream = await startUpstream(() => {});
  const server = await startTestServer(upstream.url);
  const answers = [1, 2, 3].map(() => server.query(chat));
  const all = Promise.allSettled(answers);
  await expect
    .poll(async () => (await scrape(metricsOf(server.url))).value("upstream_pool_requests", { state: "running" }), soon)
    .toBe(3);
  const page = await scrape(metricsOf(server.url));
  expect(page.value("upstream_pool_requests", { state: "waiting" })).toBe(0);
  upstream.server.closeAllConnections();
  upstream.answer = json(chatAnswer);
  await all;
});

test("the bytes of uploads are counted", async () => {
  const upstream = await startUpstream(json({ created: 1, data: [{ url: "https://images.example.com/1.png" }] }));
  const server = await startTestServer(upstream.url);
  const query = "mutation ($f: Upload!) { imageVariations(input: { image: $f }) { created } }";
  const { body } = await server.upload(
    { query, variables: { f: null } },
    { 0: ["variables.f"] },
    { 0: new Blob(["x".repeat(1234)]) },
  );
  expect(body.errors).toBeUndefined();
  expect((await scrapeAfter(server.url, 1)).value("graphql_upload_bytes_total")).toBe(1234);
});

describe("requests that are refused before they are operations", () => {
  const refused = "graphql_requests_refused_total";

  test("are counted by status, handshakes as such; what is counted elsewhere or asks for health is not", async () => {
    const upstream = await startUpstream(json(chatAnswer));
    const server = await startTestServer(upstream.url);
    const { hostname, port, host } = new URL(server.url);
    const upgrade = `connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: ${btoa("0123456789abcdef")}`;
    const send = async (head: string) => {
      const socket = connect(Number(port), hostname);
      socket.write(`${head}\r\n\r\n`);
      await text(socket);
    };
    for (const path of ["/elsewhere?key=k", "/favicon.ico"]) await request(new URL(path, server.url).href);
    await send("GET /graphql HTTP/1.1\r\nhost: a/b");
    await send(`GET /elsewhere HTTP/1.1\r\nhost: ${host}\r\n${upgrade}\r\nsec-websocket-version: 13`);
    await server.query(chat);
    await request(server.url, { method: "PUT" });
    await request(new URL("/healthz", server.url).href, { method: "POST" });
    const page = await scrapeAfter(server.url, 2);
    const counts = page.samples.flatMap(({ name, labels, value }) => (name === refused ? [[labels.code, value]] : []));
    expect(Object.fromEntries(counts)).toEqual({ 404: 2, 400: 1, handshake: 1 });
    expect(upstream.requests).toHaveLength(1);
  });
});

describe("labels", () => {
  test("are only models that the upstream has answered for", async () => {
    const upstream = await startUpstream(json(chatAnswer));
    const server = await startTestServer(upstream.url, { MAX_RETRIES: "0" });
    await server.query(chat.replace('"m"', '"good"'));
    upstream.answer = failure(404, {});
    await server.query(chat.replace('"m"', '"invented"'));
    const page = await scrapeAfter(server.url, 2);
    const count = "gen_ai_client_operation_duration_seconds_count";
    expect(page.value(count, { gen_ai_request_model: "good" })).toBe(1);
    expect(page.value(count, { gen_ai_request_model: "other", error_type: "404" })).toBe(1);
    expect(page.text).not.toContain("invented");
  });

  test("are a hundred models at most, also where the upstream answers for every name", async () => {
    const upstream = await startUpstream(json({ ...chatAnswer, usage }));
    const server = await startTestServer(upstream.url, { MAX_PAID_FIELDS: "20" });
    for (let batch = 0; batch < 6; batch++) {
      const fields = Array.from({ length: 20 }, (_, index) => {
        const input = `model: "model-${batch}-${index}", prompt: "p"`;
        return `f${index}: complete(input: { ${input} }) { text }`;
      });
      await server.query(`mutation Name${batch} { ${fields.join(" ")} }`);
    }
    const page = await scrapeAfter(server.url, 6);
    const models = new Set(page.samples.map(({ labels }) => labels.gen_ai_request_model));
    models.delete(undefined as unknown as string);
    expect(models.size).toBe(101);
    expect(page.value("gen_ai_client_operation_duration_seconds_count", { gen_ai_request_model: "other" })).toBe(20);
    expect(page.text).not.toMatch(/Name\d/);
    expect(upstream.requests).toHaveLength(120);
  });

  test("do not grow by 10,000 invented models, operation names, ids and aliases", async () => {
    const metrics = createMetrics(() => ({ connected: 0, running: 0, queued: 0 }));
    const run = (index: number) => {
      const record = new OperationRecord({ requestId: `id-${index}`, transport: "http" }, [metrics.observer]);
      record.type = "mutation";
      record.nameAs(`Name${index}`);
      const field = record.beginField(`alias${index}`, "chat");
      const call = field.beginCall(CHAT_COMPLETIONS, `model-${index}`);
      call.admitted();
      call.attemptBegins();
      call.answerBegins(200, `req_${index}`, false);
      call.received({ usage, model: `answered-${index}` });
      call.ended();
      field.beginCall(MODEL, `model-${index}`).ended();
      record.end(false);
    };
    const count = async () =>
      readScrape(String((await metrics.read()).text)).samples.filter(({ name }) => !/^(nodejs|process)_/.test(name));
    for (let index = 0; index < 101; index++) run(index);
    const before = (await count()).length;
    for (let index = 101; index < 10_101; index++) run(index);
    const after = await count();
    expect(after).toHaveLength(before);
    expect(after.find(({ name }) => name === "graphql_operations_total")?.value).toBe(10_101);
  });

  test("and values hold nothing that a client has said", async () => {
    const secret = "MARKER-7f3a9c2e5b";
    const upstream = await startUpstream(json({ ...chatAnswer, usage }));
    const server = await startTestServer(upstream.url, {
      OPENAI_API_KEY: `sk-${secret}`,
      CLIENT_KEYS: `[{"id":"caller-${secret}","key":"key-${secret}"}]`,
    });
    const input = `model: "m", messages: [{ role: USER, content: "${secret}" }], user: "${secret}"`;
    const headers = { authorization: `Bearer key-${secret}`, "x-request-id": secret };
    const query = `mutation M7f3a { a7f3a: chat(input: { ${input} }) { text } }`;
    expect((await server.query(query, {}, { headers })).body.errors).toBeUndefined();
    await server.query(`{ f7f3a }`, {}, { headers });
    const { text } = await scrapeAfter(server.url, 2);
    // The operator has chosen the id.
    expect(text.replaceAll(`caller="caller-${secret}"`, "")).not.toContain("7f3a");
  });
});

describe("who may read them", () => {
  test.each(["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"])(
    "nobody through a proxy that says so by %s",
    async (name) => {
      const upstream = await startUpstream(json(chatAnswer));
      const server = await startTestServer(upstream.url);
      const answer = await request(metricsOf(server.url), { headers: { [name]: "1.1 proxy" } });
      expect(answer.status).toBe(403);
      expect(answer.text).not.toContain("process_");
    },
  );

  test("whoever reaches the port, without a key; by GET and HEAD alone", async () => {
    const upstream = await startUpstream(json(chatAnswer));
    const server = await startTestServer(upstream.url, { CLIENT_KEYS: '[{"id":"a","key":"k-0123456789abcdef"}]' });
    expect((await request(metricsOf(server.url))).status).toBe(200);
    expect(await request(metricsOf(server.url), { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
    const posted = await request(metricsOf(server.url), { method: "POST", body: "x" });
    expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect(posted.headers.get("x-request-id")).toBeTruthy();
  });

  test("METRICS_PORT: there and not on the public port", async () => {
    const upstream = await startUpstream(json(chatAnswer));
    const server = await startTestServer(upstream.url, { METRICS_PORT: "0" });
    await server.query(chat);
    expect((await request(metricsOf(server.url))).status).toBe(404);
    const own = server.metricsUrl ?? "";
    expect(new URL(own).port).not.toBe(new URL(server.url).port);
    await expect.poll(async () => (await scrape(own)).value("graphql_operations_total", { code: "OK" }), soon).toBe(1);
    expect((await request(own.replace("metrics", "graphql"), { method: "POST" })).status).toBe(404);
    await server.stop();
    await expect(fetch(own)).rejects.toThrow();
  });

  test("METRICS=false: nobody", async () => {
    const upstream = await startUpstream(json(chatAnswer));
    const server = await startTestServer(upstream.url, { METRICS: "false" });
    expect((await server.query(chat)).body.errors).toBeUndefined();
    expect((await request(metricsOf(server.url))).status).toBe(404);
  });
});

describe("the dashboard", () => {
  const dashboard = JSON.parse(readFileSync(new URL("../../deploy/grafana-dashboard.json", import.meta.url), "utf8"));
  const expressions: string[] = dashboard.panels.flatMap(({ targets = [] }: { targets?: { expr: string }[] }) =>
    targets.map(({ expr }) => expr),
  );
  for (const { definition } of dashboard.templating.list) if (definition) expressions.push(definition);
  const METRIC = /\b(?:gen_ai|graphql|upstream|limiter|nodejs|process)_\w+/g;

  /** A server that has counted something of everything. */
  async function exercise(): Promise<Scrape> {
    const upstream = await startUpstream(inTurn(json({ ...chatAnswer, usage }), failure(400, {}), streams(hello)));
    const server = await startTestServer(upstream.url);
    await server.query(chat);
    await server.query(chat);
    await (await subscribeSse(server.url)).ended;
    await request(new URL("/elsewhere", server.url).href);
    return scrapeAfter(server.url, 3);
  }

  test("shows no metric and no label that the server does not export, and every one of its own", async () => {
    const page = await exercise();
    const families = [...page.types].flatMap(([name, type]) =>
      type === "histogram" || type === "summary" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    );
    expect(expressions.length).toBeGreaterThan(20);
    const shown = new Set<string>();
    for (const expression of expressions) {
      // The labels that stand in selectors, in `by` and in label_values are no metrics.
      const bare = expression.replace(/\{[^}]*\}/g, "").replace(/\bby \([^)]*\)/g, "");
      const metrics = bare.match(METRIC) ?? [];
      expect(metrics, expression).not.toEqual([]);
      for (const metric of metrics) {
        expect(families, expression).toContain(metric);
        shown.add(metric.replace(/_(?:bucket|sum|count)$/, ""));
        const selectors = [...expression.matchAll(/([a-z_]+)(?:=~|!~|!=|=)"/g)].map(([, label]) => label);
        const groups = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(", "));
        const known = page.samples.filter(({ name }) => name === metric).flatMap(({ labels }) => Object.keys(labels));
        // Garbage may not have been collected yet.
        if (known.length === 0 && metric.startsWith("nodejs_gc_")) continue;
        for (const label of [...selectors, ...groups]) {
          expect(["job", "instance", ...known], `${label} in ${expression}`).toContain(label);
        }
      }
    }
    const own = [...page.types.keys()].filter((name) => !/^(?:nodejs|process)_/.test(name));
    expect(own.filter((name) => !shown.has(name))).toEqual([]);
  });

  test("has panels that do not lie over one another, with ids of their own", () => {
    const panels: { id: number; gridPos: { x: number; y: number; w: number; h: number } }[] = dashboard.panels;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
  });
});
