// What images cost: reserved by their number, settled by what is reported, or else by what came and the time it took.
import { describe, expect, test, vi } from "vitest";
import { IMAGE_EDITS } from "../../src/openai/images/edits.ts";
import { IMAGE_GENERATIONS } from "../../src/openai/images/generations.ts";
import { openGuarded, signal } from "../support/guarded.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { startServed } from "../support/served-upstream.ts";
import type { TestServer } from "../support/server.ts";
import { done, event, streams, streamsThen } from "../support/stream.ts";
import { subscribeSse } from "../support/subscribe.ts";
import { type Answer, failure, json, startUpstream } from "../support/upstream.ts";

const images = 'images: ["data:image/png;base64,aGk="]';
const fields = [
  ["imageGenerations", ""],
  ["imageEdits", images],
] as const;
const mutation = (field: string, input: string) => `mutation { ${field}(input: { prompt: "x" ${input} }) { created } }`;
const subscription = (field: string, input: string) =>
  `subscription { ${field}(input: { prompt: "x" ${input} }) { type } }`;

const usageOf = (total_tokens: number) => ({ total_tokens, input_tokens: 10, output_tokens: total_tokens - 10 });
const picture = { b64_json: "aGk=" };
const partial = event({ type: "image_generation.partial_image", partial_image_index: 0, ...picture });
const complete = (usage?: object) => event({ type: "image_generation.completed", ...picture, usage });

const start = (answer: Answer, limits: Record<string, unknown> = { tokensPerDay: 1_000_000 }, environment = {}) =>
  startServed(answer, { ...aliceWith(limits), MAX_RETRIES: "0", ...environment });

async function readTokens(server: TestServer): Promise<number> {
  const { body } = await server.query("{ viewer { used { tokens } } }", {}, alice);
  return body.data.viewer.used.tokens;
}

async function stream(server: TestServer, query: string) {
  const { authorization } = alice.headers;
  return subscribeSse(server.url, query, undefined, { authorization });
}

