// Recipes that pass requests on do so with the pictures and sounds that the server keeps.
import { writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { startSandbox } from "../../src/sandbox/server.ts";
import { findBlock, readPage } from "../support/docs.ts";

test("each dev server passes /media/ on beside /graphql", () => {
  const [, section = ""] = /\n## From a dev server\n(.*?)\n## /s.exec(readPage("docs/clients.md")) ?? [];
  const blocks = [...section.matchAll(/```\w+\n(.*?)```/gs)].map(([, block]) => block);
  expect(blocks).toHaveLength(4);
  for (const block of blocks) expect(block).toMatch(/\/graphql.*\/media\//s);
});

test("in Hono, a picture that was made is served", async () => {
  const sandbox = await startSandbox({ delayMs: 0 });
  onTestFinished(() => sandbox.close());
  const file = new URL("../../dist/embedding-hono.mjs", import.meta.url);
  const environment = { OPENAI_BASE_URL: sandbox.url, OPENAI_API_KEY: "sandbox", LOG_LEVEL: "silent" };
  const recipe = findBlock("docs/embedding.md", "ts", 'from "hono"')
    .replace('"openai-graphql-server"', '"./index.js"')
    .replace("process.env", JSON.stringify(environment));
  writeFileSync(file, recipe);
  const { default: hono } = await import(file.href);
  const made = await hono.request("http://localhost/graphql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: 'mutation { imageGenerations(input: { prompt: "A fox" }) { data { url } } }' }),
  });
  const { data } = await made.json();
  const picture = await hono.request(`http://localhost${data.imageGenerations.data[0].url}`);
  expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/png"]);
});
