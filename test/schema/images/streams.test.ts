// imageGenerations and imageEdits as subscriptions: the pictures as they come, and the stream's one end.
import { describe, expect, test, vi } from "vitest";
import { startServed } from "../../support/served-upstream.ts";
import { done, event, noticed, openStream, streams, streamsThen, write } from "../../support/stream.ts";
import { type Subscription, transports } from "../../support/subscribe.ts";
import { type Answer, failure, json } from "../../support/upstream.ts";

const FIELDS =
  "type isPartial partialImageIndex createdAt size quality background outputFormat image { b64Json url revisedPrompt } usage { totalTokens outputTokens }";
const endpoints = [
  {
    field: "imageGenerations",
    name: "image_generation",
    query: (fields: string, n = 1) =>
      `subscription { imageGenerations(input: { prompt: "x", n: ${n} }) { ${fields} } }`,
  },
  {
    field: "imageEdits",
    name: "image_edit",
    query: (fields: string, n = 1) =>
      `subscription { imageEdits(input: { prompt: "x", n: ${n}, images: ["data:image/png;base64,aGk="] }) { ${fields} } }`,
  },
];
const [{ name, query, field }] = endpoints as [(typeof endpoints)[0]];

const shown = { size: "1024x1024", quality: "low", background: "opaque", output_format: "png" };
const partial = (index: number, b64_json = `p${index}`, prefix = name) =>
  event({ type: `${prefix}.partial_image`, b64_json, partial_image_index: index, created_at: 1_700_000_000, ...shown });
const usage = { total_tokens: 30, input_tokens: 10, output_tokens: 20, input_tokens_details: { text_tokens: 10 } };
const complete = (b64_json = "done", prefix = name, more = {}) =>
  event({ type: `${prefix}.completed`, b64_json, created_at: 1_700_000_001, ...shown, usage, ...more });

/** Each picture as `isPartial:base64`, then the errors' codes, then how the stream ended. */
async function summary({ results, ended }: Subscription): Promise<string[]> {
  const end = await ended;
  const told = results.map(({ data, errors }) => {
    if (errors) return errors.map((error: { extensions: { code: string } }) => error.extensions.code).join();
    const { image, isPartial } = Object.values(data)[0] as {
      image: { b64Json: string; url: string };
      isPartial: boolean;
    };
    return `${isPartial ? "part" : "whole"}:${image.b64Json ?? image.url}`;
  });
  return [...told, end];
}

const short = query("isPartial image { b64Json url }");

