// WORKERS: several processes on one port start, reload and stop together, and survive crashes.
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { chat, chatAnswer } from "../support/calls.ts";
import { aliceWith } from "../support/keys.ts";
import { isAlive, listChildren, startProcess } from "../support/process.ts";
import { hasRedis, startRedis } from "../support/redis.ts";
import { request } from "../support/server.ts";
import { chunk, done, event, streamsThen, write } from "../support/stream.ts";
import { subscribeSse, subscribeWs, summary } from "../support/subscribe.ts";
import { type Answer, json, startUpstream } from "../support/upstream.ts";

/** Sends an operation on a connection of its own: connections are what the workers are given in turn. */
function post(url: string, headers: Record<string, string> = {}) {
  return request(url, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close", ...headers },
    body: JSON.stringify({ query: chat }),
  });
}

async function startWorkers(answer: Answer, environment: Record<string, string> = {}) {
  const upstream = await startUpstream(answer);
  const server = startProcess({ PORT: "0", WORKERS: "2", OPENAI_BASE_URL: upstream.url, ...environment });
  return { upstream, server, url: await server.url };
}

/** Gives `answer` only once it is released; `all` resolves when `count` requests have arrived. */
function heldBack(answer: Answer, count: number) {
  let arrived = 0;
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let arrive = () => {};
  const all = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const holding: Answer = async (...parameters) => {
    if (++arrived === count) arrive();
    await released;
    return answer(...parameters);
  };
  return { answer: holding, all, release };
}

function countOf(words: string, text: string): number {
  return text.split(words).length - 1;
}

test("they start with one line and one sandbox, and answer on one port", async () => {
  const server = startProcess({ PORT: "0", WORKERS: "2" });
  const url = await server.url;
  expect(listChildren(server.child)).toHaveLength(2);
  const answers = await Promise.all(Array.from({ length: 6 }, () => post(url)));
  // The sandbox knows the models it has, and says so.
  for (const { body } of answers) expect(body.errors[0].extensions.code).toBe("UPSTREAM_NOT_FOUND");
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  const lines = server
    .output()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const [begun, ...rest] = lines.filter(({ msg }) => msg !== "operation").map(({ msg }) => msg);
  expect(begun).toMatch(/^OpenAI GraphQL server at \S+ by 2 workers on the built-in sandbox/);
  expect(rest).toEqual([expect.stringMatching(/^SIGTERM: /)]);
});

test("one that is killed is replaced; meanwhile the other answers", async () => {
  const { server, url } = await startWorkers(json(chatAnswer));
  const [killed = 0, other] = listChildren(server.child);
  process.kill(killed, "SIGKILL");
  await vi.waitFor(() => expect(server.output()).toContain("A worker ended (SIGKILL)."));
  for (let count = 0; count < 4; count++) expect((await post(url)).body.data.chat.text).toBe("hello");
  await vi.waitFor(() => expect(listChildren(server.child)).toHaveLength(2), 5_000);
  expect(listChildren(server.child)).toContain(other);
  expect(listChildren(server.child)).not.toContain(killed);
  expect(server.output()).not.toMatch(/\n\s+at /);
});

