// imageVariations: the whole upstream request that an upload becomes.
import { describe, expect, test } from "vitest";
import { makeBytes, readFields, readFile, readParts, variations, varied, vary } from "../support/multipart.ts";
import { startServed } from "../support/served-upstream.ts";
import { json } from "../support/upstream.ts";

const varyInput = "mutation ($input: ImageVariationsInput!) { imageVariations(input: $input) { data { url } } }";

/** Uploads one file and yields the only request that the upstream got. */
async function upload(file: Blob, input: Record<string, unknown> = {}, environment: Record<string, string> = {}) {
  const { upstream, server } = await startServed(json(variations), environment);
  const operations = { query: varyInput, variables: { input: { ...input, image: null } } };
  const answer = await server.upload(operations, { 0: ["variables.input.image"] }, { 0: file });
  expect(answer.body).toEqual({ data: { imageVariations: varied } });
  expect(answer.status).toBe(200);
  expect(upstream.requests).toHaveLength(1);
  return upstream.requests[0] as (typeof upstream.requests)[number];
}

describe("POST /images/variations", () => {
  test("holds every field as it was given, and the file last", async () => {
    const bytes = makeBytes(5_000);
    const input = { model: "dall-e-2", n: 3, size: "256x256", responseFormat: "B64_JSON", user: 'Zoë "z"' };
    const request = await upload(new File([bytes], "cat.png", { type: "image/png" }), input);
    expect(request).toMatchObject({ method: "POST", path: "/v1/images/variations" });
    expect(request.headers.authorization).toBe("Bearer sk-test-key-0123456789");
    const parts = readParts(request);
    expect(parts.slice(0, -1).map(({ name, bytes }) => [name, bytes.toString()])).toEqual([
      ["model", "dall-e-2"],
      ["n", "3"],
      ["size", "256x256"],
      ["user", 'Zoë "z"'],
      ["response_format", "b64_json"],
    ]);
    expect(parts.at(-1)).toMatchObject({ name: "image", filename: "cat.png", contentType: "image/png", bytes });
  });

  test.each([
    ["absent", {}],
    ["null", { model: null, n: null, size: null, responseFormat: null, user: null }],
  ])("holds the file alone where the other fields are %s", async (_, input) => {
    const request = await upload(new File(["x"], "a.png", { type: "image/png" }), input);
    expect(readParts(request)).toMatchObject([{ name: "image", bytes: Buffer.from("x") }]);
  });

  test.each([1, 65_536, 1_000_000, 2 ** 20])("tells the Content-Length for a file of %i bytes", async (size) => {
    const bytes = makeBytes(size);
    const request = await upload(new File([bytes], "a.png", { type: "image/png" }));
    expect(request.headers).toMatchObject({ "content-length": String(request.body.length) });
    expect(request.headers).not.toHaveProperty("transfer-encoding");
    expect(readFile(request).bytes.equals(bytes)).toBe(true);
  });

  test.each([2 ** 20 + 1, 5_000_000])("is chunked for a file of %i bytes", async (size) => {
    const bytes = makeBytes(size);
    const request = await upload(new File([bytes], "a.png", { type: "image/png" }), { n: 2 });
    expect(request.headers).toMatchObject({ "transfer-encoding": "chunked" });
    expect(request.headers).not.toHaveProperty("content-length");
    expect(readFields(request)).toEqual({ n: "2" });
    expect(readFile(request).bytes.equals(bytes)).toBe(true);
  });
});

describe("POST /images/edits in its place", () => {
  const edits = { IMAGE_VARIATIONS_VIA: "edits" };
  const file = new File(["x"], "a.png", { type: "image/png" });

  test("holds the operator's model and prompt and no response_format", async () => {
    const environment = { ...edits, IMAGE_VARIATIONS_MODEL: "my-model", IMAGE_VARIATIONS_PROMPT: "Vary it." };
    const request = await upload(file, { responseFormat: "URL", n: 2, size: "auto", user: "u" }, environment);
    expect(request.path).toBe("/v1/images/edits");
    expect(readFields(request)).toEqual({ model: "my-model", prompt: "Vary it.", n: "2", size: "auto", user: "u" });
    expect(readFile(request)).toMatchObject({ name: "image", bytes: Buffer.from("x") });
  });

  test("takes gpt-image-1 where nothing is set, and the caller's model before that", async () => {
    expect(readFields(await upload(file, {}, edits))).toEqual({
      model: "gpt-image-1",
      prompt: expect.stringContaining("variation"),
    });
    expect(readFields(await upload(file, { model: "mine" }, edits))).toMatchObject({ model: "mine" });
  });

  test("gives the base64 as it came, and as a data: URL where that is selected and nothing is kept", async () => {
    const { upstream, server } = await startServed(json(variations), { ...edits, MEDIA_TTL_SECONDS: "0" });
    upstream.answer = json({ created: 1, data: [{ b64_json: "aGk=" }], output_format: "webp" });
    const image = "data:image/png;base64,aGk=";
    const select = (fields: string) =>
      server.query(vary.replace("{ url }", fields).replace("created", ""), { image }).then(({ body }) => body.data);
    expect(await select("{ url }")).toEqual({ imageVariations: { data: [{ url: "data:image/webp;base64,aGk=" }] } });
    expect(await select("{ b64Json }")).toEqual({ imageVariations: { data: [{ b64Json: "aGk=" }] } });
  });
});

test("a 404 names the retirement and the way out, and is UPSTREAM_NOT_FOUND", async () => {
  const { upstream, server } = await startServed(json(variations));
  upstream.answer = json({ error: { message: "Unknown endpoint.", type: "invalid_request_error" } }, 404);
  const { body } = await server.query(vary, { image: "data:image/png;base64,aGk=" });
  expect(body.errors).toMatchObject([
    {
      message: expect.stringMatching(/^Unknown endpoint\. OpenAI retired .*IMAGE_VARIATIONS_VIA=edits/),
      extensions: { code: "UPSTREAM_NOT_FOUND", upstream: { status: 404, type: "invalid_request_error" } },
    },
  ]);
  expect(upstream.requests).toHaveLength(1);
});
