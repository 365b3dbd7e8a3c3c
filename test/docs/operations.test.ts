// Every operation in README and docs runs as printed, and so do the commands of curl and the upload from a browser.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PNG } from "pngjs";
import { describe, expect, onTestFinished, type TestContext, test } from "vitest";
import { blocksOf, ENDPOINT, findBlock, PAGES } from "../support/docs.ts";
import { shared } from "../support/lifetime.ts";
import { startProcess } from "../support/process.ts";
import { request } from "../support/server.ts";

const operations = PAGES.flatMap((page) =>
  blocksOf(page, "graphql").map((query) => ({ page, name: /(\w+ \w+)/.exec(query)?.[1], query })),
);

test("each page that has operations is read", () => {
  const pages = new Set(operations.map(({ page }) => page));
  expect(pages).toContain("README.md");
  expect(pages.size).toBeGreaterThan(3);
  expect(operations.length).toBeGreaterThan(15);
});

async function needCurl(context: TestContext): Promise<void> {
  const installed = await promisify(execFile)("curl", ["--version"]).catch(() => undefined);
  if (!installed) context.skip("curl is not installed");
}

const photo = PNG.sync.write(
  Object.assign(new PNG({ width: 64, height: 64 }), { data: Buffer.alloc(64 * 64 * 4, 0xa5) }),
);

