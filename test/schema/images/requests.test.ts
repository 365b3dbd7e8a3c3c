// imageGenerations and imageEdits: the whole upstream request that each becomes, and what is refused before it is sent.
import { describe, expect, test } from "vitest";
import { readParts } from "../../support/multipart.ts";
import { startServed } from "../../support/served-upstream.ts";
import { event, streams } from "../../support/stream.ts";
import { type Subscribe, transports } from "../../support/subscribe.ts";
import { json } from "../../support/upstream.ts";

const answer = json({ created: 1, data: [{ b64_json: "aGk=" }] });
const completed = (name: string) => streams(event({ type: `${name}.completed`, b64_json: "aGk=" }));
const query = (kind: "mutation" | "subscription", field: string) =>
  `${kind} ($input: I${field.slice(1)}Input!) { ${field}(input: $input) { ${kind === "mutation" ? "data { b64Json }" : "image { b64Json }"} } }`;

const options = {
  model: "gpt-image-2",
  n: 2,
  size: "1536x1024",
  quality: "XHIGH",
  background: "TRANSPARENT",
  outputFormat: "WEBP",
  outputCompression: 80,
  moderation: "LOW",
  complexity: "HIGH",
  frameCount: 16,
  frameDurationMs: 200,
  responseFormat: "B64_JSON",
  safetyIdentifier: "hash",
  user: "u",
};
const wire = {
  model: "gpt-image-2",
  n: 2,
  size: "1536x1024",
  quality: "xhigh",
  background: "transparent",
  output_format: "webp",
  output_compression: 80,
  moderation: "low",
  complexity: "high",
  frame_count: 16,
  frame_duration_ms: 200,
  response_format: "b64_json",
  safety_identifier: "hash",
  user: "u",
};
const nulls = Object.fromEntries(Object.keys(options).map((name) => [name, null]));
const asText = (fields: object) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
const png = "data:image/png;base64,aGk=";

/** Sends one operation and yields the only request that the upstream got. */
async function mutate(field: string, input: object, environment: Record<string, string> = {}) {
  const { upstream, server } = await startServed(answer, environment);
  const { body } = await server.query(query("mutation", field), { input });
  expect(body).toEqual({ data: { [field]: { data: [{ b64Json: "aGk=" }] } } });
  expect(upstream.requests).toHaveLength(1);
  return upstream.requests[0] as (typeof upstream.requests)[number];
}

async function subscribeTo(subscribe: Subscribe, field: string, name: string, input: object) {
  const { upstream, server } = await startServed(completed(name));
  const { ended, results } = await subscribe(server.url, query("subscription", field), { input });
  expect(await ended).toBe("complete");
  expect(results).toEqual([{ data: { [field]: { image: { b64Json: "aGk=" } } } }]);
  expect(upstream.requests).toHaveLength(1);
  return upstream.requests[0] as (typeof upstream.requests)[number];
}

/** The form's fields that are no files, and then each file: its name, its file name, its type and its bytes. */
function readForm(request: Parameters<typeof readParts>[0]) {
  const parts = readParts(request);
  const texts = parts.filter(({ filename }) => filename === undefined);
  expect(parts.slice(0, texts.length)).toEqual(texts);
  return {
    fields: Object.fromEntries(texts.map(({ name, bytes }) => [name, bytes.toString()])),
    files: parts
      .slice(texts.length)
      .map(({ name, filename, contentType, bytes }) => [name, filename, contentType, bytes.toString()]),
  };
}