describe.each(transports)("over $transport", ({ subscribe }) => {
  test.each(endpoints)("$field yields each picture with all that the upstream says of it", async (endpoint) => {
    const { upstream, server } = await startServed(
      streams(
        partial(0, "cDA=", endpoint.name),
        partial(1, "cDE=", endpoint.name),
        complete("ZG9uZQ==", endpoint.name),
      ),
    );
    const { results, ended } = await subscribe(server.url, endpoint.query(FIELDS));
    expect(await ended).toBe("complete");
    const common = { size: "1024x1024", quality: "low", background: "opaque", outputFormat: "png" };
    const picture = (b64Json: string) => ({
      b64Json,
      url: expect.stringMatching(/^\/media\/[\da-f]{32}\.png$/),
      revisedPrompt: null,
    });
    const unfinished = (partialImageIndex: number, b64Json: string) => ({
      ...{ type: `${endpoint.name}.partial_image`, isPartial: true, partialImageIndex, usage: null, ...common },
      ...{ createdAt: "2023-11-14T22:13:20.000Z", image: picture(b64Json) },
    });
    const finished = {
      ...{ type: `${endpoint.name}.completed`, isPartial: false, partialImageIndex: null, ...common },
      ...{
        createdAt: "2023-11-14T22:13:21.000Z",
        image: picture("ZG9uZQ=="),
        usage: { totalTokens: 30, outputTokens: 20 },
      },
    };
    expect(results.map(({ data }) => data[endpoint.field])).toEqual([
      unfinished(0, "cDA="),
      unfinished(1, "cDE="),
      finished,
    ]);
    expect(upstream.requests).toHaveLength(1);
    expect(server.faults).toEqual([]);
  });

  test.each<[string, Answer, string[]]>([
    ["at the body's end", streams(partial(0), complete()), ["part:p0", "whole:done", "complete"]],
    ["at [DONE]", streams(complete(), done, event({ type: "x" })), ["whole:done", "complete"]],
    ["without an unfinished picture", streams(complete()), ["whole:done", "complete"]],
    ["without a last blank line", streams(complete().trimEnd()), ["whole:done", "complete"]],
    [
      "though signs of life and unknown events come between",
      streams(
        ": ping\n\n",
        event({ type: "keepalive" }),
        partial(0),
        event({ type: `${name}.in_progress` }),
        complete(),
      ),
      ["part:p0", "whole:done", "complete"],
    ],
    [
      "though names stand beside the events",
      streams(`event: ${name}.partial_image\n${partial(0)}`, `event: ${name}.completed\n${complete()}`),
      ["part:p0", "whole:done", "complete"],
    ],
    [
      "with an error: cut before any picture is finished",
      streams(partial(0)),
      ["part:p0", "UPSTREAM_INTERRUPTED", "complete"],
    ],
    ["with an error: nothing at all", streams(), ["UPSTREAM_INTERRUPTED", "complete"]],
    [
      "with an error: signs of life alone",
      streams(": ping\n\n", event({ type: "keepalive" })),
      ["UPSTREAM_INTERRUPTED", "complete"],
    ],
    ["with an error: [DONE] alone", streams(partial(0), done), ["part:p0", "UPSTREAM_INTERRUPTED", "complete"]],
    [
      "with an error: cut in the middle of a picture",
      streams(partial(0), complete().slice(0, 40)),
      ["part:p0", "UPSTREAM_INTERRUPTED", "complete"],
    ],
    [
      "with an error: the connection breaks",
      streamsThen(partial(0), (_, socket) => socket.destroy()),
      ["part:p0", "UPSTREAM_INTERRUPTED", "complete"],
    ],
    [
      "with an error: an unfinished picture follows the finished one",
      streams(complete(), partial(0)),
      ["whole:done", "part:p0", "UPSTREAM_INTERRUPTED", "complete"],
    ],
    [
      "with an error: an error event",
      streams(partial(0), event({ type: "error", error: { message: "Blocked.", code: "moderation_blocked" } })),
      ["part:p0", "UPSTREAM_ERROR", "complete"],
    ],
    [
      "with an error: a named error event",
      streams(partial(0), `event: error\n${event({ message: "Blocked.", code: "invalid_prompt" })}`),
      ["part:p0", "UPSTREAM_BAD_REQUEST", "complete"],
    ],
    [
      "with an error: an event that says that it failed",
      streams(partial(0), event({ type: `${name}.failed`, message: "The model is overloaded." })),
      ["part:p0", "UPSTREAM_ERROR", "complete"],
    ],
    [
      "with an error: what is no JSON",
      streams(partial(0), event("{oops")),
      ["part:p0", "UPSTREAM_INVALID_RESPONSE", "complete"],
    ],
    ["with an error: a page", (_, res) => res.end("<html>no</html>"), ["UPSTREAM_INVALID_RESPONSE", "complete"]],
    ["with an error: a status", failure(429, {}, { "x-should-retry": "false" }), ["UPSTREAM_RATE_LIMITED", "complete"]],
    ["with an error: a refusal", failure(400, { param: "partial_images" }), ["UPSTREAM_BAD_REQUEST", "complete"]],
    [
      "with an error: an error in place of a stream",
      json({ error: { message: "no" } }),
      ["UPSTREAM_ERROR", "complete"],
    ],
    [
      "with an error: an answer without a picture",
      json({ created: 1, data: [] }),
      ["UPSTREAM_INVALID_RESPONSE", "complete"],
    ],
    [
      "with an error: an answer of empty pictures",
      json({ data: [{}, null] }),
      ["UPSTREAM_INVALID_RESPONSE", "complete"],
    ],
  ])("the stream ends once, %s", async (_, answer, expected) => {
    const { upstream, server } = await startServed(answer);
    expect(await summary(await subscribe(server.url, short))).toEqual(expected);
    expect(upstream.requests).toHaveLength(1);
    expect(server.faults).toEqual([]);
  });

  test("several pictures may be finished, each with its tokens, in any order with unfinished ones", async () => {
    const pieces = [partial(0, "a0"), partial(0, "b0"), complete("a"), partial(1, "b1"), complete("b")];
    const { server } = await startServed(streams(...pieces));
    const subscription = await subscribe(server.url, query("isPartial image { b64Json url }", 2));
    expect(await summary(subscription)).toEqual(["part:a0", "part:b0", "whole:a", "part:b1", "whole:b", "complete"]);
  });

  test("fewer pictures than asked for are an answer, as in a mutation", async () => {
    const { server } = await startServed(streams(complete("a")));
    expect(await summary(await subscribe(server.url, query("isPartial image { b64Json url }", 3)))).toEqual([
      "whole:a",
      "complete",
    ]);
  });

  test("a stream that stays open after all pictures ends", async () => {
    const { server } = await startServed(streamsThen(complete(), () => new Promise(() => {})));
    expect(await summary(await subscribe(server.url, short))).toEqual(["whole:done", "complete"]);
  });

  test("one that stays open before the last is waited for, up to the idle timeout", async () => {
    const answer = streamsThen(partial(0), () => new Promise(() => {}));
    const { server } = await startServed(answer, { UPSTREAM_IDLE_TIMEOUT_MS: "200" });
    expect(await summary(await subscribe(server.url, short))).toEqual(["part:p0", "UPSTREAM_TIMEOUT", "complete"]);
  });

  test("who leaves ends the upstream call at once", async () => {
    const { answer, arrived } = noticed(streamsThen(partial(0), () => {}));
    const { upstream, server } = await startServed(answer);
    const subscription = await subscribe(server.url, short);
    await subscription.next();
    await arrived;
    subscription.leave();
    await upstream.requests[0]?.closed;
    expect(server.faults).toEqual([]);
  });

  test("each picture comes at once", async () => {
    let goOn = () => {};
    const { server } = await startServed(async (_, res) => {
      openStream(res);
      await write(res, partial(0));
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await write(res, complete());
      res.end();
    });
    const subscription = await subscribe(server.url, short);
    expect(await subscription.next()).toMatchObject({ data: { imageGenerations: { isPartial: true } } });
    await vi.waitUntil(() => subscription.results.length === 1);
    goOn();
    expect(await summary(subscription)).toEqual(["part:p0", "whole:done", "complete"]);
  });

  test("a picture over 8 MiB is passed on whole", { timeout: 30_000 }, async () => {
    const large = "A".repeat(9 * 2 ** 20);
    const { server } = await startServed(streams(partial(0), complete(large)), { MAX_RESPONSE_BYTES: String(2 ** 26) });
    const { results, ended } = await subscribe(server.url, short);
    expect(await ended).toBe("complete");
    expect(results.map(({ data }) => data.imageGenerations.image.b64Json.length)).toEqual([2, large.length]);
  });

  test("one over MAX_UPSTREAM_BYTES is refused", async () => {
    const answer = streams(partial(0), complete("A".repeat(300_000)));
    const { server } = await startServed(answer, { MAX_UPSTREAM_BYTES: "200000" });
    expect(await summary(await subscribe(server.url, short))).toEqual([
      "part:p0",
      "UPSTREAM_INVALID_RESPONSE",
      "complete",
    ]);
  });
});

