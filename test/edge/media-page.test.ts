// GET /media/…: what the server keeps, in parts as players ask for them, and to nobody who does not know its name.
import { describe, expect, test } from "vitest";
import { shared } from "../support/lifetime.ts";
import { startLogged } from "../support/log.ts";
import { ADDRESS, get, makePicture, PNG, pictures, startPictures } from "../support/media.ts";
import { startUpstream } from "../support/upstream.ts";

const LISTED = "https://app.example.com";
const HEADERS = {
  "content-type": "image/png",
  "accept-ranges": "bytes",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox",
  "cross-origin-resource-policy": "cross-origin",
  vary: "Origin",
};
const kept = shared(async () => {
  const { server } = await startPictures({ CORS_ORIGINS: LISTED, NODE_ENV: "test" });
  return { server, path: await makePicture(server) };
});

test("a picture that came as base64 is served whole", async () => {
  const { server, path } = await kept();
  expect(path).toMatch(ADDRESS);
  const { status, headers, body } = await get(server.url, path);
  expect([status, body.equals(PNG)]).toEqual([200, true]);
  expect(headers).toMatchObject({ ...HEADERS, "content-length": String(PNG.length) });
  expect(headers["content-disposition"]).toBeUndefined();
  const [, seconds] = /^private, max-age=(\d+), immutable$/.exec(String(headers["cache-control"])) ?? [];
  expect(Number(seconds)).toBeGreaterThan(590);
  expect(Number(seconds)).toBeLessThanOrEqual(600);
});

test.each([
  ["bytes=0-1", 0, 2],
  ["bytes=0-", 0, 1000],
  ["bytes=0-0", 0, 1],
  ["bytes=999-", 999, 1000],
  ["bytes=998-5000", 998, 1000],
  ["bytes=-10", 990, 1000],
  ["bytes=-5000", 0, 1000],
  ["Bytes=10-19", 10, 20],
  ["bytes= 10-19 ", 10, 20],
  [`bytes=5-${"9".repeat(400)}`, 5, 1000],
])("the range %s is answered with 206", async (range, start, end) => {
  const { server, path } = await kept();
  const { status, headers, body } = await get(server.url, path, { headers: { range } });
  expect([status, body.equals(PNG.subarray(start, end))]).toEqual([206, true]);
  expect(headers).toMatchObject({
    ...HEADERS,
    "content-length": String(end - start),
    "content-range": `bytes ${start}-${end - 1}/1000`,
  });
});

test.each(["bytes=1000-", "bytes=-0", "bytes=5000-6000", `bytes=${"9".repeat(400)}-`])(
  "the range %s is behind the end: 416",
  async (range) => {
    const { server, path } = await kept();
    const { status, headers } = await get(server.url, path, { headers: { range } });
    expect([status, headers["content-range"]]).toEqual([416, "bytes */1000"]);
  },
);

test.each(["bytes=5-2", "bytes=-", "bytes=a-b", "items=0-1", "bytes=0-1,5-6", "bytes 0-1", "bytes=--1", ""])(
  "the range %j is passed over",
  async (range) => {
    const { server, path } = await kept();
    const { status, headers, body } = await get(server.url, path, { headers: { range } });
    expect([status, headers["content-range"], body.equals(PNG)]).toEqual([200, undefined, true]);
  },
);

test("a range under a condition that cannot be met is passed over", async () => {
  const { server, path } = await kept();
  const headers = { range: "bytes=0-1", "if-range": '"another"' };
  expect((await get(server.url, path, { headers })).status).toBe(200);
});

test("HEAD has the same headers and no body, whatever its range", async () => {
  const { server, path } = await kept();
  for (const headers of [{}, { range: "bytes=0-1" }] as Record<string, string>[]) {
    const answer = await get(server.url, path, { method: "HEAD", headers });
    expect([answer.status, answer.body.length]).toEqual([200, 0]);
    expect(answer.headers).toMatchObject({ ...HEADERS, "content-length": "1000" });
  }
});