describe("imageGenerations", () => {
  test("sends every field as it was given, and nothing else", async () => {
    const request = await mutate("imageGenerations", { prompt: "A fox.", style: "vivid", ...options });
    expect(request).toMatchObject({ method: "POST", path: "/v1/images/generations" });
    expect(request.headers).toMatchObject({
      "content-type": "application/json",
      authorization: "Bearer sk-test-key-0123456789",
    });
    expect(request.json()).toEqual({ prompt: "A fox.", style: "vivid", ...wire });
  });

  test.each([
    ["absent", {}],
    ["null", { ...nulls, style: null, partialImages: null, extraBody: null }],
  ])("sends the prompt alone where all else is %s", async (_, input) => {
    expect((await mutate("imageGenerations", { prompt: "A fox.", ...input })).json()).toEqual({ prompt: "A fox." });
  });

  test.each(transports)("asks for a stream where it is a subscription, over $transport", async ({ subscribe }) => {
    const input = { prompt: "A fox.", style: "vivid", partialImages: 3, ...options };
    const request = await subscribeTo(subscribe, "imageGenerations", "image_generation", input);
    expect(request.path).toBe("/v1/images/generations");
    expect(request.json()).toEqual({ prompt: "A fox.", style: "vivid", partial_images: 3, stream: true, ...wire });
    const plain = await subscribeTo(subscribe, "imageGenerations", "image_generation", { prompt: "A fox." });
    expect(plain.json()).toEqual({ prompt: "A fox.", stream: true });
  });

  test("sends extraBody's fields beside them", async () => {
    const extraBody = { seed: 7, background_options: { a: [1, null] }, prompt_rewriter: "off", image: "x" };
    const request = await mutate("imageGenerations", { prompt: "A fox.", extraBody }, { EXTRA_BODY: "on" });
    expect(request.json()).toEqual({ prompt: "A fox.", ...extraBody });
  });
});

describe("imageEdits", () => {
  test("sends every field as it was given, then the images in their order, then the mask", async () => {
    const images = [png, "data:image/webp;base64,d2U=", "data:image/jpeg;base64,anA="];
    const input = { images, mask: "data:image/png;base64,bWE=", prompt: "A hat.", inputFidelity: "HIGH", ...options };
    const request = await mutate("imageEdits", input);
    expect(request).toMatchObject({ method: "POST", path: "/v1/images/edits" });
    expect(request.headers["content-length"]).toBe(String(request.body.length));
    expect(readForm(request)).toEqual({
      fields: { prompt: "A hat.", input_fidelity: "high", ...asText(wire) },
      files: [
        ["image[]", "image.png", "image/png", "hi"],
        ["image[]", "image.webp", "image/webp", "we"],
        ["image[]", "image.jpg", "image/jpeg", "jp"],
        ["mask", "image.png", "image/png", "ma"],
      ],
    });
  });

  test.each([
    ["absent", {}],
    ["null", { ...nulls, inputFidelity: null, mask: null, markup: null, partialImages: null, extraBody: null }],
  ])("sends prompt and image alone where all else is %s; a single image is no list", async (_, input) => {
    const request = await mutate("imageEdits", { images: [png], prompt: "A hat.", ...input });
    expect(readForm(request)).toEqual({
      fields: { prompt: "A hat." },
      files: [["image", "image.png", "image/png", "hi"]],
    });
  });

  test("takes one image where a list is asked for, and a markup", async () => {
    const request = await mutate("imageEdits", { images: png, prompt: "A hat.", markup: png });
    expect(readForm(request).files).toEqual([
      ["image", "image.png", "image/png", "hi"],
      ["markup", "image.png", "image/png", "hi"],
    ]);
  });

  test("takes 16 images and a mask as they are configured by default, as parts of one request", async () => {
    const { upstream, server } = await startServed(answer);
    const names = Array.from({ length: 17 }, (_, place) => String(place));
    const files = Object.fromEntries(
      names.map((name) => [name, new File([`bytes ${name}`], `${name}.png`, { type: "image/png" })]),
    );
    const map = Object.fromEntries(
      names.map((name) => [name, [name === "16" ? "variables.input.mask" : `variables.input.images.${name}`]]),
    );
    const input = { images: Array(16).fill(null), mask: null, prompt: "A hat." };
    const { body } = await server.upload({ query: query("mutation", "imageEdits"), variables: { input } }, map, files);
    expect(body.errors).toBeUndefined();
    expect(readForm(upstream.requests[0] as never).files).toEqual(
      names.map((name) => [name === "16" ? "mask" : "image[]", `${name}.png`, "image/png", `bytes ${name}`]),
    );
  });

  test.each(transports)("asks for a stream where it is a subscription, over $transport", async ({ subscribe }) => {
    const input = { images: [png, png], prompt: "A hat.", partialImages: 0 };
    const request = await subscribeTo(subscribe, "imageEdits", "image_edit", input);
    expect(readForm(request)).toEqual({
      fields: { prompt: "A hat.", partial_images: "0", stream: "true" },
      files: [
        ["image[]", "image.png", "image/png", "hi"],
        ["image[]", "image.png", "image/png", "hi"],
      ],
    });
  });

  test("sends extraBody's texts, numbers, true and false as fields before the files", async () => {
    const extraBody = { seed: 7, watermark: false, scheduler: 'karras\r\n"x"', guidance: 7.5 };
    const input = { images: [png], prompt: "A hat.", extraBody };
    const request = await mutate("imageEdits", input, { EXTRA_BODY: "on" });
    expect(readForm(request)).toEqual({
      fields: { prompt: "A hat.", ...asText(extraBody) },
      files: [["image", "image.png", "image/png", "hi"]],
    });
    const exact = `mutation { imageEdits(input: { images: ["${png}"], prompt: "x", extraBody: { seed: 12345678901234567890 } }) { data { b64Json } } }`;
    const { upstream, server } = await startServed(answer, { EXTRA_BODY: "on" });
    await server.query(exact);
    expect(readForm(upstream.requests[0] as never).fields).toEqual({ prompt: "x", seed: "12345678901234567890" });
  });

  test.each([{ a: null }, { a: [1] }, { a: { b: 1 } }])("refuses %j in extraBody", async (extraBody) => {
    const { upstream, server } = await startServed(answer, { EXTRA_BODY: "on" });
    const input = { images: [png], prompt: "A hat.", extraBody };
    const { body } = await server.query(query("mutation", "imageEdits"), { input });
    expect(body.errors).toMatchObject([
      { message: expect.stringMatching(/^input\.extraBody must hold text, numbers, true and false alone.*"a"/) },
    ]);
    expect(upstream.requests).toEqual([]);
  });
});

