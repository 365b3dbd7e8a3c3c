// An endpoint that only this file defines: the guard and the telemetry need nothing but its definition.
import { describe, expect, test } from "vitest";
import { defineEndpoint } from "../../src/openai/client/endpoint.ts";
import { openGuarded, signal } from "../support/guarded.ts";
import { done, event, streams } from "../support/stream.ts";
import { failure, json, startUpstream } from "../support/upstream.ts";

/** Costs a token a letter, and reports it in a way of its own. */
const RHYMES = defineEndpoint({
  method: "POST",
  path: "/rhymes",
  modelIn: "body",
  isPaid: true,
  operationName: "rhyme",
  estimate: ({ json }) => ({ prompt: wordOf(json).length, output: 100, choices: 1, isCapped: true }),
  readUsage: (answer) => {
    const { cost } = answer as { cost?: number };
    return cost === undefined ? undefined : { input: 1, output: cost - 1, total: cost };
  },
  countOutput: (answer) => (answer as { rhyme?: string }).rhyme?.length ?? 0,
  hasOutput: (answer) => (answer as { rhyme?: string }).rhyme !== undefined,
});

const PRIVATE = defineEndpoint({
  method: "GET",
  path: "/poems/{id}",
  modelIn: "nowhere",
  isPaid: false,
  isShared: false,
});
const SHARED = defineEndpoint({ method: "GET", path: "/poems", modelIn: "nowhere", isPaid: false, isShared: true });

const wordOf = (body: unknown) => (body as { word: string }).word;
const request = { endpoint: RHYMES, json: { model: "poet", word: "night" } };
const genAi = { gen_ai_operation_name: "rhyme", gen_ai_request_model: "poet" };

describe("a paid endpoint", () => {
  test.each([
    ["by its report", { rhyme: "light", cost: 42 }, 42],
    ["by its output if it reports nothing", { rhyme: "light" }, 5 + 5],
  ])("is admitted, reserved, and settled %s", async (_, answer, settled) => {
    let reserved: number | undefined;
    const upstream = await startUpstream(async (...parameters) => {
      reserved = await readTokens();
      return json(answer)(...parameters);
    });
    const { operate, readTokens, readMetrics, loggedCalls } = openGuarded(upstream.url, { tokensPerDay: 1_000 });
    expect(await operate((client) => client.request(request, signal()))).toEqual(answer);
    expect(upstream.requests).toMatchObject([{ method: "POST", path: "/v1/rhymes" }]);
    expect([reserved, await readTokens()]).toEqual([105, settled]);

    const page = await readMetrics();
    expect(page.value("limiter_decisions_total", { decision: "ADMITTED" })).toBe(1);
    expect(page.value("upstream_attempts_total", { endpoint: "POST /rhymes", result: "200" })).toBe(1);
    expect(page.value("gen_ai_client_operation_duration_seconds_count", genAi)).toBe(1);
    const output = page.value("gen_ai_client_token_usage_sum", { ...genAi, gen_ai_token_type: "output" });
    expect(output).toBe("cost" in answer ? 41 : undefined);
    expect(loggedCalls()).toMatchObject([{ endpoint: "POST /rhymes", model: "poet", status: 200 }]);
  });

  test("may stream; its first output is timed and its last report counts", async () => {
    const upstream = await startUpstream(
      streams(event({ cost: 3 }), event({ rhyme: "light" }), event({ cost: 42 }), done),
    );
    const { operate, readTokens, readMetrics } = openGuarded(upstream.url, { tokensPerDay: 1_000 });
    const events = await operate(async (client) => {
      const all: unknown[] = [];
      await client.stream(request, signal(), (batch) => void all.push(...batch));
      return all;
    });
    expect(events).toEqual([{ cost: 3 }, { rhyme: "light" }, { cost: 42 }]);
    expect(await readTokens()).toBe(42);
    expect((await readMetrics()).value("gen_ai_server_time_to_first_token_seconds_count", genAi)).toBe(1);
  });

  test.each([
    ["the model", { models: ["prose*"] }, "FORBIDDEN"],
    ["the budget", { tokensPerDay: 104 }, "BUDGET_EXCEEDED"],
  ])("is refused for %s before anything is sent", async (_, limits, code) => {
    const upstream = await startUpstream(json({}));
    const { operate, readTokens, readMetrics } = openGuarded(upstream.url, limits);
    const refused = operate((client) => client.request(request, signal()));
    await expect(refused).rejects.toMatchObject({ extensions: { code } });
    expect((await readMetrics()).value("limiter_decisions_total", { decision: code })).toBe(1);
    expect([upstream.requests.length, await readTokens()]).toEqual([0, 0]);
  });

  test("costs nothing if the upstream refuses it", async () => {
    const upstream = await startUpstream(failure(400, {}));
    const { operate, readTokens } = openGuarded(upstream.url, { tokensPerDay: 1_000 });
    await expect(operate((client) => client.request(request, signal()))).rejects.toThrow();
    expect(await readTokens()).toBe(0);
  });
});

describe("a free endpoint", () => {
  const get = { endpoint: PRIVATE, pathParameters: { id: "a b" } };

  test("costs nothing, names no model, and has no generative metrics", async () => {
    const upstream = await startUpstream(json({ usage: { total_tokens: 5 } }));
    const { operate, readTokens, readMetrics, loggedCalls } = openGuarded(upstream.url, { models: ["m"] });
    await operate((client) => client.request(get, signal()));
    expect(upstream.requests).toMatchObject([{ method: "GET", path: "/v1/poems/a%20b" }]);
    expect(await readTokens()).toBe(0);
    const page = await readMetrics();
    expect(page.value("upstream_attempts_total", { endpoint: "GET /poems/{id}" })).toBe(1);
    expect(page.samples.filter(({ name }) => name.startsWith("gen_ai"))).toEqual([]);
    expect(loggedCalls()).toMatchObject([{ endpoint: "GET /poems/{id}", status: 200 }]);
  });

  test.each([
    ["is kept if it is right for every caller", { endpoint: SHARED }, 1],
    ["is not kept otherwise", get, 2],
  ])("its answer %s", async (_, request, calls) => {
    const upstream = await startUpstream(json({ id: "a" }));
    const { operate } = openGuarded(upstream.url);
    for (let time = 0; time < 2; time++) await operate((client) => client.request(request, signal()));
    expect(upstream.requests).toHaveLength(calls);
  });
});
