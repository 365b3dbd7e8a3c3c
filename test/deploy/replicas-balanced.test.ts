// Two processes with one Redis behind a round-robin balancer, under load: one is killed, or both are replaced in turn.
import { describe, expect, test } from "vitest";
import { startBalancer } from "../support/balancer.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { startProcess } from "../support/process.ts";
import { hasRedis, startRedis } from "../support/redis.ts";
import { chunk, done, event, openStream, write } from "../support/stream.ts";
import { json, type ReceivedRequest, startUpstream } from "../support/upstream.ts";

interface Asked {
  nonce: string;
  /** The replica that the balancer chose; null where there was none. */
  replica: string | null;
  status: number;
  text: string;
}

const nonceOf = (request: ReceivedRequest) => /nonce-\d+/.exec(request.body.toString())?.[0] ?? "";

/** An upstream that takes its time and answers with the nonce it was sent, whole or streamed. */
function startEcho() {
  return startUpstream(async (request, res, req) => {
    const nonce = nonceOf(request);
    const isStream = (request.json() as { stream?: boolean }).stream;
    if (isStream) {
      openStream(res);
      await write(res, event(chunk("<")));
    }
    await new Promise((resolve) => setTimeout(resolve, 30));
    const choices = [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: `<${nonce}>` } }];
    if (!isStream) return json({ id: "chatcmpl-1", choices })(request, res, req);
    await write(res, event(chunk(nonce)) + event(chunk(">", "stop")) + done);
    res.end();
  });
}

async function startReplicas(environment: Record<string, string>, limits: Record<string, unknown> = {}) {
  const upstream = await startEcho();
  const redis = await startRedis();
  const balancer = await startBalancer();
  /** Starts a replica and has the balancer send to it. */
  const start = async () => {
    const replica = startProcess({
      NODE_ENV: "production",
      PORT: "0",
      OPENAI_BASE_URL: upstream.url,
      REDIS_URL: redis.url,
      MAX_RETRIES: "0",
      ...aliceWith(limits),
      ...environment,
    });
    const url = await replica.url;
    balancer.add(url);
    return { ...replica, url };
  };
  return { upstream, balancer, start };
}

let asked = 0;

/** Asks for a chat, every other time as a stream; never rejects. A connection that breaks has the status 0. */
async function ask(url: string): Promise<Asked> {
  const nonce = `nonce-${++asked}`;
  const kind = asked % 2 ? "mutation" : "subscription";
  const query = `${kind} { chat(input: { model: "m", messages: [{ role: USER, content: "${nonce}" }] }) { text } }`;
  const headers = {
    ...alice.headers,
    "content-type": "application/json",
    accept: kind === "mutation" ? "application/json" : "text/event-stream",
  };
  let replica: string | null = null;
  try {
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
    replica = response.headers.get("x-replica");
    return { nonce, replica, status: response.status, text: await response.text() };
  } catch {
    return { nonce, replica, status: 0, text: "" };
  }
}

/** Whether it was answered whole, with its own nonce. */
function isServed({ nonce, status, text }: Asked): boolean {
  const texts = [...text.matchAll(/"text":"([^"]*)"/g)].map(([, part]) => part).join("");
  const isWhole = text.startsWith("{") || text.endsWith("event: complete\ndata:\n\n");
  return status === 200 && isWhole && texts === `<${nonce}>`;
}

/** Keeps `concurrency` calls under way until it is told to end; yields all of them. */
function startLoad(url: string, concurrency: number) {
  const calls: Asked[] = [];
  let isEnding = false;
  const runs = Array.from({ length: concurrency }, async () => {
    while (!isEnding) calls.push(await ask(url));
  });
  return {
    calls,
    async end() {
      isEnding = true;
      await Promise.all(runs);
      return calls;
    },
  };
}

/** Resolves when `count` more calls have ended. */
async function more(calls: Asked[], count: number): Promise<void> {
  const goal = calls.length + count;
  await expect.poll(() => calls.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(goal);
}

describe.skipIf(!hasRedis)("behind a balancer", { timeout: 90_000 }, () => {
  test("one that is killed under load takes none of the other's answers with it", async () => {
    const { upstream, balancer, start } = await startReplicas({});
    const [survivor, killed] = [await start(), await start()];
    const { calls, end } = startLoad(balancer.url, 16);
    await more(calls, 100);
    killed.child.kill("SIGKILL");
    await killed.ended;
    await more(calls, 100);
    await end();
    for (const replica of [survivor, killed]) {
      expect(calls.filter((call) => isServed(call) && call.replica === replica.url).length).toBeGreaterThan(40);
    }
    const unserved = calls.filter((call) => !isServed(call));
    expect(unserved.filter(({ replica }) => replica !== killed.url)).toEqual([]);
    const arrived = upstream.requests.map(nonceOf);
    expect(new Set(arrived).size).toBe(arrived.length);
  });

  test("a limit holds over both, and over the death of one", async () => {
    const { upstream, balancer, start } = await startReplicas({}, { requestsPerMinute: 30 });
    const [, killed] = [await start(), await start()];
    const { calls, end } = startLoad(balancer.url, 8);
    await more(calls, 12);
    killed.child.kill("SIGKILL");
    await more(calls, 60);
    await end();
    expect(upstream.requests.length).toBeLessThanOrEqual(30);
    expect(calls.filter(isServed).length).toBeLessThanOrEqual(upstream.requests.length);
    expect(calls.filter(isServed).length).toBeGreaterThanOrEqual(12);
    expect(calls.at(-1)?.text).toContain("RATE_LIMITED");
  });

  test("both are replaced in turn, by SIGTERM, and no answer is lost or paid for twice", async () => {
    const { upstream, balancer, start } = await startReplicas({ DRAIN_DELAY_MS: "2000" });
    const old = [await start(), await start()];
    const { calls, end } = startLoad(balancer.url, 8);
    const urls = new Set(old.map(({ url }) => url));
    for (const replica of old) {
      await more(calls, 40);
      replica.child.kill("SIGTERM");
      const next = await start();
      urls.add(next.url);
      expect(await replica.ended).toBe(0);
    }
    await more(calls, 40);
    await end();
    expect(calls.filter((call) => !isServed(call))).toEqual([]);
    expect(new Set(calls.map(({ replica }) => replica))).toEqual(urls);
    expect(upstream.requests.map(nonceOf).sort()).toEqual(calls.map(({ nonce }) => nonce).sort());
  });
});