describe("on the sandbox", () => {
  const sandbox = shared(() => startProcess({ PORT: "0" }));
  const fastSandbox = shared(() => startProcess({ PORT: "0", SANDBOX_DELAY_MS: "0" }));

  test.each(operations)("$page: $name answers", async ({ query }) => {
    const url = await sandbox().url;
    const accept = query.startsWith("subscription") ? "text/event-stream" : "application/json";
    const { body, text } = await request(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify({ query }),
    });
    const results = body ? [body] : [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? ""));
    expect(results.length).toBeGreaterThan(0);
    for (const { data, errors } of results) {
      expect(errors).toBeUndefined();
      for (const answer of Object.values(data)) expect(answer).toBeTruthy();
    }
  });

  test("the error that the page shows is the sandbox's", async () => {
    const shown = JSON.parse(findBlock("docs/errors.md", "json", "UPSTREAM_RATE_LIMITED"));
    shown.errors[0].extensions.upstream.requestId = expect.stringMatching(/^req_/);
    const { body } = await request(await sandbox().url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        query: `mutation { chat(input: { model: "sandbox-rate-limit", messages: [{ role: USER, content: "Hi" }] }) { text } }`,
      }),
    });
    expect(body).toEqual(shown);
  });

  test("the curl stream gives words and then completes", async (context) => {
    await needCurl(context);
    const url = await fastSandbox().url;
    const { stdout } = await promisify(execFile)("sh", [
      "-c",
      findBlock("docs/streaming.md", "sh", "curl -N").replace(ENDPOINT, url),
    ]);
    expect(stdout).toMatch(/event: next\ndata: \{"data":\{"chat":\{"text":"Hello"\}\}\}.*event: complete/s);
  });

  test("the curl mutation with a key is run once, and answered again", async (context) => {
    await needCurl(context);
    const url = await fastSandbox().url;
    const command = findBlock("docs/operations.md", "sh", "idempotency-key")
      .replace("curl", "curl --silent --include")
      .replace(ENDPOINT, url);
    const run = async () => (await promisify(execFile)("sh", ["-c", command])).stdout;
    const first = await run();
    const again = await run();
    expect(first).toMatch(/"choices":\[\{"text":".+"\}\]/);
    expect(first).not.toMatch(/^idempotent-replayed/im);
    expect(again).toMatch(/^idempotent-replayed: true\r$/im);
    expect(again.split("\r\n\r\n")[1]).toBe(first.split("\r\n\r\n")[1]);
  });

  test("the curl upload brings back n variations that open as images of the asked size", async (context) => {
    await needCurl(context);
    const folder = mkdtempSync(join(tmpdir(), "docs-"));
    writeFileSync(join(folder, "photo.png"), photo);
    const url = await sandbox().url;
    const { stdout } = await promisify(execFile)(
      "sh",
      ["-c", findBlock("docs/uploads.md", "sh", "-F operations").replace(ENDPOINT, url)],
      { cwd: folder },
    );
    const images = JSON.parse(stdout).data.imageVariations.data as { url: string }[];
    expect(images).toHaveLength(2);
    for (const image of images) {
      const response = await fetch(image.url);
      expect(PNG.sync.read(Buffer.from(await response.arrayBuffer()))).toMatchObject({ width: 256, height: 256 });
    }
  });

  test("the upload of the script for Node.js brings back an image", async () => {
    const folder = mkdtempSync(join(tmpdir(), "docs-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "photo.png"), photo);
    const recipe = findBlock("docs/uploads.md", "js", "openAsBlob").replace(ENDPOINT, await sandbox().url);
    writeFileSync(join(folder, "upload.mjs"), recipe);
    const { stdout } = await promisify(execFile)(process.execPath, ["upload.mjs"], { cwd: folder });
    const [image] = JSON.parse(stdout).data.imageVariations.data as { url: string }[];
    const response = await fetch(image?.url ?? "");
    expect(PNG.sync.read(Buffer.from(await response.arrayBuffer())).width).toBe(1024);
  });

  /** Runs a page's command in a folder with these files, and yields what the server has answered. */
  async function runUpload(page: string, words: string, files: Record<string, Uint8Array>) {
    const folder = mkdtempSync(join(tmpdir(), "docs-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const command = findBlock(page, "sh", words).replace(ENDPOINT, await fastSandbox().url);
    const { stdout } = await promisify(execFile)("sh", ["-c", command], { cwd: folder });
    return JSON.parse(stdout);
  }

  /** Runs an operation of a page and yields all of its results' data. */
  async function runOperation(page: string, name: string) {
    const url = await fastSandbox().url;
    const query = findBlock(page, "graphql", name);
    const accept = query.startsWith("subscription") ? "text/event-stream" : "application/json";
    const { body, text } = await request(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify({ query }),
    });
    const results = body ? [body] : [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? ""));
    return results.map(({ data }) => data);
  }

  test("the curl upload of several images brings back a picture", async (context) => {
    await needCurl(context);
    const { data } = await runUpload("docs/images.md", "variables.mask", { "photo.png": photo });
    const { body } = await fetchMedium(data.imageEdits.data[0].url);
    expect(PNG.sync.read(body).width).toBe(1024);
  });

  test("the curl upload of a file in a chat is answered", async (context) => {
    await needCurl(context);
    const { data } = await runUpload("docs/media.md", "upload: $file", { "photo.png": photo });
    expect(data.chat.text).toMatch(/\w/);
  });

  test("the sound of the page is written down again by its curl upload", async (context) => {
    await needCurl(context);
    const [{ speak }] = await runOperation("docs/audio.md", "mutation Speak ");
    const { type, body } = await fetchMedium(speak.url);
    expect([type, body.length]).toEqual(["audio/wav", speak.sizeBytes]);
    const { data } = await runUpload("docs/audio.md", "@speech.wav", { "speech.wav": body });
    expect(data.transcribe.text).toBe("Hello from the lighthouse.");
  });

  test("the pieces of a sound are joined as the page says", async () => {
    const results = await runOperation("docs/audio.md", "subscription SpeakStream");
    const script = findBlock("docs/audio.md", "js", "base64,");
    const url = new Function("pieces", `${script}\nreturn url;`)(results.map(({ speak }) => speak));
    const sound = Buffer.from(url.replace("data:audio/wav;base64,", ""), "base64");
    const [{ speak }] = await runOperation("docs/audio.md", "mutation Speak ");
    expect(sound.equals((await fetchMedium(speak.url)).body)).toBe(true);
  });

  test("a vector is read from base64 as the page says", async () => {
    const script = findBlock("docs/embeddings.md", "js", "Float32Array");
    const { body } = await request(await fastSandbox().url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        query: `mutation { embed(input: { model: "text-embedding-3-small", input: ["Hi"] }) { data { base64 embedding } } }`,
      }),
    });
    const [{ base64, embedding }] = body.data.embed.data;
    expect([...new Function("base64", `${script}\nreturn floats;`)(base64)]).toEqual(embedding.map(Math.fround));
  });

  test("the script edits the picture that it has made, by its url", async () => {
    const folder = mkdtempSync(join(tmpdir(), "docs-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const script = findBlock("docs/media.md", "js", "imageEdits").replace(ENDPOINT, await fastSandbox().url);
    writeFileSync(join(folder, "edit.mjs"), script);
    const { stdout } = await promisify(execFile)(process.execPath, ["edit.mjs"], { cwd: folder });
    expect(PNG.sync.read((await fetchMedium(stdout.trim())).body).width).toBe(1024);
  });

  async function fetchMedium(url: string) {
    expect(url).toMatch(/^\/media\//);
    const response = await fetch(new URL(url, await fastSandbox().url));
    return { type: response.headers.get("content-type"), body: Buffer.from(await response.arrayBuffer()) };
  }

  test("the browser upload brings back an image", async () => {
    const url = await sandbox().url;
    const script = `${findBlock("docs/uploads.md", "js", "FormData").replace(ENDPOINT, url)}\nreturn { data, errors };`;
    const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
    const { data, errors } = await new AsyncFunction("file", script)(
      new File([new Uint8Array(photo)], "photo.png", { type: "image/png" }),
    );
    expect(errors).toBeUndefined();
    expect(PNG.sync.read(Buffer.from(data.imageVariations.data[0].b64Json, "base64")).width).toBe(1024);
  });
});
