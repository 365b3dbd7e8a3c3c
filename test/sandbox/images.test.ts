// The sandbox's image endpoints: they answer with real PNGs, made from the uploaded one.
import { deflateSync } from "node:zlib";
import OpenAI, { BadRequestError, toFile } from "openai";
import { PNG } from "pngjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";
import { startTestServer } from "../support/server.ts";

let sandbox: Sandbox;
let client: OpenAI;

beforeAll(async () => {
  sandbox = await startSandbox({});
  client = new OpenAI({ apiKey: "sandbox", baseURL: sandbox.url, maxRetries: 0 });
});
afterAll(() => sandbox.close());

function makePng(width: number, height: number): Buffer {
  const image = new PNG({ width, height });
  image.data.forEach((_value, place) => {
    image.data[place] = place % 4 === 3 ? 255 : (place * 7) % 256;
  });
  return PNG.sync.write(image);
}

function upload(bytes: Buffer): Promise<File> {
  return toFile(bytes, "image.png", { type: "image/png" });
}

async function refusal(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BadRequestError);
  return error;
}

/** A PNG of 64 x 64 pixels by its header whose data inflates to far more. */
function makeBomb(interlace: 0 | 1): Buffer {
  const bomb = makePng(64, 64);
  const data = deflateSync(Buffer.alloc(50_000_000));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  bomb[28] = interlace;
  return Buffer.concat([bomb.subarray(0, 33), length, Buffer.from("IDAT"), data, Buffer.alloc(4), bomb.subarray(-12)]);
}

describe("variations", () => {
  test("each is served under its URL as a PNG of the asked size, and none is like another", async () => {
    const image = await upload(makePng(64, 64));
    const { data } = await client.images.createVariation({ image, n: 10, size: "256x256" });
    const images = await Promise.all((data ?? []).map(async ({ url }) => (await fetch(url ?? "")).arrayBuffer()));
    const decoded = images.map((bytes) => PNG.sync.read(Buffer.from(bytes)));
    expect(decoded.every(({ width, height }) => width === 256 && height === 256)).toBe(true);
    expect(new Set(decoded.map((picture) => picture.data.toString("base64"))).size).toBe(10);
  });

  test("base64 holds the same picture for the same upload", async () => {
    const request = async () =>
      client.images.createVariation({ image: await upload(makePng(8, 8)), response_format: "b64_json" });
    const [first, second] = await Promise.all([request(), request()]);
    expect(first.data?.[0]?.b64_json).toBe(second.data?.[0]?.b64_json);
    expect(PNG.sync.read(Buffer.from(first.data?.[0]?.b64_json ?? "", "base64"))).toMatchObject({
      width: 1024,
      height: 1024,
    });
  });

  test("what is not a square PNG below 4 MB is refused, and the message says what to do", async () => {
    const remedy =
      "Upload a square PNG of less than 4 MB, or set IMAGE_VARIATIONS_VIA=edits on the server in front, which then takes JPEG, WebP and any shape.";
    const wide = await upload(makePng(8, 4));
    expect(await refusal(client.images.createVariation({ image: wide }))).toMatchObject({
      param: "image",
      message: `400 Uploaded image must be square. ${remedy}`,
    });
    for (const bytes of [Buffer.from("GIF89a"), Buffer.concat([makePng(4, 4), Buffer.alloc(4_194_304)])]) {
      expect(await refusal(client.images.createVariation({ image: await upload(bytes) }))).toMatchObject({
        message: `400 Uploaded image must be a PNG and less than 4 MB. ${remedy}`,
      });
    }
  });

  test("a bomb and a truncated image are refused", async () => {
    for (const bytes of [makeBomb(0), makeBomb(1), makePng(64, 64).subarray(0, 120)]) {
      expect(await refusal(client.images.createVariation({ image: await upload(bytes) }))).toMatchObject({
        message: "400 Your image was invalid.",
      });
    }
  });

  test.each([
    [{ n: 11 }, "n"],
    [{ size: "100x100" }, "size"],
    [{ model: "gpt-image-1" }, "model"],
    [{ response_format: "jpeg" }, "response_format"],
  ])("%j is refused", async (fields, param) => {
    const image = await upload(makePng(4, 4));
    const body = { image, ...fields } as unknown as OpenAI.Images.ImageCreateVariationParams;
    expect(await refusal(client.images.createVariation(body))).toMatchObject({ param });
  });

  test("a form above 50 MB is refused", async () => {
    const form = new FormData();
    form.set("image", new Blob([Buffer.alloc(53_000_000)]), "large.png");
    const response = await fetch(`${sandbox.url}/images/variations`, {
      method: "POST",
      headers: { authorization: "Bearer sandbox" },
      body: form,
    });
    expect(response.status).toBe(413);
  });
});

