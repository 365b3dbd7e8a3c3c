// The sandbox draws pictures for prompts, whole and streamed, and streams edits: through the official SDK.
import OpenAI, { BadRequestError, toFile } from "openai";
import { PNG } from "pngjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../src/sandbox/server.ts";

let sandbox: Sandbox;
let client: OpenAI;

beforeAll(async () => {
  sandbox = await startSandbox({ delayMs: 0 });
  client = new OpenAI({ apiKey: "sandbox", baseURL: sandbox.url, maxRetries: 0 });
});
afterAll(() => sandbox.close());

const decode = (base64: string | undefined) => PNG.sync.read(Buffer.from(base64 ?? "", "base64"));

/** How many pixels are nearest to one of the colours, as a share. */
function shareOf({ data }: PNG, isLike: (red: number, green: number, blue: number) => boolean): number {
  let count = 0;
  for (let place = 0; place < data.length; place += 4) {
    if (isLike(data[place] ?? 0, data[place + 1] ?? 0, data[place + 2] ?? 0)) count += 1;
  }
  return count / (data.length / 4);
}

/** In how many bands of one colour the picture's left edge is. */
function bandsOf({ data, width, height }: PNG): number {
  let count = 1;
  for (let row = 1; row < height; row += 1) {
    if (data.readUInt32LE(row * width * 4) !== data.readUInt32LE((row - 1) * width * 4)) count += 1;
  }
  return count;
}

async function refusal(call: Promise<unknown>): Promise<unknown> {
  const error = await call.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(BadRequestError);
  return error;
}

async function collect<Event>(stream: AsyncIterable<Event>): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

const png = (width: number, height: number) =>
  toFile(
    PNG.sync.write(Object.assign(new PNG({ width, height }), { data: Buffer.alloc(width * height * 4, 0xa5) })),
    "a.png",
    {
      type: "image/png",
    },
  );

