// The first examples of docs/operations.md: all six, as printed, against one fresh process that has no key.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { PNG } from "pngjs";
import { expect, test } from "vitest";
import { startProcess } from "../support/process.ts";
import { request } from "../support/server.ts";

const run = promisify(execFile);
const page = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
const section = /^## First examples\n(.*?)^## /ms.exec(page)?.[1] ?? "";
const blocks = (language: string) =>
  [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map((match) => match[1] ?? "");

interface Model {
  id: string;
  created: string;
  permission: object[];
}

test("the six first examples answer with no key", async (context) => {
  const { url: started, output } = startProcess({ PORT: "0", SANDBOX_DELAY_MS: "0" });
  const url = await started;
  expect(output()).toContain("built-in sandbox");
  const send = async (query = "") => {
    const { status, body } = await request(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
    expect([status, body.errors]).toEqual([200, undefined]);
    return body.data;
  };
  const [temperate, hello, list, single, complete, ...others] = blocks("graphql");
  expect(others).toEqual([]);
  const [upload = "", ...otherCommands] = blocks("sh");
  expect(otherCommands).toEqual([]);

  expect(temperate).toMatch(/model: "gpt-3\.5-turbo"\n.*\n\s+temperature: 0\.7\n/);
  expect((await send(temperate)).chat).toEqual({
    id: expect.stringMatching(/^chatcmpl-/),
    model: "gpt-3.5-turbo-0301",
    created: expect.stringMatching(/^\d{4}-.*Z$/),
    choices: [
      {
        index: 0,
        finishReason: "STOP",
        message: { role: "ASSISTANT", content: expect.stringContaining('"Say this is a test!"') },
      },
    ],
    usage: { promptTokens: 13, completionTokens: expect.any(Number), totalTokens: expect.any(Number) },
  });

  expect(hello).toContain('model: "gpt-3.5-turbo", messages: [{ role: USER, content: "Hello!" }]');
  expect((await send(hello)).chat.text).toContain('You said: "Hello!"');

  const { models }: { models: Model[] } = await send(list);
  expect(models.map(({ id }) => id)).toEqual(
    expect.arrayContaining(["gpt-3.5-turbo", "gpt-3.5-turbo-0301", "text-davinci-003", "dall-e-2"]),
  );
  for (const { permission } of models) {
    expect(permission).toEqual([{ allowSampling: true, allowFineTuning: false, organization: "*" }]);
  }

  expect((await send(single)).model).toEqual({
    id: "text-davinci-003",
    ownedBy: "openai-internal",
    created: "2022-11-28T01:40:35.000Z",
    permission: [{ id: expect.stringMatching(/^modelperm-/), organization: "*", isBlocking: false }],
  });

  expect(complete).toMatch(/model: "text-davinci-003", prompt: "Say this is a test", maxTokens: 7, temperature: 0 /);
  expect((await send(complete)).complete).toEqual({
    model: "text-davinci-003",
    choices: [{ text: expect.stringMatching(/^\n\nSandbox/), index: 0, finishReason: "LENGTH" }],
    usage: { totalTokens: 5 + 7 },
  });

  const curl = await run("curl", ["--version"]).catch(() => undefined);
  if (!curl) context.skip("curl is not installed");
  const folder = mkdtempSync(join(tmpdir(), "first-examples-"));
  expect(upload).toContain('n: 2, size: \\"1024x1024\\"');
  const { stdout } = await run("sh", ["-c", upload.replace("http://127.0.0.1:4000/graphql", url)], { cwd: folder });
  const { data, errors } = JSON.parse(stdout);
  expect(errors).toBeUndefined();
  const images: { url: string }[] = data.imageVariations.data;
  const own = expect.stringMatching(new RegExp(`^${url}/pictures/img-\\w{24}\\.png$`));
  expect(images).toEqual([{ url: own }, { url: own }]);
  const pictures = await Promise.all(
    images.map(async (image) => PNG.sync.read(Buffer.from(await (await fetch(image.url)).arrayBuffer()))),
  );
  for (const picture of pictures) expect(picture).toMatchObject({ width: 1024, height: 1024 });
  expect(pictures[0]?.data.equals(pictures[1]?.data ?? Buffer.alloc(0))).toBe(false);
});

test("the full name of an aliased model may be asked for, too", async () => {
  const url = await startProcess({ PORT: "0", SANDBOX_DELAY_MS: "0" }).url;
  const query = `mutation { chat(input: { model: "gpt-3.5-turbo-0301", messages: [{ role: USER, content: "Hi" }] }) { model } }`;
  const { body } = await request(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  expect(body).toEqual({ data: { chat: { model: "gpt-3.5-turbo-0301" } } });
});