describe("edits", () => {
  test("a GPT image model answers base64 in the shape of the upload, with usage", async () => {
    const image = [await upload(makePng(60, 30)), await upload(makePng(8, 8))];
    const edited = await client.images.edit({ model: "gpt-image-1", image, prompt: "a hat", n: 2 });
    expect(edited).toMatchObject({ size: "1536x1024", quality: "medium", background: "opaque", output_format: "png" });
    expect(edited.usage).toMatchObject({ output_tokens: 2 * 1568, input_tokens_details: { text_tokens: 2 } });
    const [first, second] = (edited.data ?? []).map(({ b64_json: text }) =>
      PNG.sync.read(Buffer.from(text ?? "", "base64")),
    );
    expect(first).toMatchObject({ width: 1536, height: 1024 });
    expect(first?.data.equals(second?.data ?? Buffer.alloc(0))).toBe(false);
  });

  test("dall-e-2 leaves the picture alone where the mask is opaque", async () => {
    const picture = makePng(256, 256);
    const mask = new PNG({ width: 256, height: 256 });
    mask.data.fill(255, 0, mask.data.length / 2);
    const edited = await client.images.edit({
      model: "dall-e-2",
      image: await upload(picture),
      mask: await upload(PNG.sync.write(mask)),
      prompt: "a hat",
      size: "256x256",
      response_format: "b64_json",
    });
    const before = PNG.sync.read(picture).data;
    const after = PNG.sync.read(Buffer.from(edited.data?.[0]?.b64_json ?? "", "base64")).data;
    const half = before.length / 2;
    expect(after.subarray(0, half).equals(before.subarray(0, half))).toBe(true);
    expect(after.subarray(half).equals(before.subarray(half))).toBe(false);
  });

  test("a GPT image model refuses response_format, a missing prompt and an image that is no PNG", async () => {
    const image = await upload(makePng(4, 4));
    const edit = (fields: object) =>
      client.images.edit({
        model: "gpt-image-1",
        image,
        prompt: "x",
        ...fields,
      } as OpenAI.Images.ImageEditParamsNonStreaming);
    expect(await refusal(edit({ response_format: "url" }))).toMatchObject({
      message: "400 Unknown parameter: 'response_format'.",
    });
    expect(await refusal(edit({ prompt: "" }))).toMatchObject({ param: "prompt" });
    expect(await refusal(edit({ image: await upload(Buffer.from("not a picture")) }))).toMatchObject({
      param: "image",
    });
  });
});

describe("through the server", () => {
  const mutation =
    "mutation ($image: Upload!) { imageVariations(input: { image: $image }) { size data { url b64Json } } }";
  /** The headers of a picture of 1280 x 640 pixels. */
  const jpeg = Buffer.from("ffd8ffe000104a46494600010100000100010000ffc0000b080280050001011100ffd9", "hex");
  /** The header of one of 640 x 1280. */
  const webp = Buffer.from("RIFF____WEBPVP8X____\0\0\0\0\x7f\x02\0\xff\x04\0", "latin1");

  async function ask(image: Buffer, type: string, environment: Record<string, string> = {}) {
    const server = await startTestServer(sandbox.url, { OPENAI_API_KEY: "sandbox", ...environment });
    const operations = { query: mutation, variables: { image: null } };
    const { body } = await server.upload(
      operations,
      { 0: ["variables.image"] },
      { 0: new Blob([image as BlobPart], { type }) },
    );
    return body;
  }

  test.each([
    ["a JPEG", jpeg, "image/jpeg"],
    ["a PNG that is not square", makePng(8, 4), "image/png"],
  ])("%s is refused with the variable that helps", async (_, image, type) => {
    const { errors } = await ask(image, type);
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(
          /Upload a square PNG of less than 4 MB, or set IMAGE_VARIATIONS_VIA=edits .* JPEG/,
        ),
        extensions: { code: "UPSTREAM_BAD_REQUEST", upstream: { param: "image" } },
      },
    ]);
  });

  test.each([
    ["a JPEG", jpeg, "image/jpeg", "1536x1024"],
    ["a WebP", webp, "image/webp", "1024x1536"],
    ["a wide PNG", makePng(8, 4), "image/png", "1536x1024"],
  ])("%s is taken with IMAGE_VARIATIONS_VIA=edits, in its shape", async (_, image, type, size) => {
    const { data, errors } = await ask(image, type, { IMAGE_VARIATIONS_VIA: "edits" });
    expect([errors, data.imageVariations.size]).toEqual([undefined, size]);
    const [width, height] = size.split("x").map(Number);
    const bytes = Buffer.from(data.imageVariations.data[0].b64Json, "base64");
    expect(PNG.sync.read(bytes)).toMatchObject({ width, height });
  });

  test("a JPEG without a frame, or one cut short, is refused", async () => {
    for (const image of [jpeg.subarray(0, 24), Buffer.from("ffd8ffffffffffff", "hex"), Buffer.alloc(64)]) {
      const { errors } = await ask(image, "image/jpeg", { IMAGE_VARIATIONS_VIA: "edits" });
      expect(errors).toMatchObject([{ message: "Uploaded image must be a PNG, JPEG or WebP." }]);
    }
  });
});
