// A url that this server has given, sent back in an input: it stands for its bytes, for the caller that it was made for.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { chatCompletion } from "../support/answers.ts";
import { whenOver } from "../support/lifetime.ts";
import { makePicture, PNG, pictures, startPictures } from "../support/media.ts";
import { readParts, vary } from "../support/multipart.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { chunk, done, event, streams } from "../support/stream.ts";
import { connectWs } from "../support/subscribe.ts";
import { type Answer, failure, inTurn, json, startUpstream, type Upstream } from "../support/upstream.ts";

const CHAT = "mutation ($input: ChatInput!) { chat(input: $input) { id } }";
const DATA_URL = `data:image/png;base64,${PNG.toString("base64")}`;
const UNKNOWN = "is a URL of this server that is unknown or no longer kept.";
const keys = { CLIENT_KEYS: JSON.stringify(["ann", "bob"].map((id) => ({ id, key: `${id}-key-0123456789` }))) };
const as = (id: string, headers: Record<string, string> = {}) => ({
  headers: { authorization: `Bearer ${id}-key-0123456789`, ...headers },
});

const answers: Answer = (request, ...rest) =>
  (request.path.includes("/chat/") ? json(chatCompletion) : pictures())(request, ...rest);
const start = (environment: Record<string, string> = {}) => startPictures(environment, answers);

/** The bytes of the file that the upstream got last. */
function lastFile({ requests }: Upstream) {
  const request = requests.at(-1);
  const file = request && readParts(request).find(({ filename }) => filename !== undefined);
  return { filename: file?.filename, contentType: file?.contentType, bytes: file?.bytes };
}

const chatWith = (part: object) => ({ input: { model: "m", messages: [{ role: "USER", parts: [part] }] } });

/** What the upstream got as the part's content. */
function lastPart({ requests }: Upstream): unknown {
  const body = requests.at(-1)?.json() as { messages: { content: unknown[] }[] };
  return body.messages[0]?.content[0];
}

describe("as an Upload", () => {
  test("it is sent as the file, with its length, name and type", async () => {
    const { upstream, server } = await start();
    const url = await makePicture(server);
    const { body } = await server.query(vary, { image: url });
    expect(body.errors).toBeUndefined();
    expect(lastFile(upstream)).toEqual({ filename: "image.png", contentType: "image/png", bytes: PNG });
    const last = upstream.requests.at(-1);
    expect(last?.headers["content-length"]).toBe(String(last?.body.length));
  });

  test("it is sent again by a retry", async () => {
    const { upstream, server } = await start();
    const url = await makePicture(server);
    upstream.answer = inTurn(failure(500, {}, { "retry-after-ms": "1" }), pictures());
    expect((await server.query(vary, { image: url })).body.errors).toBeUndefined();
    expect(upstream.requests).toHaveLength(3);
    expect(lastFile(upstream).bytes).toEqual(PNG);
  });

  test("it can be a literal in the document, on the first and on later requests", async () => {
    const { upstream, server } = await start();
    const url = await makePicture(server);
    const document = `mutation { imageVariations(input: { image: "${url}" }) { created } }`;
    for (let turn = 0; turn < 2; turn++) {
      expect((await server.query(document)).body).toEqual({
        data: { imageVariations: { created: expect.anything() } },
      });
      expect(lastFile(upstream).bytes).toEqual(PNG);
    }
  });

  test("larger than MAX_UPLOAD_BYTES it is refused", async () => {
    const { upstream, server } = await start({ MAX_UPLOAD_BYTES: "999" });
    const { body } = await server.query(vary, { image: await makePicture(server) });
    expect(body.errors).toMatchObject([
      { message: "input.image must be at most 999 bytes; got 1000.", extensions: { code: "PAYLOAD_TOO_LARGE" } },
    ]);
    expect(upstream.requests).toHaveLength(1);
  });
});