describe.each(fields)("%s", (field, more) => {
  test.each([
    [mutation(field, more), 8_000],
    [mutation(field, `${more}, n: 3`), 24_000],
    [subscription(field, `${more}, n: 2, partialImages: 3`), 16_600],
  ])("%s is reserved as a whole", async (query, expected) => {
    let reserved = 0;
    const { server } = await start(async (...parameters) => {
      reserved = await readTokens(server);
      return json({ data: [picture], usage: usageOf(50) })(...parameters);
    });
    await (query.startsWith("mutation") ? server.query(query, {}, alice) : (await stream(server, query)).ended);
    expect([reserved, await readTokens(server)]).toEqual([expected, 50]);
    const poor = await start(json({ data: [picture] }), { tokensPerDay: expected - 1 });
    const { results, ended } = await stream(
      poor.server,
      query.replace("mutation", "subscription").replace("created", "type"),
    );
    await ended;
    expect(results).toMatchObject([{ errors: [{ extensions: { code: "BUDGET_EXCEEDED" } }] }]);
    expect(poor.upstream.requests).toEqual([]);
  });

  test.each<[string, object, number]>([
    ["by its report", { data: [picture, picture], usage: usageOf(5_000) }, 5_000],
    ["as estimated if there is none", { data: [picture, picture] }, 24_000],
  ])("a whole answer is settled %s", async (_, body, tokens) => {
    const { server } = await start(json(body));
    await server.query(mutation(field, `${more}, n: 3`), {}, alice);
    expect(await readTokens(server)).toBe(tokens);
  });

  test.each<[string, string[], number]>([
    ["by its report", [partial, complete(usageOf(5_000))], 5_000],
    ["by all reports together", [complete(usageOf(5_000)), partial, complete(usageOf(3_000)), done], 8_000],
    [
      "by the report of the last event, without a picture",
      [complete(), complete(), event({ type: "x.completed", usage: usageOf(70) })],
      70,
    ],
    ["by the pictures that came if there is none", [partial, partial, complete(), complete()], 16_200],
    [
      "by the pictures that came, whatever their events are called",
      [event({ data: [picture] }), event(picture)],
      16_000,
    ],
    ["by both, picture by picture", [complete(usageOf(5_000)), partial, complete()], 13_100],
    [
      "with a count so far that the end replaces",
      [event({ ...JSON.parse(partial.slice(6)), usage: usageOf(110) }), complete(usageOf(400))],
      400,
    ],
  ])("a stream is settled %s", async (_, events, tokens) => {
    const { server } = await start(streams(...events));
    await (await stream(server, subscription(field, `${more}, n: 2, partialImages: 3`))).ended;
    expect(await readTokens(server)).toBe(tokens);
  });

  test("a client that leaves after an unfinished picture pays for it and for the time, as the picture may be made", async () => {
    const { upstream, server } = await start(streamsThen(partial, () => {}));
    const left = await stream(server, subscription(field, `${more}, partialImages: 3`));
    await left.next();
    const seenAt = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 600));
    const waitedMs = performance.now() - seenAt;
    left.leave();
    await upstream.requests[0]?.closed;
    await vi.waitUntil(async () => (await readTokens(server)) < 8_300);
    const tokens = await readTokens(server);
    expect(tokens).toBeGreaterThanOrEqual(100 + Math.floor(waitedMs / 4));
    expect(tokens).toBeLessThan(2_000);
  });

  test("one that leaves after the first of two pictures pays for it and for the time since", async () => {
    const { upstream, server } = await start(streamsThen(complete(usageOf(5_000)), () => {}));
    const left = await stream(server, subscription(field, `${more}, n: 2`));
    await left.next();
    await new Promise((resolve) => setTimeout(resolve, 400));
    left.leave();
    await upstream.requests[0]?.closed;
    await vi.waitUntil(async () => (await readTokens(server)) < 16_000);
    expect(await readTokens(server)).toBeGreaterThanOrEqual(5_000 + 2 * 100);
    expect(await readTokens(server)).toBeLessThan(8_000);
  });

  test("a refusal costs nothing, and a broken stream what it may have cost", async () => {
    const refused = await start(failure(400, {}));
    await refused.server.query(mutation(field, more), {}, alice);
    expect(await readTokens(refused.server)).toBe(0);
    const broken = await start(streamsThen(partial, (_, socket) => socket.destroy()));
    await (await stream(broken.server, subscription(field, `${more}, partialImages: 1`))).ended;
    expect(await readTokens(broken.server)).toBeGreaterThanOrEqual(100);
  });

  test("only the caller's models pass, and none where it names none", async () => {
    const { upstream, server } = await start(json({ data: [picture] }), { models: ["gpt-image-*"] });
    for (const input of [more, `${more}, model: "dall-e-3"`]) {
      const { body } = await server.query(mutation(field, input), {}, alice);
      expect(body.errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    }
    expect(upstream.requests).toEqual([]);
    const { body } = await server.query(mutation(field, `${more}, model: "gpt-image-2"`), {}, alice);
    expect(body.errors).toBeUndefined();
  });

  test("requests and calls at once are limited as for any other call", async () => {
    const { server } = await start(json({ data: [picture] }), { requestsPerMinute: 1 });
    expect((await server.query(mutation(field, more), {}, alice)).body.errors).toBeUndefined();
    expect((await server.query(mutation(field, more), {}, alice)).body.errors).toMatchObject([
      { extensions: { code: "RATE_LIMITED" } },
    ]);
    const busy = await start(
      streamsThen(partial, () => {}),
      { maxConcurrent: 1 },
    );
    await (await stream(busy.server, subscription(field, more))).next();
    const second = await stream(busy.server, subscription(field, more));
    expect(await second.next()).toMatchObject({ errors: [{ extensions: { code: "RATE_LIMITED" } }] });
  });

  test("a failed call is repeated by the rules of all calls", async () => {
    let calls = 0;
    const answer: Answer = (...parameters) =>
      calls++ === 0
        ? failure(500, {}, { "retry-after-ms": "1" })(...parameters)
        : json({ data: [picture] })(...parameters);
    const { upstream, server } = await start(answer, {}, { MAX_RETRIES: "1" });
    expect((await server.query(mutation(field, more), {}, alice)).body.errors).toBeUndefined();
    expect(upstream.requests).toHaveLength(2);
    expect(upstream.requests[0]?.body.length).toBe(upstream.requests[1]?.body.length);
  });
});

test.each([
  [IMAGE_GENERATIONS, { json: { model: "m", stream: true } }, "image_generation"],
  [IMAGE_EDITS, { multipart: { model: "m", stream: "true" } }, "image_edit"],
] as const)(
  "the telemetry of a stream has its first picture and all of its tokens: $name",
  async (endpoint, body, operation) => {
    const upstream = await startUpstream(streams(partial, complete(usageOf(50)), complete(usageOf(30))));
    const { operate, readMetrics, loggedCalls } = openGuarded(upstream.url);
    await operate((client) => client.stream({ endpoint, ...body }, signal(), () => undefined));
    const page = await readMetrics();
    const genAi = { gen_ai_operation_name: operation, gen_ai_request_model: "m" };
    expect(page.value("gen_ai_server_time_to_first_token_seconds_count", genAi)).toBe(1);
    expect(page.value("gen_ai_client_token_usage_sum", { ...genAi, gen_ai_token_type: "output" })).toBe(60);
    expect(loggedCalls()).toMatchObject([{ endpoint: endpoint.name, model: "m", status: 200 }]);
  },
);