test("whatever is not there is the same 404", async () => {
  const { server, path } = await kept();
  const name = path.slice("/media/".length);
  const paths = [
    `/media/${"0".repeat(32)}.png`,
    path.replace(".png", ".jpg"),
    path.replace(".png", ""),
    `${path}/`,
    `${path}%00`,
    path.toUpperCase().replace("/MEDIA/", "/media/"),
    "/media/",
    "/media/..",
    "/media/../graphql",
    `/media/../media/${name}`,
    `/media//${name}`,
    "/media/__proto__",
    "/media/%2e%2e%2fetc%2fpasswd",
  ];
  const answers = await Promise.all(paths.map((missing) => get(server.url, missing)));
  const texts = answers.map(({ status, headers, body }) => `${status} ${headers["cache-control"]} ${body}`);
  expect(new Set(texts)).toEqual(
    new Set(["404 no-store There is nothing here, or no longer: what this server keeps has its time.\n"]),
  );
});

test("the query does not matter, and other methods are refused whatever the name", async () => {
  const { server, path } = await kept();
  expect((await get(server.url, `${path}?x=1`)).status).toBe(200);
  for (const name of [path, "/media/x"]) {
    const { status, headers } = await get(server.url, name, { method: "DELETE" });
    expect([status, headers.allow]).toEqual([405, "GET, HEAD"]);
  }
});

test("scripts of a listed origin may read it, those of others may not; anybody may show it", async () => {
  const { server, path } = await kept();
  const of = async (origin: string) => (await get(server.url, path, { headers: { origin } })).headers;
  expect(await of(LISTED)).toMatchObject({ "access-control-allow-origin": LISTED, vary: "Origin" });
  expect((await of(LISTED))["access-control-expose-headers"]).toContain("Content-Range");
  expect((await of("https://evil.example"))["access-control-allow-origin"]).toBeUndefined();
  const preflight = {
    origin: LISTED,
    "access-control-request-method": "GET",
    "access-control-request-headers": "range",
  };
  const { status, headers } = await get(server.url, path, { method: "OPTIONS", headers: preflight });
  expect([status, headers["access-control-allow-headers"]]).toEqual([204, "range"]);
});

test("needs no key, where operations do", async () => {
  const key = "alice-key-0123456789";
  const { server } = await startPictures({ CLIENT_KEYS: JSON.stringify([{ id: "alice", key }]) });
  const path = await makePicture(server, { headers: { authorization: `Bearer ${key}` } });
  expect((await get(server.url, path)).status).toBe(200);
});

test("another Host than the server's is refused", async () => {
  const { server, path } = await kept();
  expect((await get(server.url, path, { headers: { host: "evil.example" } })).status).toBe(400);
});

test("the fetch handler serves it, whole, in parts and as a head", async () => {
  const { server, path } = await kept();
  const ask = (init: RequestInit = {}) => server.app.fetch(new Request(new URL(path, server.url), init));
  const whole = await ask();
  expect([whole.status, Buffer.from(await whole.arrayBuffer()).equals(PNG)]).toEqual([200, true]);
  const part = await ask({ headers: { range: "bytes=0-1" } });
  expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 2]);
  const head = await ask({ method: "HEAD" });
  expect([head.status, head.headers.get("content-length"), head.body]).toEqual([200, "1000", null]);
  expect((await ask({ method: "POST" })).status).toBe(405);
});

