// imageGenerations, imageEdits and imageVariations: one type for their whole answers, whatever the upstream makes of them.
import { describe, expect, test } from "vitest";
import { startServed } from "../../support/served-upstream.ts";
import { done, event, streams, streamsThen } from "../../support/stream.ts";
import { type Answer, failure, json } from "../../support/upstream.ts";

const png = "data:image/png;base64,aGk=";
const FIELDS =
  "created size quality background outputFormat data { url b64Json revisedPrompt } usage { inputTokens outputTokens totalTokens inputTokensDetails { imageTokens textTokens } outputTokensDetails { imageTokens textTokens } }";
const queries = {
  imageGenerations: (fields: string) => `mutation { imageGenerations(input: { prompt: "x" }) { ${fields} } }`,
  imageEdits: (fields: string) => `mutation { imageEdits(input: { prompt: "x", images: ["${png}"] }) { ${fields} } }`,
  imageVariations: (fields: string) => `mutation { imageVariations(input: { image: "${png}" }) { ${fields} } }`,
};
const mutations = Object.entries(queries);

async function ask(
  answer: Answer,
  field: keyof typeof queries,
  fields = FIELDS,
  environment: Record<string, string> = {},
) {
  const { upstream, server } = await startServed(answer, environment);
  const { body } = await server.query(queries[field](fields));
  expect(server.faults).toEqual([]);
  return { upstream, data: body.data?.[field], errors: body.errors };
}

const PNG = "iVBORw0KGgoAAAANSUhEUg==";
const none = { created: null, size: null, quality: null, background: null, outputFormat: null, usage: null };

test("a gathered stream that breaks off after the first of two pictures is interrupted", async () => {
  const first = event({ type: "image_generation.completed", b64_json: "YQ==" });
  const { server } = await startServed(streamsThen(first, (_, socket) => socket.destroy()));
  const { body } = await server.query('mutation { imageGenerations(input: { prompt: "x", n: 2 }) { created } }');
  expect(body).toMatchObject({ data: { imageGenerations: null } });
  expect(body.errors).toMatchObject([{ extensions: { code: "UPSTREAM_INTERRUPTED" } }]);
});

