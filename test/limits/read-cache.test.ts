// Kept answers to models and model(id): who shares them, for how long, and what is never kept.
import { expect, test, vi } from "vitest";
import { startTestServer } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

const models = "{ models { id } }";
const list = { object: "list", data: [{ id: "a" }, { id: "b" }] };
const TTL = { MODELS_TTL_SECONDS: "60" };

test("what was read once is not read again within the time to live, by any caller, and counts for nobody", async () => {
  const upstream = await startUpstream(json(list));
  const keys = [
    { id: "ann", key: "key-of-ann-0123456789", requestsPerMinute: 1 },
    { id: "bob", key: "key-of-bob-0123456789", models: ["b"] },
  ];
  const server = await startTestServer(upstream.url, { ...TTL, CLIENT_KEYS: JSON.stringify(keys) });
  const ask = (key: string) => server.query(models, undefined, { headers: { authorization: `Bearer ${key}` } });
  for (let time = 0; time < 3; time++) {
    expect((await ask("key-of-ann-0123456789")).body).toEqual({ data: { models: [{ id: "a" }, { id: "b" }] } });
    expect((await ask("key-of-bob-0123456789")).body).toEqual({ data: { models: [{ id: "b" }] } });
  }
  expect(upstream.requests).toHaveLength(1);
});

test("many who ask at once share one call", async () => {
  const held: (() => void)[] = [];
  const upstream = await startUpstream((received, res, req) => void held.push(() => json(list)(received, res, req)));
  const server = await startTestServer(upstream.url, TTL);
  const asked = Array.from({ length: 20 }, () => server.query(models));
  await vi.waitUntil(() => upstream.requests.length > 0);
  await server.query("{ __typename }");
  for (const answer of held) answer();
  for (const { body } of await Promise.all(asked))
    expect(body).toEqual({ data: { models: [{ id: "a" }, { id: "b" }] } });
  expect(upstream.requests).toHaveLength(1);
});

test("a model is kept by its name, and refused to who may not use it", async () => {
  const upstream = await startUpstream(json({ id: "a" }));
  const keys = [
    { id: "ann", key: "key-of-ann-0123456789" },
    { id: "bob", key: "key-of-bob-0123456789", models: ["b"] },
  ];
  const server = await startTestServer(upstream.url, { ...TTL, CLIENT_KEYS: JSON.stringify(keys) });
  const ask = (id: string, key: string) =>
    server.query(`{ model(id: "${id}") { id } }`, undefined, { headers: { authorization: `Bearer ${key}` } });
  await ask("a", "key-of-ann-0123456789");
  await ask("a", "key-of-ann-0123456789");
  expect(upstream.requests).toHaveLength(1);
  await ask("c", "key-of-ann-0123456789");
  expect(upstream.requests).toHaveLength(2);
  expect((await ask("a", "key-of-bob-0123456789")).body.errors[0].extensions.code).toBe("FORBIDDEN");
});

test("callers with keys of their own upstream do not share", async () => {
  const upstream = await startUpstream(json(list));
  const server = await startTestServer(upstream.url, { ...TTL, AUTH: "passthrough" });
  for (const key of ["sk-one-1234567", "sk-two-1234567", "sk-one-1234567"])
    await server.query(models, undefined, { headers: { authorization: `Bearer ${key}` } });
  expect(upstream.requests.map(({ headers }) => headers.authorization)).toEqual([
    "Bearer sk-one-1234567",
    "Bearer sk-two-1234567",
  ]);
});

test("failures are not kept", async () => {
  const upstream = await startUpstream(json({ error: { message: "no" } }, 400));
  const server = await startTestServer(upstream.url, TTL);
  expect((await server.query(models)).body.errors).toHaveLength(1);
  upstream.answer = json(list);
  expect((await server.query(models)).body.errors).toBeUndefined();
  expect(upstream.requests).toHaveLength(2);
});

test("with 0 nothing is kept or shared", async () => {
  const upstream = await startUpstream(json(list));
  const server = await startTestServer(upstream.url, { MODELS_TTL_SECONDS: "0" });
  await Promise.all([server.query(models), server.query(models)]);
  expect(upstream.requests).toHaveLength(2);
});

test("a shared call goes on for the others when the one that began it leaves, and ends when all have left", async () => {
  const held: (() => void)[] = [];
  const upstream = await startUpstream((received, res, req) => void held.push(() => json(list)(received, res, req)));
  const server = await startTestServer(upstream.url, TTL);
  const [first, second] = [new AbortController(), new AbortController()];
  const left = server.query(models, undefined, { signal: first.signal }).catch(() => "left");
  await vi.waitUntil(() => upstream.requests.length === 1);
  const stays = server.query(models);
  // The second is at the server once a third operation behind it has been answered.
  await server.query("{ __typename }");
  first.abort();
  expect(await left).toBe("left");
  await server.query("{ __typename }");
  held[0]?.();
  expect((await stays).body).toEqual({ data: { models: [{ id: "a" }, { id: "b" }] } });
  expect(upstream.requests).toHaveLength(1);

  const other = server.query('{ model(id: "z") { id } }', undefined, { signal: second.signal }).catch(() => "left");
  await vi.waitUntil(() => upstream.requests.length === 2);
  second.abort();
  expect(await other).toBe("left");
  await upstream.requests[1]?.closed;
});