test("one that gets SIGTERM finishes what it has in flight and is replaced", async () => {
  const { answer, all, release } = heldBack(json(chatAnswer), 2);
  const { server, url } = await startWorkers(answer);
  const inFlight = [post(url), post(url)];
  await all;
  process.kill(listChildren(server.child)[0] ?? 0, "SIGTERM");
  release();
  for (const answered of inFlight) expect((await answered).body.data.chat.text).toBe("hello");
  await vi.waitFor(() => expect(server.output()).toContain("A worker ended (exit code 0)."), 10_000);
  for (let count = 0; count < 4; count++) expect((await post(url)).body.data.chat.text).toBe("hello");
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s: answers and streams in flight in each of them end whole, and all exit, with 0",
  async (signal) => {
    const rest = event(chunk("lo", "stop")) + done;
    const { answer, all, release } = heldBack(json(chatAnswer), 2);
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const streamed = streamsThen(event(chunk("Hel")), async (res) => {
      await finished;
      await write(res, rest);
      res.end();
    });
    const { server, url, upstream } = await startWorkers((received, ...parameters) =>
      (received.json() as { stream?: boolean }).stream
        ? streamed(received, ...parameters)
        : answer(received, ...parameters),
    );
    const children = listChildren(server.child);
    const streams = [await subscribeSse(url), await subscribeSse(url), await subscribeWs(url), await subscribeWs(url)];
    for (const stream of streams) await stream.next();
    const inFlight = [post(url), post(url)];
    await all;
    // As a terminal does, and systemd: all of them, not the primary alone.
    for (const pid of children) process.kill(pid, signal);
    server.child.kill(signal);
    await server.printed(signal);
    await expect
      .poll(() =>
        post(url).then(
          () => "served",
          () => "refused",
        ),
      )
      .toBe("refused");
    release();
    finish();
    for (const answered of inFlight) expect((await answered).body.data.chat.text).toBe("hello");
    for (const stream of streams) expect(await summary(stream)).toEqual(["Hel", "lo", "complete"]);
    expect(await server.ended).toBe(0);
    expect(children.filter(isAlive)).toEqual([]);
    expect(countOf(signal, server.output())).toBe(1);
    expect(server.output()).not.toContain("A worker ended");
    expect(upstream.requests.length).toBeGreaterThanOrEqual(6);
  },
);

test.each([
  ["a second signal", "SIGTERM", 1],
  ["the primary's death", "SIGKILL", "SIGKILL"],
] as const)("%s ends all of them at once", async (_, signal, how) => {
  const { answer, all } = heldBack(json(chatAnswer), 1);
  const { server, url } = await startWorkers(answer, { DRAIN_MS: "600000" });
  const children = listChildren(server.child);
  const cut = expect(post(url)).rejects.toThrow();
  await all;
  if (signal === "SIGTERM") {
    server.child.kill(signal);
    await server.printed(signal);
  }
  server.child.kill(signal);
  expect(await server.ended).toBe(how);
  await cut;
  await vi.waitFor(() => expect(children.filter(isAlive)).toEqual([]));
});

test("what keeps them from starting is said once, and they exit with 1", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => void other.close());
  const port = String((other.address() as AddressInfo).port);
  const server = startProcess({ PORT: port, WORKERS: "4" });
  expect(await server.ended).toBe(1);
  expect(countOf(port, server.output())).toBe(1);
  expect(server.output()).toMatch(
    /Set HOST, PORT or METRICS_PORT otherwise.*\nA worker ended \(exit code 1\) before it served\.\n$/,
  );
});

test("SIGHUP has each of them read the client keys' file again", async () => {
  const directory = mkdtempSync(join(tmpdir(), "workers-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "keys.json");
  writeFileSync(path, '[{"id":"a","key":"first-key-0123456789"}]');
  // No caller has limits here, so that Redis is never asked.
  const { server, url } = await startWorkers(json(chatAnswer), {
    CLIENT_KEYS_FILE: path,
    REDIS_URL: "redis://127.0.0.1:1",
  });
  const reports = () => countOf('"message":"CLIENT_KEYS_FILE is not JSON', server.output());
  expect((await post(url, { authorization: "Bearer first-key-0123456789" })).status).toBe(200);
  writeFileSync(path, "[");
  await vi.waitFor(() => expect(reports()).toBe(2), 5_000);
  server.child.kill("SIGHUP");
  await vi.waitFor(() => expect(reports()).toBe(4), 5_000);
  expect((await post(url, { authorization: "Bearer first-key-0123456789" })).status).toBe(200);
});

test("they share MAX_CONCURRENT", async () => {
  const { answer, all, release } = heldBack(json(chatAnswer), 4);
  const { url, upstream } = await startWorkers(answer, { MAX_CONCURRENT: "5" });
  let settled = 0;
  const calls = Array.from({ length: 12 }, () => post(url).finally(() => settled++));
  await all;
  await expect.poll(() => settled).toBe(8);
  release();
  const codes = (await Promise.all(calls)).map(({ body }) => body.errors?.[0].extensions.code ?? "served");
  expect(codes.filter((code) => code === "served")).toHaveLength(4);
  expect(codes.filter((code) => code === "OVERLOADED")).toHaveLength(8);
  expect(upstream.requests).toHaveLength(4);
});

test.skipIf(!hasRedis)("a caller's limit holds over all of them", async () => {
  const redis = await startRedis();
  const { url, upstream } = await startWorkers(json(chatAnswer), {
    REDIS_URL: redis.url,
    ...aliceWith({ requestsPerMinute: 5 }),
  });
  const answers = await Promise.all(
    Array.from({ length: 30 }, () => post(url, { authorization: "Bearer alice-key-0123456789" })),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(25);
  expect(upstream.requests).toHaveLength(5);
});
