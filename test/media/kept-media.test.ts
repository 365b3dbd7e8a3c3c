// What a process keeps of media: bounded, and fair to callers who keep little; in Redis for all processes on it.
import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { get, makePicture, pictures, startPictures } from "../support/media.ts";
import { makeBytes, vary } from "../support/multipart.ts";
import { startProcess } from "../support/process.ts";
import { hasRedis, startBrokenRedis, startRedis } from "../support/redis.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

const KIB = 1_024;
const keys = { CLIENT_KEYS: JSON.stringify(["ann", "bob"].map((id) => ({ id, key: `${id}-key-0123456789` }))) };
const as = (id: string) => ({ headers: { authorization: `Bearer ${id}-key-0123456789` } });
const picture = (bytes: number) => pictures(Buffer.alloc(bytes, 7), "png");
const statusOf = async ({ url }: Pick<TestServer, "url">, path: string) => (await get(url, path)).status;
const statusesOf = (server: TestServer, paths: string[]) => Promise.all(paths.map((path) => statusOf(server, path)));

async function makeMany(server: TestServer, count: number, init?: RequestInit): Promise<string[]> {
  const paths: string[] = [];
  for (let turn = 0; turn < count; turn++) paths.push(await makePicture(server, init));
  return paths;
}

const ways: [string, () => Promise<Record<string, string>>][] = [["in memory", async () => ({})]];
if (hasRedis) ways.push(["in Redis", async () => ({ REDIS_URL: (await startRedis()).url })]);

describe.each(ways)("%s", (_, open) => {
  test("MEDIA_MAX_BYTES are kept, and the oldest go first", async () => {
    const { server } = await startPictures({ MEDIA_MAX_BYTES: String(50 * KIB), ...(await open()) }, picture(10 * KIB));
    const paths = await makeMany(server, 8);
    await expect.poll(() => statusesOf(server, paths)).toEqual([404, 404, 404, 404, 200, 200, 200, 200]);
  });

  test("a caller with many drives out none of another's", async () => {
    const environment = { ...keys, MEDIA_MAX_BYTES: String(50 * KIB), ...(await open()) };
    const { server } = await startPictures(environment, picture(10 * KIB));
    const bobs = await makePicture(server, as("bob"));
    const anns = await makeMany(server, 10, as("ann"));
    expect(await statusOf(server, bobs)).toBe(200);
    expect(await statusOf(server, anns.at(-1) ?? "")).toBe(200);
    await expect.poll(() => statusOf(server, anns[0] ?? "")).toBe(404);
  });

  test("one for which another would have to give way who has less has a data: URL", async () => {
    const environment = { ...keys, MEDIA_MAX_BYTES: String(50 * KIB), ...(await open()) };
    const { upstream, server } = await startPictures(environment, picture(20 * KIB));
    const bobs = await makePicture(server, as("bob"));
    upstream.answer = picture(40 * KIB);
    expect(await makePicture(server, as("ann"))).toMatch(/^data:image\/png;base64,/);
    expect(await statusOf(server, bobs)).toBe(200);
  });

  test("a larger one has a data: URL, and drives out nothing", async () => {
    const { upstream, server } = await startPictures(
      { MEDIA_MAX_BYTES: String(50 * KIB), ...(await open()) },
      picture(10 * KIB),
    );
    const small = await makePicture(server);
    upstream.answer = picture(51 * KIB);
    expect(await makePicture(server)).toMatch(/^data:image\/png;base64,BwcH/);
    expect(await statusOf(server, small)).toBe(200);
  });

  test("pieces of a large one join without a seam, and ranges begin anywhere in them", async () => {
    const bytes = Buffer.from(Uint32Array.from({ length: 300 * KIB }, (_value, place) => place).buffer);
    const { server } = await startPictures(await open(), pictures(bytes, "png"));
    const path = await makePicture(server);
    expect((await get(server.url, path)).body.equals(bytes)).toBe(true);
    const edge = 256 * KIB;
    for (const [start, end] of [
      [0, edge],
      [edge - 1, edge + 1],
      [edge, 2 * edge],
      [edge + 5, 3 * edge + 7],
      [bytes.length - 3, bytes.length],
    ] as const) {
      const { status, body } = await get(server.url, path, { headers: { range: `bytes=${start}-${end - 1}` } });
      expect([status, body.equals(bytes.subarray(start, end))]).toEqual([206, true]);
    }
  });

  test("a url that two aliases select is served under both", async () => {
    const { server } = await startPictures(await open());
    const { body } = await server.query(vary.replace("{ url }", "{ a: url b: url }"), {
      image: "data:image/png;base64,aGk=",
    });
    const { a, b } = body.data.imageVariations.data[0];
    expect(await statusesOf(server, [a, b])).toEqual([200, 200]);
  });

  test.each([
    ["whole", (base64: string) => base64],
    ["without its padding", (base64: string) => base64.replace(/=+$/, "")],
    ["in lines", (base64: string) => base64.replace(/.{76}/g, "$&\r\n")],
    ["with one line end at its end", (base64: string) => `${base64}\n`],
    ["in the alphabet of URLs", (base64: string) => base64.replaceAll("+", "-").replaceAll("/", "_")],
  ])("a large picture comes back as it was, its base64 %s, and is kept once", async (_, write) => {
    for (const size of [12_288, 12_289, 196_607, 196_608, 196_610, 3_000_001]) {
      const bytes = makeBytes(size);
      const { server } = await startPictures(
        await open(),
        json({ data: [{ b64_json: write(bytes.toString("base64")) }] }),
      );
      const query = vary.replace("{ url }", "{ a: url b: url }");
      const { body } = await server.query(query, { image: "data:image/png;base64,aGk=" });
      const { a, b } = body.data.imageVariations.data[0];
      expect((await get(server.url, a)).body.equals(bytes)).toBe(true);
      if (size > 12_288) expect(a).toBe(b);
    }
  });
});

