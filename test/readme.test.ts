// README: every operation in it runs as printed, and its error table is the schema's.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PNG } from "pngjs";
import { describe, expect, test } from "vitest";
import { errorCodes } from "../src/schema/errors.ts";
import { startProcess } from "./support/process.ts";
import { request } from "./support/server.ts";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const ENDPOINT = "http://127.0.0.1:4000/graphql";

/** The fenced blocks of one language, in order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map((match) => match[1] ?? "");
}

const photo = PNG.sync.write(
  Object.assign(new PNG({ width: 64, height: 64 }), { data: Buffer.alloc(64 * 64 * 4, 0xa5) }),
);

describe("on the sandbox", () => {
  test.each(blocks("graphql").map((query) => [/(\w+ \w+)/.exec(query)?.[1], query]))("%s answers", async (_, query) => {
    const url = await startProcess({ PORT: "0" }).url;
    const { body } = await request(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
    expect(body.errors).toBeUndefined();
    for (const answer of Object.values(body.data)) expect(answer).toBeTruthy();
  });

  test("the curl upload brings back n variations that open as images of the asked size", async (context) => {
    const curl = blocks("sh").find((block) => block.startsWith("curl"));
    const installed = await promisify(execFile)("curl", ["--version"]).catch(() => undefined);
    if (!installed) context.skip("curl is not installed");
    const folder = mkdtempSync(join(tmpdir(), "readme-"));
    writeFileSync(join(folder, "photo.png"), photo);
    const url = await startProcess({ PORT: "0" }).url;
    const { stdout } = await promisify(execFile)("sh", ["-c", curl?.replace(ENDPOINT, url) ?? ""], { cwd: folder });
    const images = JSON.parse(stdout).data.imageVariations.data as { url: string }[];
    expect(images).toHaveLength(2);
    for (const image of images) {
      const response = await fetch(image.url);
      expect(PNG.sync.read(Buffer.from(await response.arrayBuffer()))).toMatchObject({ width: 256, height: 256 });
    }
  });

  test("the browser upload brings back an image", async () => {
    const url = await startProcess({ PORT: "0" }).url;
    const script = `${blocks("js")[0]?.replace(ENDPOINT, url)}\nreturn { data, errors };`;
    const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
    const { data, errors } = await new AsyncFunction("file", script)(
      new File([new Uint8Array(photo)], "photo.png", { type: "image/png" }),
    );
    expect(errors).toBeUndefined();
    expect(PNG.sync.read(Buffer.from(data.imageVariations.data[0].b64Json, "base64")).width).toBe(1024);
  });
});

test("the error table is the schema's", () => {
  const rows = Object.entries(errorCodes).map(([code, { cause, remedy }]) => `| \`${code}\` | ${cause} | ${remedy} |`);
  expect(readme).toContain(`\n${rows.join("\n")}\n\n`);
});
