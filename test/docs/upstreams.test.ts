// docs/upstreams.md: the variables that it names exist, and its base URLs lead to the right paths.
import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config/read-config.ts";
import { variables } from "../../src/config/variables.ts";
import { errorCodes } from "../../src/errors/codes.ts";
import { chat, chatAnswer } from "../support/calls.ts";
import { readPage } from "../support/docs.ts";
import { startTestServer } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

const page = readPage("docs/upstreams.md");

const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && line.includes("http"))
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")))
  .map(([name = "", url = "", ...cells]) => ({ name, url: /`(\S+)`/.exec(url)?.[1] ?? "", more: cells.join(" ") }));

test("the table has every server that is promised", () => {
  const names =
    "OpenAI, Azure v1, Azure classic, Ollama, vLLM, llama.cpp, LM Studio, LiteLLM, OpenRouter, Groq, DeepSeek, Gemini, Mistral";
  expect(rows.map(({ name }) => name.replace(",", "")).join(", ")).toBe(names);
});

test("each variable that it names is one of this server's, or Node's", () => {
  const known = new Set([...Object.keys(variables), ...Object.keys(errorCodes), "NODE_EXTRA_CA_CERTS"]);
  const aliases = Object.values(variables).flatMap(({ alias }) => (alias === undefined ? [] : [alias]));
  const named = [...page.matchAll(/\b[A-Z][A-Z\d]*(?:_[A-Z\d]+)+\b/g)].map(([name]) => name);
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
  expect(
    [...page.matchAll(/\b[a-z]+_proxy\b/g)].map(([name]) => name).filter((name) => !aliases.includes(name)),
  ).toEqual([]);
});

test("the values that it sets are accepted", () => {
  for (const { url, more } of rows) {
    const set = [...more.matchAll(/`([A-Z_]+)=([^`]+)`/g)].map(([, name = "", value = ""]) => [name, value]);
    expect(() => readConfig({ OPENAI_BASE_URL: url, ...Object.fromEntries(set) })).not.toThrow();
  }
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = ""]) => block);
  expect(blocks.length).toBeGreaterThan(4);
  for (const block of blocks) {
    const set = [...block.matchAll(/\b([A-Z][A-Z_]+)=(?:'([^']*)'|(\S+))/g)].map(([, name = "", quoted, bare]) => [
      name,
      // An ellipsis stands for a key.
      (quoted ?? bare ?? "").replace("…", "0123456789"),
    ]);
    expect(() => readConfig(Object.fromEntries(set))).not.toThrow();
  }
});

describe("the base URL of", () => {
  test.each(rows)("$name leads to the paths of its API", async ({ url }) => {
    const { pathname: path, search } = new URL(url);
    const pathname = path.replace(/\/$/, "");
    const upstream = await startUpstream(json({ ...chatAnswer, data: [] }));
    const server = await startTestServer(new URL(path + search, upstream.url).href);
    for (const operation of [chat, "{ models { id } }", '{ model(id: "a/b") { id } }']) await server.query(operation);
    expect(upstream.requests.slice(0, 3).map(({ method, path }) => `${method} ${path}`)).toEqual([
      `POST ${pathname}/chat/completions${search}`,
      `GET ${pathname}/models${search}`,
      `GET ${pathname}/models/a%2Fb${search}`,
    ]);
  });
});