describe("the address as a client sees it", () => {
  const PUBLIC = "https://api.example.com/ai";
  /** Sends the address of a picture as an Upload, under these headers. */
  async function send(
    environment: Record<string, string>,
    address: (path: string, server: TestServer) => string,
    headers: Record<string, string> = {},
  ) {
    const { upstream, server } = await start(environment);
    const url = await makePicture(server);
    const path = `/media/${url.split("/").at(-1)}`;
    const given = address(path, server);
    const { body } = await server.query(vary, { image: given }, { headers });
    const isSent = upstream.requests.length === 2 && lastFile(upstream).bytes?.equals(PNG) === true;
    const asImage = await server.query(CHAT, chatWith({ imageUrl: { url: given } }), { headers });
    const part = upstream.requests.at(-1)?.path.includes("chat") ? lastPart(upstream) : undefined;
    return { isSent, message: body.errors?.[0].message, asImage: asImage.body, part, given };
  }

  test.each<[string, Record<string, string>, (path: string, server: TestServer) => string, Record<string, string>?]>([
    ["a path", {}, (path) => path],
    ["a path with a query and a fragment", {}, (path) => `${path}?v=1#x`],
    ["on the host that was called", {}, (path, { url }) => new URL(path, url).href],
    [
      "on that host by https, which a proxy ends",
      {},
      (path, { url }) => new URL(path, url).href.replace("http", "https"),
    ],
    ["on that host in capitals", {}, (path, { url }) => new URL(path, url).href.replace("http", "HTTP")],
    ["on the page's origin", {}, (path) => `https://app.example.com${path}`, { origin: "https://app.example.com" }],
    [
      "on the host that the proxy was called by",
      {},
      (path) => `https://app.example.com${path}`,
      { "x-forwarded-host": "app.example.com" },
    ],
    [
      "on the proxy's host, with the port that https stands for",
      {},
      (path) => `https://APP.example.com:443${path}`,
      { "x-forwarded-host": "app.example.com:443" },
    ],
    ["below PUBLIC_URL", { PUBLIC_URL: PUBLIC }, (path) => `${PUBLIC}${path}`],
    ["a path below PUBLIC_URL's", { PUBLIC_URL: PUBLIC }, (path) => `/ai${path}`],
    ["a path without PUBLIC_URL's, where it is set", { PUBLIC_URL: PUBLIC }, (path) => path],
  ])("%s stands for the bytes", async (_, environment, address, headers) => {
    const { isSent, message, part } = await send(
      { ...environment, CORS_ORIGINS: "https://app.example.com" },
      address,
      headers,
    );
    expect([isSent, message]).toEqual([true, undefined]);
    expect(part).toEqual({ type: "image_url", image_url: { url: DATA_URL } });
  });

  test.each<[string, (path: string) => string]>([
    ["another host", (path) => `https://other.example.com${path}`],
    ["another port", (path) => `http://127.0.0.1:1${path}`],
    ["a host without a scheme", (path) => `//other.example.com${path}`],
    ["a host with a user", (path) => `https://api.example.com@other.example.com${path}`],
    ["a path before it", (path) => `/other${path}`],
    ["another folder", (path) => path.replace("/media/", "/pictures/")],
    ["a name in capitals", (path) => path.toUpperCase().replace("/MEDIA/", "/media/")],
  ])("%s is not this server's: no Upload, and passed on as an image", async (_, address) => {
    const { isSent, message, asImage, part, given } = await send({}, address);
    expect(isSent).toBe(false);
    expect(message).toMatch(/Upload must be a file part|unknown or no longer kept/);
    expect(asImage.errors).toBeUndefined();
    expect(part).toEqual({ type: "image_url", image_url: { url: given } });
  });
});

describe("another caller's", () => {
  test("is unknown, in the words for what was never there", async () => {
    const { upstream, server } = await start(keys);
    const url = await makePicture(server, as("ann"));
    const never = url.replace(/[\da-f]{32}/, "0".repeat(32));
    const told: unknown[] = [];
    for (const image of [url, never]) {
      const { body } = await server.query(vary, { image }, as("bob"));
      const chat = await server.query(CHAT, chatWith({ imageUrl: { url: image } }), as("bob"));
      told.push([body.errors, chat.body.errors]);
    }
    expect(told[0]).toEqual(told[1]);
    expect(told[0]).toMatchObject([
      [{ message: `input.image ${UNKNOWN}`, extensions: { code: "BAD_USER_INPUT", field: "input.image" } }],
      [{ message: `input.messages[0].parts[0].imageUrl.url ${UNKNOWN}`, extensions: { code: "BAD_USER_INPUT" } }],
    ]);
    expect(upstream.requests).toHaveLength(1);
    expect((await server.query(vary, { image: url }, as("ann"))).body.errors).toBeUndefined();
  });

  test("no message and no fault holds the name", async () => {
    const { server } = await start(keys);
    const url = await makePicture(server, as("ann"));
    const { text } = await server.query(vary, { image: url }, as("bob"));
    expect(text).not.toContain(url.slice(7, 39));
    expect(server.faults).toEqual([]);
  });
});

test("once its time is up it is unknown", async () => {
  const { server } = await start({ MEDIA_TTL_SECONDS: "1" });
  const url = await makePicture(server);
  const messageOf = async () => (await server.query(vary, { image: url })).body.errors?.[0].message;
  await expect.poll(messageOf, { timeout: 3_000 }).toBe(`input.image ${UNKNOWN}`);
});

test("a chat's document is replaced by what it stands for, too", async () => {
  const { upstream, server } = await start();
  const url = await makePicture(server);
  const { body } = await server.query(CHAT, chatWith({ file: { fileData: url, filename: "a.png" } }));
  expect(body.errors).toBeUndefined();
  expect(lastPart(upstream)).toEqual({ type: "file", file: { file_data: DATA_URL, filename: "a.png" } });
});