describe("generations", () => {
  test.each(["gpt-image-1", "gpt-image-1-mini", "gpt-image-2"])(
    "%s answers base64 alone, with usage",
    async (model) => {
      const made = await client.images.generate({ model, prompt: "a red fox", n: 2, quality: "low" });
      expect(made).toMatchObject({ background: "opaque", output_format: "png", quality: "low", size: "1024x1024" });
      expect(made.usage).toEqual({
        input_tokens: 3,
        input_tokens_details: { image_tokens: 0, text_tokens: 3 },
        output_tokens: 544,
        output_tokens_details: { image_tokens: 544, text_tokens: 0 },
        total_tokens: 547,
      });
      expect(made.data?.map((image) => Object.keys(image))).toEqual([["b64_json"], ["b64_json"]]);
      const [first, second] = (made.data ?? []).map(({ b64_json }) => decode(b64_json));
      expect(first).toMatchObject({ width: 1024, height: 1024 });
      expect(first?.data.equals(second?.data ?? Buffer.alloc(0))).toBe(false);
    },
  );

  test("the picture has the colours that the prompt names, and is the same for the same prompt", async () => {
    const draw = async (prompt: string) => (await client.images.generate({ prompt })).data?.[0]?.b64_json;
    const [red, again, green] = await Promise.all([draw("A red ball!"), draw("A red ball!"), draw("a green field")]);
    expect(red).toBe(again);
    expect(shareOf(decode(red), (r, g, b) => r > 1.5 * g && r > 1.5 * b)).toBeGreaterThan(0.95);
    expect(shareOf(decode(green), (r, g, b) => g > 1.2 * r && g > 1.2 * b)).toBeGreaterThan(0.95);
  });

  test("a transparent background is", async () => {
    const { data, background } = await client.images.generate({ prompt: "a fox", background: "transparent" });
    const picture = decode(data?.[0]?.b64_json);
    expect(background).toBe("transparent");
    expect(new Set(picture.data.filter((_, place) => place % 4 === 3))).toEqual(new Set([0, 255]));
  });

  test.each([
    ["dall-e-2", "256x256"],
    ["dall-e-3", "1792x1024"],
  ] as const)("%s answers with URLs, or base64 if asked", async (model, size) => {
    const [width, height] = size.split("x").map(Number);
    const byUrl = await client.images.generate({ model, prompt: "a fox", size });
    expect(byUrl).not.toHaveProperty("usage");
    const bytes = Buffer.from(await (await fetch(byUrl.data?.[0]?.url ?? "")).arrayBuffer());
    expect(PNG.sync.read(bytes)).toMatchObject({ width, height });
    const byBase64 = await client.images.generate({ model, prompt: "a fox", size, response_format: "b64_json" });
    expect(byBase64.data?.[0]?.b64_json).toBe(bytes.toString("base64"));
    expect(byBase64.data?.[0]?.revised_prompt !== undefined).toBe(model === "dall-e-3");
  });

  test("gpt-image-2 takes nearly any size, the others three", async () => {
    const size = "1280x720";
    const made = await client.images.generate({ model: "gpt-image-2", prompt: "a fox", size });
    expect(decode(made.data?.[0]?.b64_json)).toMatchObject({ width: 1280, height: 720 });
    expect(await refusal(client.images.generate({ model: "gpt-image-1", prompt: "a fox", size }))).toMatchObject({
      param: "size",
    });
    for (const bad of ["1281x720", "4096x2048", "320x1024", "0x0", "x"]) {
      const call = client.images.generate({ model: "gpt-image-2", prompt: "a fox", size: bad });
      expect(await refusal(call)).toMatchObject({ param: "size" });
    }
  });

  test.each<[object, string | null]>([
    [{ response_format: "url" }, null],
    [{ prompt: "" }, "prompt"],
    [{ prompt: "x".repeat(32_001) }, "prompt"],
    [{ prompt: undefined }, "prompt"],
    [{ n: 11 }, "n"],
    [{ n: "2" }, "n"],
    [{ output_format: "webp" }, "output_format"],
    [{ output_format: "gif" }, "output_format"],
    [{ quality: "hd" }, "quality"],
    [{ model: "sd-3" }, "model"],
    [{ model: 7 }, "model"],
    [{ model: "dall-e-3", n: 2 }, "n"],
    [{ model: "dall-e-2", stream: true }, null],
    [{ partial_images: 1 }, "partial_images"],
    [{ stream: true, partial_images: 4 }, "partial_images"],
    [{ svg: {} }, null],
  ])("%j is refused", async (fields, param) => {
    const body = { model: "gpt-image-1", prompt: "x", ...fields } as OpenAI.Images.ImageGenerateParamsNonStreaming;
    expect(await refusal(client.images.generate(body))).toMatchObject({ param });
  });

  test("while ten large pictures are drawn, other requests are answered", async () => {
    let isDrawn = false;
    const drawing = client.images.generate({ prompt: "a red fox in a blue sea", n: 10, size: "1536x1024" }).then(() => {
      isDrawn = true;
    });
    let answered = 0;
    for (; !isDrawn; answered++) await client.models.list();
    await drawing;
    expect(answered).toBeGreaterThan(10);
  }, 30_000);
});

