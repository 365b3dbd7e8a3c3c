// /metrics with WORKERS: whichever worker answers, the page has the sum of all of them.
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { chat, chatAnswer } from "../support/calls.ts";
import { type Scrape, scrape } from "../support/metrics.ts";
import { listChildren, startProcess } from "../support/process.ts";
import { request } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

const usage = { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 };
const tokens = "gen_ai_client_token_usage_sum";
/** Longer than a page is kept. */
const soon = { timeout: 5_000 };

/** Each request has a connection of its own: connections are what the workers are given in turn. */
function post(url: string) {
  return request(url, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close" },
    body: JSON.stringify({ query: chat }),
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function startWorkers(environment: Record<string, string> = {}) {
  const upstream = await startUpstream(json({ ...chatAnswer, usage }));
  const server = startProcess({
    PORT: "0",
    WORKERS: "2",
    OPENAI_BASE_URL: upstream.url,
    OPENAI_API_KEY: "sk-a",
    ...environment,
  });
  const url = await server.url;
  return { upstream, server, url, metricsUrl: new URL("/metrics", url).href };
}

function operationsOf(page: Scrape): number {
  return page.value("graphql_operations_total", { transport: "http", type: "mutation", code: "OK" }) ?? 0;
}

/** The ids of the processes that have logged an operation. */
function workersThatAnswered(output: string): Set<number> {
  const lines = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return new Set(lines.filter(({ msg }) => msg === "operation").map(({ pid }) => pid));
}

test("PORT and METRICS_PORT: what both have answered adds up exactly", async () => {
  const metricsPort = await freePort();
  const { upstream, server, url } = await startWorkers({ METRICS_PORT: String(metricsPort) });
  const metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
  for (let count = 0; count < 9; count++) expect((await post(url)).status).toBe(200);
  await expect.poll(async () => operationsOf(await scrape(metricsUrl)), soon).toBe(9);
  expect(workersThatAnswered(server.output())).toEqual(new Set(listChildren(server.child)));
  // Each of several scrapes, whichever worker it reaches.
  for (let count = 0; count < 4; count++) {
    const page = await scrape(metricsUrl);
    expect(operationsOf(page)).toBe(9);
    expect(page.value(tokens, { gen_ai_token_type: "input" })).toBe(45);
    expect(page.value("gen_ai_client_operation_duration_seconds_count")).toBe(9);
    expect(page.value("gen_ai_client_operation_duration_seconds_bucket", { le: "+Inf" })).toBe(9);
    expect(page.value("upstream_attempts_total", { result: "200" })).toBe(9);
    expect(page.value("upstream_pool_requests", { state: "running" })).toBe(0);
    expect(page.value("process_start_time_seconds")).toBeGreaterThan(1.7e9);
    expect(page.value("nodejs_eventloop_lag_p99_seconds")).toBeLessThan(10);
    expect(new Set(page.types.values())).toEqual(new Set(["counter", "gauge", "histogram"]));
  }
  expect((await request(new URL("/metrics", url).href)).status).toBe(404);
  expect(upstream.requests).toHaveLength(9);
});

test.each(["SIGTERM", "SIGKILL"] as const)("no sum goes backwards when a worker ends by %s", async (signal) => {
  const { server, url, metricsUrl } = await startWorkers();
  for (let count = 0; count < 6; count++) expect((await post(url)).status).toBe(200);
  await expect.poll(async () => operationsOf(await scrape(metricsUrl)), soon).toBe(6);
  const before = await scrape(metricsUrl);
  if (signal === "SIGTERM") {
    // Counted after the last scrape: a worker that may say so tells them when it leaves.
    for (let count = 0; count < 2; count++) expect((await post(url)).status).toBe(200);
  }
  const told = signal === "SIGTERM" ? 8 : 6;
  const [ended = 0, other = 0] = listChildren(server.child);
  process.kill(ended, signal);
  await server.printed("A worker ended");
  await expect.poll(() => listChildren(server.child).filter((pid) => pid !== ended && pid !== other)).toHaveLength(1);
  await expect.poll(async () => operationsOf(await scrape(metricsUrl)), soon).toBe(told);
  for (let count = 0; count < 4; count++) expect((await post(url)).status).toBe(200);
  await expect.poll(async () => operationsOf(await scrape(metricsUrl)), soon).toBe(told + 4);
  const after = await scrape(metricsUrl);
  const isTotal = (name: string) =>
    ["counter", "histogram"].includes(before.types.get(name.replace(/_(?:sum|count|bucket)$/, "")) ?? "");
  const totals = before.samples.filter(({ name }) => isTotal(name));
  expect(totals.length).toBeGreaterThan(50);
  for (const { name, labels, value } of totals) expect(after.value(name, labels), name).toBeGreaterThanOrEqual(value);
});