test("a chat's upload is what it stands for, by its type", async () => {
  const { upstream, server } = await start();
  const url = await makePicture(server);
  const { body } = await server.query(CHAT, chatWith({ upload: url }));
  expect(body.errors).toBeUndefined();
  expect(lastPart(upstream)).toEqual({ type: "image_url", image_url: { url: DATA_URL } });
  const foreign = await server.query(CHAT, chatWith({ upload: `https://other.example.com${url}` }));
  expect(foreign.body.errors).toMatchObject([
    {
      message: expect.stringMatching(/^input\.messages\[0\]\.parts\[0\]\.upload: Upload must be/),
      extensions: { code: "BAD_USER_INPUT", field: "input.messages[0].parts[0].upload" },
    },
  ]);
});

test("what is repeated under an idempotency key has the address of the first time", async () => {
  const { upstream, server } = await start();
  const key = { headers: { "idempotency-key": "one" } };
  const [first, again] = [await makePicture(server, key), await makePicture(server, key)];
  expect(again).toBe(first);
  expect(upstream.requests).toHaveLength(1);
});

test("an image keeps its detail, and other parts and messages stay as they are", async () => {
  const { upstream, server } = await start();
  const url = await makePicture(server);
  const theirs = "https://images.example.com/media/0.png";
  const messages = [
    { role: "SYSTEM", content: "Look." },
    { role: "USER", parts: [{ text: "a" }, { imageUrl: { url, detail: "LOW" } }, { imageUrl: { url: theirs } }] },
  ];
  expect((await server.query(CHAT, { input: { model: "m", messages } })).body.errors).toBeUndefined();
  expect(upstream.requests.at(-1)?.json()).toEqual({
    model: "m",
    messages: [
      { role: "system", content: "Look." },
      {
        role: "user",
        content: [
          { type: "text", text: "a" },
          { type: "image_url", image_url: { url: DATA_URL, detail: "low" } },
          { type: "image_url", image_url: { url: theirs } },
        ],
      },
    ],
  });
});

test("over WebSocket it is the same, by the host of the handshake", async () => {
  const { upstream, server } = await start();
  const path = await makePicture(server);
  upstream.answer = streams(event(chunk("Hi", "stop")), done);
  const { subscribe } = await connectWs(server.url);
  for (const url of [path, new URL(path, server.url).href]) {
    const query = "subscription ($input: ChatInput!) { chat(input: $input) { text } }";
    const subscription = subscribe(query, chatWith({ imageUrl: { url } }));
    expect(await subscription.ended).toBe("complete");
    expect(subscription.results).toMatchObject([{ data: { chat: { text: "Hi" } } }]);
    expect(lastPart(upstream)).toEqual({ type: "image_url", image_url: { url: DATA_URL } });
  }
});

test("with an embedder's plugins it is the same", async () => {
  const upstream = await startUpstream(answers);
  const server = await startTestServer(upstream.url, {}, [], [{}]);
  const url = await makePicture(server);
  expect((await server.query(vary, { image: url })).body.errors).toBeUndefined();
  expect(lastFile(upstream).bytes).toEqual(PNG);
});

test("larger than MAX_ATTACHMENT_BYTES it is refused as an image", async () => {
  const { upstream, server } = await start({ MAX_ATTACHMENT_BYTES: "999" });
  const { body } = await server.query(CHAT, chatWith({ imageUrl: { url: await makePicture(server) } }));
  const message = "input.messages[0].parts[0].imageUrl.url must be at most 999 bytes; got 1000.";
  expect(body.errors).toMatchObject([{ message, extensions: { code: "PAYLOAD_TOO_LARGE" } }]);
  expect(upstream.requests).toHaveLength(1);
});

test("where none are kept, a path is passed on as an image, and is no Upload", async () => {
  const { upstream, server } = await start({ MEDIA_TTL_SECONDS: "0" });
  const url = `/media/${"0".repeat(32)}.png`;
  expect((await server.query(vary, { image: url })).body.errors[0].message).toMatch(/^input\.image: Upload must be/);
  await server.query(CHAT, chatWith({ imageUrl: { url } }));
  expect(lastPart(upstream)).toEqual({ type: "image_url", image_url: { url } });
});

test("nothing is ever fetched for a URL", async () => {
  let calls = 0;
  const trap = createServer((_, res) => {
    calls++;
    res.end();
  }).listen(0, "127.0.0.1");
  whenOver(() => void trap.close());
  await new Promise((resolve) => trap.once("listening", resolve));
  const host = `127.0.0.1:${(trap.address() as AddressInfo).port}`;
  const { server } = await start();
  const path = await makePicture(server);
  for (const headers of [{}, { "x-forwarded-host": host }] as Record<string, string>[]) {
    for (const url of [`http://${host}${path}`, `http://${host}/media/${"0".repeat(32)}.png`]) {
      await server.query(vary, { image: url }, { headers });
      await server.query(CHAT, chatWith({ imageUrl: { url } }), { headers });
    }
  }
  expect(calls).toBe(0);
});