describe.each(mutations)("%s", (name) => {
  const field = name as keyof typeof queries;

  test("gives all that a GPT image model answers", async () => {
    const usage = {
      ...{ input_tokens: 10, output_tokens: 20, total_tokens: 30 },
      input_tokens_details: { image_tokens: 4, text_tokens: 6 },
      output_tokens_details: { image_tokens: 20, text_tokens: 0 },
    };
    const shown = { size: "1024x1024", quality: "low", background: "opaque" };
    const body = {
      created: 1_700_000_000,
      data: [{ b64_json: PNG, revised_prompt: "y" }],
      ...shown,
      output_format: "png",
      usage,
    };
    const { data } = await ask(json(body), field);
    expect(data).toEqual({
      ...{ created: "2023-11-14T22:13:20.000Z", ...shown, outputFormat: "png" },
      data: [{ url: expect.any(String), b64Json: PNG, revisedPrompt: "y" }],
      usage: {
        ...{ inputTokens: 10, outputTokens: 20, totalTokens: 30 },
        inputTokensDetails: { imageTokens: 4, textTokens: 6 },
        outputTokensDetails: { imageTokens: 20, textTokens: 0 },
      },
    });
  });

  test.each<[string, object, object[]]>([
    ["URLs", { data: [{ url: "https://a.example/1.png" }] }, [{ url: "https://a.example/1.png", b64Json: null }]],
    [
      "a field each of the wrong type",
      { created: {}, size: 1, data: [{ b64_json: 7 }], usage: [] },
      [{ url: null, b64Json: null }],
    ],
    [
      "entries that are none",
      { data: [null, 5, { url: "https://a.example/1.png" }] },
      [{ url: "https://a.example/1.png" }],
    ],
    [
      "a whole URL in place of base64",
      { data: [{ b64_json: "data:image/webp;base64,UklGRg==" }] },
      [{ b64Json: "data:image/webp;base64,UklGRg==" }],
    ],
    [
      "one picture in place of a list",
      { data: { url: "https://a.example/1.png" } },
      [{ url: "https://a.example/1.png" }],
    ],
    ["the picture itself", { url: "https://a.example/1.png" }, [{ url: "https://a.example/1.png" }]],
  ])("takes %s", async (_, body, data) => {
    expect((await ask(json(body), field)).data).toMatchObject({ ...none, data });
  });

  test.each<[string, Answer, string]>([
    ["no list", json({ created: 1 }), "UPSTREAM_INVALID_RESPONSE"],
    ["an empty list", json({ created: 1, data: [] }), "UPSTREAM_INVALID_RESPONSE"],
    ["a list of none", json({ created: 1, data: [null, "x"] }), "UPSTREAM_INVALID_RESPONSE"],
    ["an error in 200", json({ error: { message: "no", code: "content_policy_violation" } }), "UPSTREAM_BAD_REQUEST"],
    ["a page", (_, res) => res.end("<html>no</html>"), "UPSTREAM_INVALID_RESPONSE"],
    [
      "a body that is cut",
      (_, res) => res.writeHead(200, { "content-length": "9" }).write("{", () => res.destroy()),
      "UPSTREAM_INTERRUPTED",
    ],
    ["400", failure(400, { param: "size" }), "UPSTREAM_BAD_REQUEST"],
    ["401", failure(401, {}), "UPSTREAM_UNAUTHENTICATED"],
    ["404", failure(404, {}), "UPSTREAM_NOT_FOUND"],
    ["429", failure(429, {}, { "x-should-retry": "false" }), "UPSTREAM_RATE_LIMITED"],
    ["500", failure(500, {}, { "x-should-retry": "false" }), "UPSTREAM_ERROR"],
  ])("is an error for %s", async (_, answer, code) => {
    const { data, errors } = await ask(answer, field);
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ path: [field], extensions: { code } }]);
  });

  test("is an error for an answer that takes too long, or is too large", async () => {
    const late = await ask(() => {}, field, "created", { UPSTREAM_HEADERS_TIMEOUT_MS: "100", MAX_RETRIES: "0" });
    expect(late.errors).toMatchObject([{ extensions: { code: "UPSTREAM_TIMEOUT" } }]);
    const large = json({ data: [{ b64_json: "A".repeat(5_000) }] });
    expect((await ask(large, field, "created", { MAX_UPSTREAM_BYTES: "2000" })).errors).toMatchObject([
      { extensions: { code: "UPSTREAM_INVALID_RESPONSE" } },
    ]);
  });

  test("is put together where the upstream streams although nobody asked", async () => {
    const prefix = field === "imageGenerations" ? "image_generation" : "image_edit";
    const part = event({ type: `${prefix}.partial_image`, b64_json: "cDA=", partial_image_index: 0 });
    const whole = (b64_json: string, tokens: number) =>
      event({
        ...{ type: `${prefix}.completed`, b64_json, created_at: 1_700_000_000, size: "1x1", output_format: "png" },
        usage: {
          input_tokens: 1,
          output_tokens: tokens,
          total_tokens: tokens + 1,
          input_tokens_details: { text_tokens: 1 },
        },
      });
    const { data } = await ask(
      streams(part, whole("YQ==", 5), event({ type: "keepalive" }), whole("Yg==", 7), done),
      field,
    );
    expect(data).toMatchObject({
      ...{ created: "2023-11-14T22:13:20.000Z", size: "1x1", outputFormat: "png" },
      data: [{ b64Json: "YQ==" }, { b64Json: "Yg==" }],
      usage: { inputTokens: 2, outputTokens: 12, totalTokens: 14, inputTokensDetails: { textTokens: 2 } },
    });
    expect(data.data).toHaveLength(2);
    const one = await ask(
      streams(event({ created: 1_700_000_000, data: [{ url: "https://a.example/1.png" }] })),
      field,
    );
    expect(one.data).toMatchObject({ created: data.created, data: [{ url: "https://a.example/1.png" }] });
    expect((await ask(streams(part), field)).errors).toMatchObject([{ extensions: { code: "UPSTREAM_INTERRUPTED" } }]);
    expect((await ask(streams(part, done), field)).errors).toMatchObject([
      { extensions: { code: "UPSTREAM_INVALID_RESPONSE" } },
    ]);
    const broken = (text: string) => streamsThen(text, (_, socket) => socket.destroy());
    expect((await ask(broken(part), field)).errors).toMatchObject([{ extensions: { code: "UPSTREAM_INTERRUPTED" } }]);
    // All that was asked for had come.
    expect((await ask(broken(whole("YQ==", 5)), field)).data.data).toEqual([
      expect.objectContaining({ b64Json: "YQ==" }),
    ]);
  });

  test("a client that leaves ends the upstream call", async () => {
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const { upstream, server } = await startServed(() => arrive());
    const leaving = new AbortController();
    const asked = server.query(queries[field]("created"), {}, { signal: leaving.signal });
    await arrived;
    leaving.abort();
    await expect(asked).rejects.toThrow();
    await upstream.requests[0]?.closed;
    expect(server.faults).toEqual([]);
  });
});

describe("the url of a picture in base64", () => {
  const MEDIA = { MEDIA_TTL_SECONDS: "0" };
  test.each([
    ["a PNG", PNG, undefined, `data:image/png;base64,${PNG}`],
    ["a JPEG by its beginning, whatever it is called", "/9j/4AAQ", "png", "data:image/jpeg;base64,/9j/4AAQ"],
    ["a WebP", "UklGRg==", "png", "data:image/webp;base64,UklGRg=="],
    ["a GIF", "R0lGODlh", "gif", "data:image/gif;base64,R0lGODlh"],
    ["an SVG by its name", "PHN2Zy8+", "svg", "data:image/svg+xml;base64,PHN2Zy8+"],
    ["what is unknown by its name", "AAAA", "avif", "data:image/avif;base64,AAAA"],
    ["what has no good name", "AAAA", 'x";evil', "data:image/png;base64,AAAA"],
    ["a whole URL", "data:image/webp;base64,UklGRg==", "png", "data:image/webp;base64,UklGRg=="],
    ["one in capitals", "DATA:image/webp;BASE64,UklGRg==", "png", "data:image/webp;base64,UklGRg=="],
    ["one with parameters", "data:image/webp;charset=utf-8;base64,UklGRg==", "png", "data:image/webp;base64,UklGRg=="],
    ["one that is no base64", "Data:image/svg+xml,%3Csvg/%3E", "png", "Data:image/svg+xml,%3Csvg/%3E"],
  ])("has the type of %s", async (_, b64_json, output_format, url) => {
    const answer = json({ data: [{ b64_json }], ...(output_format && { output_format }) });
    expect((await ask(answer, "imageGenerations", "data { url }", MEDIA)).data).toEqual({ data: [{ url }] });
  });
});