describe.each([
  ["imageGenerations", {}],
  ["imageEdits", { images: [png] }],
] as const)("%s refuses before it calls the upstream", (field, more) => {
  const wrong: [object, string, RegExp][] = [
    [{ prompt: "" }, "prompt", /must be 1 to 32000 characters long; got 0\./],
    [{ prompt: "x".repeat(32_001) }, "prompt", /must be 1 to 32000 characters long; got 32001\./],
    [{ prompt: "🦊".repeat(32_001) }, "prompt", /got 32001\./],
    [{ model: "a,b" }, "model", /must name one model/],
    [{ n: 0 }, "n", /must be between 1 and 10; got 0\./],
    [{ n: 11 }, "n", /must be between 1 and 10; got 11\./],
    [{ outputCompression: -1 }, "outputCompression", /must be between 0 and 100; got -1\./],
    [{ outputCompression: 101 }, "outputCompression", /must be between 0 and 100; got 101\./],
    [{ frameCount: 1 }, "frameCount", /must be between 2 and 16; got 1\./],
    [{ frameCount: 17 }, "frameCount", /must be between 2 and 16; got 17\./],
    [{ frameDurationMs: -1 }, "frameDurationMs", /must be between 0 and 655350; got -1\./],
    [{ partialImages: 0 }, "partialImages", /must not be given in a mutation/],
    [{ partialImages: 2 }, "partialImages", /must not be given in a mutation/],
    ...[
      "svg",
      "SVG",
      "svg_model",
      "stream",
      "partial_images",
      "partialImages",
      "n",
      "num_images",
      "model",
      "prompt",
    ].map((name): [object, string, RegExp] => [{ extraBody: { [name]: "1" } }, "extraBody", /which has its own place/]),
  ];

  const cases = wrong.map(([input, ...rest]) => [JSON.stringify(input).slice(0, 50), input, ...rest] as const);
  test.each(cases)("%s", async (_, input, name, message) => {
    const { upstream, server } = await startServed(answer, { EXTRA_BODY: "on" });
    const { body } = await server.query(query("mutation", field), { input: { prompt: "x", ...more, ...input } });
    expect(body.errors).toMatchObject([{ message: expect.stringMatching(message), path: [field] }]);
    expect(body.errors[0]).toMatchObject({ extensions: { code: "BAD_USER_INPUT", field: `input.${name}` } });
    expect(upstream.requests).toEqual([]);
  });

  test("more images than MAX_N", async () => {
    const { upstream, server } = await startServed(answer, { MAX_N: "3" });
    const { body } = await server.query(query("mutation", field), { input: { prompt: "x", ...more, n: 4 } });
    expect(body.errors[0].message).toBe("input.n must be between 1 and 3; got 4.");
    expect(upstream.requests).toEqual([]);
  });

  test.each(transports)("more than 3 unfinished images, over $transport", async ({ subscribe }) => {
    const { upstream, server } = await startServed(completed("image_edit"));
    const input = { prompt: "x", ...more, partialImages: 4 };
    const { ended, results } = await subscribe(server.url, query("subscription", field), { input });
    await ended;
    expect(results).toMatchObject([{ errors: [{ message: "input.partialImages must be between 0 and 3; got 4." }] }]);
    expect(upstream.requests).toEqual([]);
  });

  test("no prompt of 32,000 characters, also of those that UTF-16 writes twice", async () => {
    for (const prompt of ["x".repeat(32_000), "🦊".repeat(32_000)]) {
      const { server } = await startServed(answer);
      expect(
        (await server.query(query("mutation", field), { input: { prompt, ...more } })).body.errors,
      ).toBeUndefined();
    }
  });

  test("a field of extraBody that the operator does not allow", async () => {
    const { upstream, server } = await startServed(answer, { EXTRA_BODY: "seed" });
    const send = (extraBody: object) =>
      server.query(query("mutation", field), { input: { prompt: "x", ...more, extraBody } });
    expect((await send({ other: 1 })).body.errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    expect(upstream.requests).toEqual([]);
    expect((await send({ seed: 1 })).body.errors).toBeUndefined();
  });
});

describe("imageEdits refuses", () => {
  test.each([
    [{ images: [] }, "images", "input.images must hold at least 1 entry; got 0."],
    [{ images: Array(17).fill(png) }, "images", "input.images must hold at most 16 entries; got 17."],
    [{ mask: png, markup: png }, "markup", "input.markup must not be given together with input.mask."],
  ])("%o", async (input, name, message) => {
    const { upstream, server } = await startServed(answer);
    const { body } = await server.query(query("mutation", "imageEdits"), {
      input: { prompt: "x", images: [png], ...input },
    });
    expect(body.errors).toMatchObject([{ message, extensions: { code: "BAD_USER_INPUT", field: `input.${name}` } }]);
    expect(upstream.requests).toEqual([]);
  });

  test.each([
    [{ images: [png, "data:image/png;base64,"] }, "input.images[1] must not be empty; got 0 bytes."],
    [{ mask: "data:image/png;base64," }, "input.mask must not be empty; got 0 bytes."],
    [{ markup: "data:image/png;base64," }, "input.markup must not be empty; got 0 bytes."],
  ])("an empty file: %j", async (input, message) => {
    const { upstream, server } = await startServed(answer);
    const { body } = await server.query(query("mutation", "imageEdits"), {
      input: { prompt: "x", images: [png], ...input },
    });
    expect(body.errors).toMatchObject([{ message, extensions: { code: "BAD_USER_INPUT" } }]);
    expect(upstream.requests).toEqual([]);
    expect(server.faults).toEqual([]);
  });

  test("a file over MAX_UPLOAD_BYTES, by its field", async () => {
    const { upstream, server } = await startServed(answer, { MAX_UPLOAD_BYTES: "2" });
    const input = { prompt: "x", images: [png, "data:image/png;base64,aGlp"] };
    const { body, status } = await server.query(query("mutation", "imageEdits"), { input });
    expect(status).toBe(413);
    expect(body.errors).toMatchObject([
      { message: "input.images[1] must be at most 2 bytes; got 3.", extensions: { code: "PAYLOAD_TOO_LARGE" } },
    ]);
    expect(upstream.requests).toEqual([]);
  });
});
