// `extraBody`: off in production unless the operator allows it or some of its names, for all callers or for one; bounded.
import { describe, expect, test } from "vitest";
import { chatAnswer } from "../support/calls.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { startServed } from "../support/served-upstream.ts";
import { subscribeSse } from "../support/subscribe.ts";
import { json } from "../support/upstream.ts";

const production = { NODE_ENV: "production" };
const messages = [{ role: "USER", content: "hi" }];
const chat = "mutation ($input: ChatInput!) { chat(input: $input) { text } }";
const complete = "mutation ($input: CompleteInput!) { complete(input: $input) { text } }";

const start = (environment: Record<string, string>, limits: Record<string, unknown> = {}) =>
  startServed(json(chatAnswer), { ...aliceWith(limits), ...environment });
const asChat = (extraBody: object) => ({ input: { model: "m", messages, extraBody } });
const asComplete = (extraBody: object) => ({ input: { model: "m", prompt: "hi", extraBody } });

/** The fields that reached the upstream besides the schema's; or the code of the refusal. */
async function send(environment: Record<string, string>, limits: Record<string, unknown>, extraBody: object) {
  const { upstream, server } = await start(environment, limits);
  const { body } = await server.query(chat, asChat(extraBody), alice);
  if (body.errors) {
    expect(upstream.requests).toEqual([]);
    return body.errors[0].extensions.code;
  }
  const { model: _, messages: __, ...extra } = (upstream.requests[0]?.json() ?? {}) as Record<string, unknown>;
  return extra;
}

describe("a field of extraBody", () => {
  const top = { top_k: 40 };
  const topAndOther = { top_k: 40, min_p: 0.1 };
  test.each<[string, Record<string, string>, Record<string, unknown>, object, unknown]>([
    ["passes in development", {}, {}, topAndOther, topAndOther],
    ["is refused in production", production, {}, top, "FORBIDDEN"],
    ["is not missed if there is none", production, {}, {}, {}],
    ["passes if it is on", { ...production, EXTRA_BODY: "on" }, {}, topAndOther, topAndOther],
    ["is refused if it is off", { EXTRA_BODY: "off" }, {}, top, "FORBIDDEN"],
    ["passes if it is listed", { ...production, EXTRA_BODY: "min_p, top_k" }, {}, topAndOther, topAndOther],
    ["passes if it fits the list", { ...production, EXTRA_BODY: "top_*" }, {}, top, top],
    ["is refused if another one is listed", { ...production, EXTRA_BODY: "top_k" }, {}, topAndOther, "FORBIDDEN"],
    ["is refused in another spelling", { ...production, EXTRA_BODY: "top_k" }, {}, { TOP_K: 1 }, "FORBIDDEN"],
    ["passes for a caller whose key lists it", production, { extraBody: ["top_k"] }, top, top],
    ["passes for a caller whose key allows all", production, { extraBody: true }, topAndOther, topAndOther],
    ["is refused to a caller whose key lists others", { EXTRA_BODY: "on" }, { extraBody: ["min_p"] }, top, "FORBIDDEN"],
    ["is refused to a caller whose key allows none", {}, { extraBody: false }, top, "FORBIDDEN"],
    ["is refused to a caller whose list is empty", {}, { extraBody: [] }, top, "FORBIDDEN"],
  ])("%s", async (_, environment, limits, extraBody, expected) => {
    expect(await send(environment, limits, extraBody)).toEqual(expected);
  });

  test("is shown to the caller who may use it", async () => {
    const { server } = await start(production, { extraBody: true });
    const { body } = await server.query("{ viewer { limits { extraBody } } }", {}, alice);
    expect(body.data.viewer.limits).toEqual({ extraBody: ["*"] });
  });

  test.each([
    ["model", true],
    ["model_name", true],
    ["modelName", true],
    ["models", ["models"]],
    ["max_tokens", ["*"]],
    ["maxNewTokens", true],
    ["api_base", true],
    ["stream", ["stream"]],
    ["fallbacks", true],
  ])("%s stays refused where all is allowed", async (name, extraBody) => {
    expect(await send({ ...production, EXTRA_BODY: "on" }, { extraBody }, { [name]: 1 })).toBe("BAD_USER_INPUT");
  });

  test("that is refused names the field and the variable, for a completion too", async () => {
    const { upstream, server } = await start(production);
    const { status, body } = await server.query(complete, asComplete({ top_k: 40 }), alice);
    expect(body.errors[0].message).toBe(
      'input.extraBody must not hold "top_k": neither EXTRA_BODY nor the caller\'s own limits allow it.',
    );
    expect([status, body.errors[0].extensions.code, upstream.requests]).toEqual([403, "FORBIDDEN", []]);
  });

  test("is refused to a stream", async () => {
    const { upstream, server } = await start(production);
    const query = chat.replace("mutation", "subscription");
    const { results, ended } = await subscribeSse(server.url, query, asChat({ top_k: 40 }), alice.headers);
    expect([await ended, results[0].errors[0].extensions.code]).toEqual(["complete", "FORBIDDEN"]);
    expect(upstream.requests).toEqual([]);
  });
});

describe("extraBody is bounded:", () => {
  const fields = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`field_${i}`, 1]));

  test("256 fields pass", async () => {
    expect(await send({}, {}, fields(256))).toEqual(fields(256));
  });

  test.each<[string, string, (extra: object) => object]>([
    ["chat", chat, asChat],
    ["complete", complete, asComplete],
  ])("more are refused by their number, before any is looked at, in %s", async (_, query, asInput) => {
    const { upstream, server } = await start({});
    for (const extra of [fields(257), { ...fields(19_000), "not a name": 1 }]) {
      const { body } = await server.query(query, asInput(extra) as Record<string, unknown>, alice);
      const count = Object.keys(extra).length;
      expect(body.errors[0].message).toBe(`input.extraBody must hold at most 256 fields; got ${count}.`);
      expect(body.errors[0].extensions.code).toBe("BAD_USER_INPUT");
    }
    expect(upstream.requests).toEqual([]);
  });

  test("what is inside a field is bounded as all JSON is", async () => {
    const { upstream, server } = await start({});
    let nested: unknown = 1;
    for (let level = 0; level < 250; level++) nested = [nested];
    for (const inner of [nested, Array.from({ length: 20_001 }, () => 0)]) {
      const { body } = await server.query(chat, asChat({ inner }), alice);
      expect(body.errors[0].extensions.code).toMatch(/^BAD_(?:USER_INPUT|REQUEST)$/);
    }
    expect(upstream.requests).toEqual([]);
  });
});
