// The package in Bun: its fetch handler answers, streams both ways, and ends the upstream calls of clients that leave.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, test } from "vitest";
import { chatAnswer, chat as chatMutation } from "../support/calls.ts";
import { startCommand } from "../support/command.ts";
import { pathOf } from "../support/deployment.ts";
import { variations, vary } from "../support/multipart.ts";
import { preflighted, request } from "../support/server.ts";
import { chat, chunk, event, hello, openStream, streams, write } from "../support/stream.ts";
import { type Answer, json, startUpstream } from "../support/upstream.ts";

const JSON_TYPE = { "content-type": "application/json" };
const SSE = { ...JSON_TYPE, accept: "text/event-stream" };
const bun = process.env.BUN ?? "bun";
const hasBun = spawnSync(bun, ["--version"]).status === 0;
if (!hasBun) console.warn(`Tests of Bun are skipped: there is no ${bun}. BUN may name one.`);
const program = fileURLToPath(new URL("../support/bun-server.mjs", import.meta.url));

beforeEach((context) => {
  if (!hasBun) context.skip("Bun is not installed");
});

/** Starts the server in Bun; it ends with the test. */
async function start(answer: Answer) {
  const upstream = await startUpstream(answer);
  const started = startCommand(pathOf("."), {}, bun, program, upstream.url);
  return { upstream, url: new URL("/graphql", await started.url).href };
}

const post = (query: string, headers = JSON_TYPE) => ({ method: "POST", headers, body: JSON.stringify({ query }) });

test("a mutation, a stream and a refusal are answered", async () => {
  const { upstream, url } = await start((received, ...rest) => {
    const { stream } = received.json() as { stream?: boolean };
    return (stream ? streams(hello) : json(chatAnswer))(received, ...rest);
  });
  expect((await request(url, post(chatMutation))).body).toEqual({ data: { chat: { text: "hello" } } });
  expect((await request(url, post(chat, SSE))).text).toMatch(/"Hel".*"lo".*event: complete/s);
  expect((await request(url, post("{ nothing }"))).body.errors[0].extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
  expect((await fetch(`${url}?query={models{id}}`)).status).toBe(403);
  expect(upstream.requests).toHaveLength(2);
});

test("an upload is passed on whole", async () => {
  const { upstream, url } = await start(json(variations));
  const form = new FormData();
  form.set("operations", JSON.stringify({ query: vary, variables: { image: null } }));
  form.set("map", '{"0":["variables.image"]}');
  form.set("0", new Blob(["x".repeat(3_000_000)], { type: "image/png" }), "a.png");
  const { body } = await request(url, { method: "POST", headers: preflighted, body: form });
  expect(body.errors).toBeUndefined();
  expect(upstream.requests[0]?.body.length).toBeGreaterThan(3_000_000);
});

test("who leaves a stream ends the upstream call", async () => {
  const { upstream, url } = await start(async (_, res) => {
    openStream(res);
    await write(res, event(chunk("Hel")));
  });
  const leaving = new AbortController();
  const { body } = await fetch(url, { ...post(chat, SSE), signal: leaving.signal });
  const reader = body?.getReader();
  let text = "";
  while (!text.includes("Hel")) text += Buffer.from((await reader?.read())?.value ?? []).toString();
  leaving.abort();
  await upstream.requests[0]?.closed;
  expect(upstream.requests).toHaveLength(1);
});