describe.skipIf(!hasRedis)("with Redis", () => {
  test("all servers on it serve a medium, and its caller's inputs hold it on each", async () => {
    const redis = await startRedis();
    const upstream = await startUpstream(pictures());
    const environment = { ...keys, REDIS_URL: redis.url };
    const [one, two] = await Promise.all([1, 2].map(() => startTestServer(upstream.url, environment)));
    if (!one || !two) throw new Error("no servers");
    const url = await makePicture(one, as("ann"));
    expect(await statusOf(two, url)).toBe(200);
    expect((await two.query(vary, { image: url }, as("ann"))).body.errors).toBeUndefined();
    expect((await two.query(vary, { image: url }, as("bob"))).body.errors).toMatchObject([
      { message: "input.image is a URL of this server that is unknown or no longer kept." },
    ]);
  });

  test("a Redis that goes away: new pictures are data: URLs, and those kept are not lost", async () => {
    const redis = await startRedis();
    const { server } = await startPictures({ REDIS_URL: redis.url });
    const url = await makePicture(server);
    redis.pause();
    expect(await makePicture(server)).toMatch(/^data:image\/png;base64,/);
    const { status, headers } = await get(server.url, url);
    expect([status, headers["retry-after"]]).toEqual([503, "1"]);
    const { body } = await server.query(vary, { image: url });
    expect(body.errors).toMatchObject([{ extensions: { code: "OVERLOADED" } }]);
    redis.resume();
    await expect.poll(() => statusOf(server, url), { timeout: 5_000 }).toBe(200);
  });

  test.each([
    "none",
    "null",
    "5",
    "[]",
    "{}",
    '{"owner":"x","contentType":null,"sizeBytes":10,"endsAt":9e15}',
    '{"owner":"x","contentType":"image/png\\r\\nx: y","sizeBytes":10,"endsAt":9e15}',
    '{"owner":"x","contentType":"image/png","sizeBytes":"10","endsAt":9e15}',
    '{"owner":"x","contentType":"image/png","sizeBytes":10,"endsAt":null}',
  ])("what another version has written as %s is not there", async (facts) => {
    const redis = await startRedis();
    const { server } = await startPictures({ REDIS_URL: redis.url });
    const url = await makePicture(server);
    const { Redis } = await import("ioredis");
    const client = new Redis(redis.url);
    await client.set(`openai-graphql:media:${url.split("/").at(-1)}`, facts);
    client.disconnect();
    expect(await statusOf(server, url)).toBe(404);
    const { body } = await server.query(vary, { image: url });
    expect(body.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    expect(server.faults).toEqual([]);
  });

  test("a Redis that is slow holds an answer for a few seconds at most: a data: URL", { timeout: 20_000 }, async () => {
    const redis = await startRedis();
    const proxy = createServer((client) => {
      const server = connect(redis.port, "127.0.0.1");
      client.on("error", () => {}).on("close", () => server.destroy());
      server.on("error", () => {}).on("close", () => client.destroy());
      client.pipe(server);
      server.on("data", (answer) => setTimeout(() => client.write(answer), 250));
    });
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const { server } = await startPictures({ REDIS_URL: `redis://127.0.0.1:${port}` }, picture(8_000 * KIB));
    const begun = performance.now();
    expect(await makePicture(server)).toMatch(/^data:image\/png;base64,/);
    expect(performance.now() - begun).toBeLessThan(6_500);
  });

  test("media end by themselves, and leave nothing behind", async () => {
    const redis = await startRedis();
    const { server } = await startPictures({ REDIS_URL: redis.url, MEDIA_TTL_SECONDS: "1" });
    const url = await makePicture(server);
    expect(await statusOf(server, url)).toBe(200);
    const { Redis } = await import("ioredis");
    const client = new Redis(redis.url);
    try {
      expect(await client.keys("openai-graphql:media:*")).toHaveLength(2);
      await expect.poll(() => client.keys("openai-graphql:media:*"), { timeout: 4_000 }).toEqual([]);
    } finally {
      client.disconnect();
    }
  });

  test("workers share them", async () => {
    const redis = await startRedis();
    const upstream = await startUpstream(pictures());
    const environment = { PORT: "0", WORKERS: "2", REDIS_URL: redis.url, OPENAI_BASE_URL: upstream.url };
    const { url } = await startProcess(environment);
    const address = await url;
    const path = await makePictureAt(address);
    const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf({ url: address }, path)));
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

test("a Redis that never answers: data: URLs, and no fault but its own", async () => {
  const { server } = await startPictures({ REDIS_URL: await startBrokenRedis(), REDIS_DOWN: "serve" });
  expect(await makePicture(server)).toMatch(/^data:image\/png;base64,/);
  for (const fault of server.faults) expect(String(fault)).toContain("Redis");
});

test("several workers without Redis keep none: a data: URL", async () => {
  const upstream = await startUpstream(pictures());
  const { url } = await startProcess({ PORT: "0", WORKERS: "2", OPENAI_BASE_URL: upstream.url });
  expect(await makePictureAt(await url)).toMatch(/^data:image\/png;base64,/);
});

async function makePictureAt(url: string): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close" },
    body: JSON.stringify({ query: vary, variables: { image: "data:image/png;base64,aGk=" } }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: an answer
  const body = (await response.json()) as any;
  return body.data.imageVariations.data[0].url;
}