test("its requests are answered in their order on one connection", async () => {
  const { server, path } = await kept();
  const client = await import("../support/raw-client.ts").then(({ connectRaw }) => connectRaw(server.url));
  const one = (range: string) => `GET ${path} HTTP/1.1\r\nhost: localhost\r\nrange: ${range}\r\n\r\n`;
  await client.send(
    `${one("bytes=0-1")}${one("bytes=2-3")}GET /media/x HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
  );
  let text = "";
  for await (const chunk of client.socket) text += chunk.toString("latin1");
  expect(text.match(/HTTP\/1\.1 \d+|bytes \d-\d/g)).toEqual([
    "HTTP/1.1 206",
    "bytes 0-1",
    "HTTP/1.1 206",
    "bytes 2-3",
    "HTTP/1.1 404",
  ]);
});

describe("what is shown in a page, and what is downloaded", () => {
  test.each([
    ["png", "image/png", undefined],
    ["jpg", "image/jpeg", undefined],
    ["svg", "image/svg+xml", "attachment"],
    ["SVG+XML", "image/svg+xml", "attachment"],
    ["html", "image/html", undefined],
    ["x\r\nset-cookie: a=b", "image/png", undefined],
  ])("%j", async (format, type, disposition) => {
    const { server } = await startPictures({}, pictures(Buffer.from("<svg onload=alert(1)>"), format));
    const { status, headers } = await get(server.url, await makePicture(server));
    expect([status, headers["content-type"], headers["content-disposition"]]).toEqual([200, type, disposition]);
    expect(headers["set-cookie"]).toBeUndefined();
  });
});

test("names have 128 random bits, and none comes twice", async () => {
  const { server } = await startPictures();
  const paths = await Promise.all(Array.from({ length: 50 }, () => makePicture(server)));
  expect(paths.filter((path) => ADDRESS.test(path))).toHaveLength(50);
  expect(new Set(paths.map((path) => path.slice(0, 20))).size).toBe(50);
});

test("a name is never logged", async () => {
  const upstream = await startUpstream(pictures());
  const { server, text, lines } = await startLogged(upstream.url);
  const path = await makePicture(server);
  await get(server.url, path);
  const missing = `/media/${"5".repeat(32)}.png`;
  for (const asked of [missing, `/ai${missing}`, `${missing}/media/x`, `/MEDIA/${"5".repeat(32)}.png`])
    await get(server.url, asked);
  await get(server.url, path, { method: "DELETE" });
  await expect.poll(() => lines().filter(({ path: shown }) => shown)).toHaveLength(5);
  expect(text()).not.toContain(path.slice("/media/".length, -4));
  expect(text()).not.toContain("5".repeat(32));
  expect(lines().flatMap(({ path: shown }) => shown ?? [])).toEqual([
    "/media/…",
    "/ai/media/…",
    "/media/…",
    "/MEDIA/…",
    "/media/…",
  ]);
});

test("with MEDIA_TTL_SECONDS=0 nothing is kept or served, and the url is a data: URL", async () => {
  const { server } = await startPictures({ MEDIA_TTL_SECONDS: "0" });
  expect(await makePicture(server)).toBe(`data:image/png;base64,${PNG.toString("base64")}`);
  const { status, body } = await get(server.url, `/media/${"0".repeat(32)}.png`);
  expect([status, body.toString()]).toEqual([404, expect.stringContaining("There is nothing here: see /graphql.")]);
});

test("its time passes", async () => {
  const { server } = await startPictures({ MEDIA_TTL_SECONDS: "1" });
  const path = await makePicture(server);
  const { status, headers } = await get(server.url, path);
  expect([status, headers["cache-control"]]).toEqual([200, "private, max-age=0, immutable"]);
  await expect.poll(async () => (await get(server.url, path)).status, { timeout: 3_000 }).toBe(404);
});

test("PUBLIC_URL begins every URL", async () => {
  for (const [publicUrl, begin] of [
    ["https://api.example.com", "https://api.example.com/media/"],
    ["https://api.example.com/ai/", "https://api.example.com/ai/media/"],
    ["http://10.0.0.1:8080/a/b", "http://10.0.0.1:8080/a/b/media/"],
  ] as const) {
    const { server } = await startPictures({ PUBLIC_URL: publicUrl });
    const url = await makePicture(server);
    expect(url.slice(0, begin.length)).toBe(begin);
    expect((await get(server.url, `/media/${url.slice(begin.length)}`)).status).toBe(200);
  }
});

test("a client that leaves in the middle ends the answer, and a slow one gets it whole", async () => {
  const large = Buffer.concat([PNG, Buffer.alloc(8 * 2 ** 20, 7)]);
  const { server } = await startPictures({}, pictures(large));
  const path = await makePicture(server);
  const { port } = new URL(server.url);
  const leaving = await fetch(`http://127.0.0.1:${port}${path}`);
  await leaving.body?.cancel();
  const slow = await fetch(`http://127.0.0.1:${port}${path}`);
  expect(Buffer.from(await slow.arrayBuffer()).equals(large)).toBe(true);
  expect(server.faults).toEqual([]);
});