describe("what other servers send", () => {
  const [{ subscribe }] = transports as [(typeof transports)[0]];
  async function read(
    answer: Answer,
    fields = "type isPartial image { b64Json url } usage { totalTokens } createdAt size",
    n = 1,
  ) {
    const { server } = await startServed(answer);
    const { results, ended } = await subscribe(server.url, query(fields, n));
    expect(await ended).toBe("complete");
    return results.map(({ data, errors }) => data?.[field] ?? errors);
  }
  const created = { createdAt: "2023-11-14T22:13:20.000Z", size: "1024x1024" };

  test("a whole answer in place of a stream is a finished picture each, with the tokens on the last", async () => {
    const data = [{ b64_json: "YQ==" }, { b64_json: "Yg==" }];
    const whole = json({ created: 1_700_000_000, data, usage: { total_tokens: 7 }, size: "1024x1024" });
    const url = (b64: string) => expect.stringMatching(new RegExp(`^data:image/png;base64,${b64}$|/media/`));
    const one = (b64Json: string, usage: object | null) => ({
      ...{ type: "image_generation.completed", isPartial: false, usage, ...created },
      image: { b64Json, url: url(b64Json) },
    });
    expect(await read(whole, undefined, 2)).toEqual([one("YQ==", null), one("Yg==", { totalTokens: 7 })]);
  });

  test("so is one in an event, and a picture alone in place of a stream", async () => {
    const url = "https://images.example.com/1.png";
    const one = { type: "image_generation.completed", isPartial: false, image: { b64Json: null, url }, usage: null };
    const asEvent = streams(event({ created: 1_700_000_000, data: [{ url }], size: "1024x1024" }), done);
    expect(await read(asEvent)).toEqual([{ ...one, ...created }]);
    const alone = json({ created: 1_700_000_000, data: { url }, size: "1024x1024" });
    expect(await read(alone)).toEqual([{ ...one, ...created }]);
    const asObject = json({ type: "image_generation.completed", url, created_at: 1_700_000_000, size: "1024x1024" });
    expect(await read(asObject)).toEqual([{ ...one, ...created }]);
  });

  test("pictures by URL with names of their own, and the tokens after them", async () => {
    const url = (index: number) => `https://images.example.com/${index}.png`;
    const piece = (index: number) =>
      event({
        type: "image_generation.partial_succeeded",
        image_index: index,
        url: url(index),
        created: 1_700_000_000,
      });
    const end = event({ type: "image_generation.completed", usage: { total_tokens: 9, output_tokens: 9 } });
    const fields = "type isPartial partialImageIndex image { url } createdAt";
    expect(await read(streams(piece(0), piece(1), end, done), fields, 2)).toEqual(
      [0, 1].map((index) => ({
        ...{ type: "image_generation.partial_succeeded", isPartial: false, partialImageIndex: null },
        ...{ image: { url: url(index) }, createdAt: created.createdAt },
      })),
    );
  });

  test("events without a type: what is numbered is unfinished", async () => {
    const pieces = [event({ b64_json: "YQ==", partial_image_index: 0 }), event({ b64_json: "Yg==" })];
    expect(await read(streams(...pieces), "type isPartial partialImageIndex")).toEqual([
      { type: "image_generation.partial_image", isPartial: true, partialImageIndex: 0 },
      { type: "image_generation.completed", isPartial: false, partialImageIndex: null },
    ]);
  });

  test("fields of other types than OpenAI's are null", async () => {
    const odd = {
      ...{ type: `${name}.completed`, b64_json: "YQ==", created_at: "soon", size: 7, quality: [], background: {} },
      ...{ output_format: 3, usage: "none", revised_prompt: 1 },
    };
    const fields =
      "createdAt size quality background outputFormat usage { totalTokens } image { revisedPrompt b64Json }";
    const nothing = { createdAt: null, size: null, quality: null, background: null, outputFormat: null, usage: null };
    expect(await read(streams(event(odd)), fields)).toEqual([
      { ...nothing, image: { revisedPrompt: null, b64Json: "YQ==" } },
    ]);
  });
});