describe("a stream", () => {
  test("has unfinished pictures in ever finer squares, and then the picture with its usage", async () => {
    const request = { model: "gpt-image-1", prompt: "a red fox", quality: "low", size: "1536x1024" } as const;
    const events = await collect(await client.images.generate({ ...request, stream: true, partial_images: 3 }));
    expect(events.map(({ type }) => type)).toEqual([
      ...Array(3).fill("image_generation.partial_image"),
      "image_generation.completed",
    ]);
    expect(events.map((event) => "partial_image_index" in event && event.partial_image_index)).toEqual([
      0,
      1,
      2,
      false,
    ]);
    const [first, second, third, whole = 0] = events.map(({ b64_json }) => bandsOf(decode(b64_json)));
    expect([first, second, third]).toEqual([8, 16, 32]);
    expect(whole).toBeGreaterThan(100);
    const shown = { size: "1536x1024", quality: "low", background: "opaque", output_format: "png" };
    expect(events.every((event) => Number.isInteger(event.created_at))).toBe(true);
    expect(events).toMatchObject(Array(4).fill(shown));
    expect(events.at(-1)).toMatchObject({ usage: { input_tokens: 3, output_tokens: 400 + 300, total_tokens: 703 } });
    const again = await client.images.generate(request);
    expect(events.at(-1)?.b64_json).toBe(again.data?.[0]?.b64_json);
  });

  test("of several pictures has them one after another, each with its own usage", async () => {
    const request = { model: "gpt-image-2", prompt: "a fox", n: 2, quality: "low" } as const;
    const events = await collect(await client.images.generate({ ...request, stream: true, partial_images: 1 }));
    expect(events.map(({ type }) => type.split(".")[1])).toEqual([
      ...["partial_image", "completed"],
      ...["partial_image", "completed"],
    ]);
    const usages = events.flatMap((event) => ("usage" in event ? [event.usage.total_tokens] : []));
    expect(usages).toEqual([2 + 272 + 100, 272 + 100]);
  });

  test("of an edit has the same form", async () => {
    const request = { model: "gpt-image-1", image: await png(64, 64), prompt: "a hat", quality: "low" } as const;
    const events = await collect(await client.images.edit({ ...request, stream: true, partial_images: 2 }));
    expect(events.map(({ type }) => type)).toEqual([
      ...["image_edit.partial_image", "image_edit.partial_image"],
      "image_edit.completed",
    ]);
    const whole = await client.images.edit(request);
    expect(events.at(-1)?.b64_json).toBe(whole.data?.[0]?.b64_json);
  });

  test("ends when the client leaves", async () => {
    const slow = await startSandbox({ delayMs: 60_000 });
    const own = new OpenAI({ apiKey: "sandbox", baseURL: slow.url, maxRetries: 0 });
    const stream = await own.images.generate({ prompt: "a fox", stream: true });
    stream.controller.abort();
    await slow.close();
  });
});

describe("edits", () => {
  test("take several images and a mask", async () => {
    const image = [await png(64, 64), await png(32, 32), await png(16, 16)];
    const edited = await client.images.edit({ image, mask: await png(64, 64), prompt: "a hat", quality: "low" });
    expect(edited.usage?.input_tokens_details).toEqual({ image_tokens: 3 * (65 + 129), text_tokens: 2 });
  });

  test("refuse the same name twice, as OpenAI does, and what does not go together", async () => {
    const edit = async (fields: [string, Blob | string][]) => {
      const form = new FormData();
      for (const [name, value] of fields) form.append(name, value);
      const init = { method: "POST", headers: { authorization: "Bearer sandbox" }, body: form };
      const response = await fetch(`${sandbox.url}/images/edits`, init);
      return [response.status, ((await response.json()) as { error: { code: string; param: string } }).error];
    };
    const image = await png(8, 8);
    const prompt: [string, string] = ["prompt", "x"];
    expect(await edit([prompt, ["image", image], ["image", image]])).toMatchObject([
      400,
      { code: "duplicate_parameter", param: "image" },
    ]);
    const both: [string, Blob][] = [
      ["mask", image],
      ["markup", image],
    ];
    expect(await edit([prompt, ["image", image], ...both])).toMatchObject([400, { param: "markup" }]);
    expect(await edit([prompt, ...Array(17).fill(["image[]", image])])).toMatchObject([400, { param: "image" }]);
    expect(await edit([prompt, ["image", image], ["partial_images", "1"]])).toMatchObject([
      400,
      { param: "partial_images" },
    ]);
    expect(await edit([prompt, ["image", image], ["output_format", "webp"]])).toMatchObject([
      400,
      { param: "output_format" },
    ]);
  });
});
