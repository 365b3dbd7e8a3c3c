// Files in a chat's messages: read whole, and sent as an image, a sound or a document, by what they are.
import { once } from "node:events";
import { type IncomingMessage, request as sendRequest } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { chatCompletion } from "../../support/answers.ts";
import { whenOver } from "../../support/lifetime.ts";
import { CONTENT_TYPE, type WrittenPart, writeBody } from "../../support/multipart.ts";
import { startServed } from "../../support/served-upstream.ts";
import { preflighted, request, type TestServer } from "../../support/server.ts";
import { chunk, done, event, streams } from "../../support/stream.ts";
import { connectWs } from "../../support/subscribe.ts";
import { json, type Upstream } from "../../support/upstream.ts";

const MIB = 2 ** 20;
const FIELDS = "($input: ChatInput!) { chat(input: $input) { id } }";
const CHAT = `mutation ${FIELDS}`;
const STREAM = "subscription ($input: ChatInput!) { chat(input: $input) { text } }";
const input = (...parts: object[]) => ({ model: "m", messages: [{ role: "USER", parts }] });
const start = (environment: Record<string, string> = {}) => startServed(json(chatCompletion), environment);

type File = Pick<WrittenPart, "body" | "filename" | "contentType">;

/** The parts of a multipart chat with these files, in order, after a text. */
function written(query: string, files: readonly File[], more: object = {}): WrittenPart[] {
  const variables = { input: { ...input({ text: "Look:" }, ...files.map(() => ({ upload: null }))), ...more } };
  const map = Object.fromEntries(
    files.map((_, place) => [place, [`variables.input.messages.0.parts.${place + 1}.upload`]]),
  );
  return [
    { name: "operations", body: JSON.stringify({ query, variables }) },
    { name: "map", body: JSON.stringify(map) },
    ...files.map((file, place) => ({ name: String(place), ...file })),
  ];
}

const post = ({ url }: TestServer, parts: WrittenPart[], headers: Record<string, string> = {}) =>
  request(url, { method: "POST", headers: { "content-type": CONTENT_TYPE, ...headers }, body: writeBody(...parts) });

/** What the upstream got last, after the text. */
function lastParts({ requests }: Upstream): unknown[] {
  const body = requests.at(-1)?.json() as { messages: { content: unknown[] }[] };
  return body.messages[0]?.content.slice(1) ?? [];
}

const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString("base64");
const bytesOf = (hex: string) => Buffer.from(hex, "hex");
const PNG = bytesOf("89504e470d0a1a0a0000");
const WAV = Buffer.from("RIFF\x24\0\0\0WAVEfmt ", "latin1");
const WEBP = Buffer.from("RIFF\x24\0\0\0WEBPVP8 ", "latin1");

test("the whole wire request holds nothing but what was given", async () => {
  const { upstream, server } = await start();
  const file = { body: PNG, filename: "a.png", contentType: "image/png" };
  expect((await post(server, written(CHAT, [file]))).body).toEqual({ data: { chat: { id: chatCompletion.id } } });
  expect(upstream.requests[0]?.json()).toEqual({
    model: "m",
    messages: [
      {
        role: "user",
        content: [
          { type: "text", text: "Look:" },
          { type: "image_url", image_url: { url: `data:image/png;base64,${base64(PNG)}` } },
        ],
      },
    ],
  });
  expect(upstream.requests[0]?.headers["content-type"]).toBe("application/json");
});

describe("by its content type a file is", () => {
  const image = (type: string, bytes: string | Buffer) => ({
    type: "image_url",
    image_url: { url: `data:${type};base64,${base64(bytes)}` },
  });
  const sound = (format: string, bytes: string | Buffer) => ({
    type: "input_audio",
    input_audio: { data: base64(bytes), format },
  });
  const document = (type: string, filename: string, bytes: string | Buffer) => ({
    type: "file",
    file: { filename, file_data: `data:${type};base64,${base64(bytes)}` },
  });

  test.each<[string, File, unknown]>([
    ["an image", { body: "x", filename: "a.jpg", contentType: "image/jpeg" }, image("image/jpeg", "x")],
    ["an image with parameters", { body: "x", filename: "a", contentType: "IMAGE/PNG; a=b" }, image("image/png", "x")],
    ["a WAV", { body: "x", filename: "a.bin", contentType: "audio/wav" }, sound("wav", "x")],
    ["a WAV by another name", { body: "x", filename: "a", contentType: "audio/x-wav" }, sound("wav", "x")],
    ["an MP3", { body: "x", filename: "a.mp3", contentType: "audio/mpeg" }, sound("mp3", "x")],
    ["an Ogg by another name", { body: "x", filename: "a.ogg", contentType: "application/ogg" }, sound("ogg", "x")],
    ["a JPEG by a wrong name", { body: "x", filename: "a", contentType: "image/jpg" }, image("image/jpeg", "x")],
    ["a film", { body: "x", filename: "a.webm", contentType: "video/webm" }, document("video/webm", "a.webm", "x")],
    [
      "a document whose name has what names have not",
      { body: "x", filename: `..%0d\u202e${"n".repeat(300)}.txt`, contentType: "text/plain" },
      document("text/plain", `0d${"n".repeat(94)}.txt`, "x"),
    ],
    ["another sound", { body: "x", filename: "a.flac", contentType: "audio/flac" }, sound("flac", "x")],
    [
      "a PDF",
      { body: "x", filename: "a.pdf", contentType: "application/pdf" },
      document("application/pdf", "a.pdf", "x"),
    ],
    ["a text", { body: "x", filename: "ä.txt", contentType: "text/plain" }, document("text/plain", "ä.txt", "x")],
    [
      "of no type, by its name",
      { body: "x", filename: "a.PNG", contentType: "application/octet-stream" },
      image("image/png", "x"),
    ],
    ["without a type, by its name", { body: "x", filename: "a.mp3" }, sound("mp3", "x")],
    [
      "of no type and no name, by its bytes: a PNG",
      { body: PNG, filename: "blob", contentType: "application/octet-stream" },
      image("image/png", PNG),
    ],
    [
      "by its bytes: a WAV",
      { body: WAV, filename: "blob", contentType: "application/octet-stream" },
      sound("wav", WAV),
    ],
    [
      "by its bytes: a WebP",
      { body: WEBP, filename: "blob", contentType: "application/octet-stream" },
      image("image/webp", WEBP),
    ],
    [
      "by its bytes: an MP3",
      { body: bytesOf("fffb9064"), filename: "blob", contentType: "application/octet-stream" },
      sound("mp3", bytesOf("fffb9064")),
    ],
    [
      "unknown: a document",
      { body: "x", filename: "blob", contentType: "application/octet-stream" },
      document("application/octet-stream", "blob", "x"),
    ],
    [
      "of a broken type: a text, as the parts' own standard has it",
      { body: "x", filename: "blob", contentType: "a b/c,d" },
      document("text/plain", "blob", "x"),
    ],
  ])("%s", async (_, file, part) => {
    const { upstream, server } = await start();
    expect((await post(server, written(CHAT, [file]))).body.errors).toBeUndefined();
    expect(lastParts(upstream)).toEqual([part]);
  });

  test("a data: URL", async () => {
    const { upstream, server } = await start();
    const uploads = ["data:image/gif;base64,aGk=", "data:audio/wav,%00%ff", "data:application/pdf;base64,aGk="];
    const parts = [{ text: "Look:" }, ...uploads.map((upload) => ({ upload }))];
    expect((await server.query(CHAT, { input: input(...parts) })).body.errors).toBeUndefined();
    expect(lastParts(upstream)).toEqual([
      image("image/gif", "hi"),
      sound("wav", bytesOf("00ff")),
      document("application/pdf", "file.pdf", "hi"),
    ]);
  });
});

test("several files of any length arrive in the order of the parts", async () => {
  const { upstream, server } = await start();
  const sizes = [1, 2, 3, 4, MIB - 1, MIB, MIB + 1, 3 * MIB + 2, 1];
  const bodies = sizes.map((size, place) => Buffer.alloc(size, place + 1));
  const files = bodies.map((body) => ({ body, filename: "a.png", contentType: "image/png" }));
  expect((await post(server, written(CHAT, files))).body.errors).toBeUndefined();
  const urls = lastParts(upstream).map((part) => (part as { image_url: { url: string } }).image_url.url);
  expect(urls.map((url) => Buffer.from(url.slice("data:image/png;base64,".length), "base64").length)).toEqual(sizes);
  for (const [place, url] of urls.entries()) expect(url.endsWith(base64(bodies[place] ?? ""))).toBe(true);
});

describe("a subscription", () => {
  const answer = streams(event(chunk("Hel")), event(chunk("lo", "stop")), done);
  const file = { body: PNG, filename: "a.png", contentType: "image/png" };

  /** Sends the parts, and yields the event stream as it came. */
  async function stream(server: TestServer, parts: WrittenPart[]): Promise<string> {
    const body = writeBody(...parts);
    const headers = { "content-type": CONTENT_TYPE, accept: "text/event-stream", ...preflighted };
    const req = sendRequest(server.url, { method: "POST", agent: false, headers });
    whenOver(() => void req.destroy());
    // In two writes: the answer's head may leave before the file has come.
    req.write(body.subarray(0, -20));
    setImmediate(() => req.end(body.subarray(-20)));
    const [res] = (await once(req, "response")) as [IncomingMessage];
    return text(res);
  }

  test("takes files over SSE, and completes", async () => {
    const { upstream, server } = await startServed(answer);
    const events = await stream(server, written(STREAM, [file, { ...file, body: Buffer.alloc(2 * MIB) }]));
    expect(events.match(/"text":"[^"]*"/g)).toEqual(['"text":"Hel"', '"text":"lo"']);
    expect(events).toMatch(/event: complete\ndata:\n\n$/);
    expect(upstream.requests[0]?.json()).toMatchObject({ stream: true });
    expect(lastParts(upstream)).toHaveLength(2);
  });

  test("ends with the error of its file, once", async () => {
    const { upstream, server } = await startServed(answer, { MAX_ATTACHMENT_BYTES: "9" });
    const events = await stream(server, written(STREAM, [file]));
    expect(events.match(/event: next/g)).toHaveLength(1);
    expect(events).toContain("input.messages[0].parts[1].upload must be at most 9 bytes; got 10.");
    expect(events).toContain("PAYLOAD_TOO_LARGE");
    expect(events).toMatch(/event: complete\ndata:\n\n$/);
    expect(upstream.requests).toEqual([]);
  });

  test("takes data: URLs over WebSocket", async () => {
    const { upstream, server } = await startServed(answer);
    const { subscribe } = await connectWs(server.url);
    const upload = "data:image/png;base64,aGk=";
    const subscription = subscribe(STREAM, { input: input({ text: "Look:" }, { upload }) });
    expect(await subscription.ended).toBe("complete");
    expect(subscription.results.map(({ data }) => data.chat.text)).toEqual(["Hel", "lo"]);
    expect(lastParts(upstream)).toEqual([{ type: "image_url", image_url: { url: upload } }]);
  });

  test("that is left ends its upstream call", async () => {
    const { upstream, server } = await startServed((_, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" }).write(event(chunk("Hel")));
    });
    const { subscribe } = await connectWs(server.url);
    const subscription = subscribe(STREAM, { input: input({ upload: "data:image/png;base64,aGk=" }) });
    await subscription.next();
    subscription.leave();
    await upstream.requests[0]?.closed;
  });
});

describe("limits", () => {
  const file = (size: number) => ({ body: Buffer.alloc(size, 1), filename: "a.png", contentType: "image/png" });
  const FIELD = "input.messages[0].parts[1].upload";

  test.each([
    ["held", 1000],
    ["streamed", 2 * MIB],
  ])("MAX_ATTACHMENT_BYTES: a %s file passes at it, and not over it", async (_, limit) => {
    const { upstream, server } = await start({ MAX_ATTACHMENT_BYTES: String(limit) });
    expect((await post(server, written(CHAT, [file(limit)]))).body.errors).toBeUndefined();
    const { status, body } = await post(server, written(CHAT, [file(limit + 1)]));
    expect(status).toBe(413);
    expect(body.errors).toMatchObject([
      {
        message: expect.stringMatching(
          `^${FIELD.replace(/[[\].]/g, "\\$&")} must be at most ${limit} bytes; got (${limit + 1}|more)\\.$`,
        ),
        extensions: { code: "PAYLOAD_TOO_LARGE" },
      },
    ]);
    expect(upstream.requests).toHaveLength(1);
  });

  test("an empty file is refused, whatever it is", async () => {
    const { upstream, server } = await start();
    expect((await post(server, written(CHAT, [file(0)]))).body.errors).toMatchObject([
      { message: `${FIELD} must not be empty; got 0 bytes.`, extensions: { code: "BAD_USER_INPUT", field: FIELD } },
    ]);
    const empty = await server.query(CHAT, { input: input({ upload: "data:image/png;base64," }) });
    expect(empty.body.errors[0].message).toBe("input.messages[0].parts[0].upload must not be empty; got 0 bytes.");
    expect(upstream.requests).toEqual([]);
  });

  test("a broken data: URL and what is no file are refused", async () => {
    const { upstream, server } = await start();
    for (const upload of ["data:image/png;base64,a*b", "https://127.0.0.1/cat.png", "", 5]) {
      const { body } = await server.query(CHAT, { input: input({ upload }) });
      expect(body.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    }
    expect(upstream.requests).toEqual([]);
  });

  test("what is read counts in MAX_INFLIGHT_BYTES, and is given back", async () => {
    const limits = { MAX_INFLIGHT_BYTES: String(4 * MIB), MAX_BODY_BYTES: String(MIB) };
    const { upstream, server } = await start(limits);
    const { body } = await post(server, written(CHAT, [file(3 * MIB + 500_000)]));
    expect(body.errors).toMatchObject([{ extensions: { code: "PAYLOAD_TOO_LARGE" } }]);
    expect(body.errors[0].message).toContain(String(4 * MIB));
    expect(upstream.requests).toEqual([]);
    for (let turn = 0; turn < 5; turn++)
      expect((await post(server, written(CHAT, [file(MIB + MIB / 4)]))).body.errors).toBeUndefined();
  });

  test("a file that is missing, and one that is cut, name the field", async () => {
    const { upstream, server } = await start({ UPLOAD_STALL_MS: "300" });
    const whole = written(CHAT, [file(100)]);
    const missing = await post(server, whole.slice(0, 2));
    expect(missing.body.errors).toMatchObject([{ extensions: { code: "BAD_REQUEST" } }]);
    const bytes = writeBody(...whole);
    const cut = await request(server.url, {
      method: "POST",
      headers: { "content-type": CONTENT_TYPE },
      body: bytes.subarray(0, -80),
    });
    expect(cut.body.errors).toMatchObject([
      { message: expect.stringContaining(FIELD), extensions: { code: "BAD_REQUEST" } },
    ]);
    expect(upstream.requests).toEqual([]);
  });

  test("input that is refused reads no file, and the request ends", async () => {
    const { upstream, server } = await start();
    const { body } = await post(server, written(CHAT, [file(3 * MIB)], { temperature: 3 }));
    expect(body.errors).toMatchObject([{ message: "input.temperature must be between 0 and 2; got 3." }]);
    expect(upstream.requests).toEqual([]);
  });

  test("a part has exactly one field", async () => {
    const { server } = await start();
    const { body } = await server.query(CHAT, { input: input({ text: "a", upload: "data:image/png;base64,aGk=" }) });
    expect(body.errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  });
});

test("a caller who may only chat may send files", async () => {
  const key = "alice-key-0123456789";
  const keys = [{ id: "alice", key, operations: ["Mutation.chat"] }];
  const { server } = await start({ CLIENT_KEYS: JSON.stringify(keys) });
  const file = { body: PNG, filename: "a.png", contentType: "image/png" };
  const { body } = await post(server, written(CHAT, [file]), { authorization: `Bearer ${key}` });
  expect(body.errors).toBeUndefined();
});

test("two chats of one operation read their files one after the other", async () => {
  const { upstream, server } = await start();
  const query = "mutation ($a: ChatInput!, $b: ChatInput!) { a: chat(input: $a) { id } b: chat(input: $b) { id } }";
  const one = { body: Buffer.alloc(2 * MIB, 1), filename: "a.png", contentType: "image/png" };
  const parts = (bad: object = {}) => [
    {
      name: "operations",
      body: JSON.stringify({
        query,
        variables: { a: { ...input({ upload: null }), ...bad }, b: input({ upload: null }) },
      }),
    },
    {
      name: "map",
      body: JSON.stringify({
        0: ["variables.a.messages.0.parts.0.upload"],
        1: ["variables.b.messages.0.parts.0.upload"],
      }),
    },
    { name: "0", ...one },
    { name: "1", ...one },
  ];
  expect((await post(server, parts())).body.errors).toBeUndefined();
  expect(upstream.requests).toHaveLength(2);
  // The first is refused: its file must not stand in the way of the second.
  const { body } = await post(server, parts({ temperature: 3 }));
  expect(body.data).toEqual({ a: null, b: { id: chatCompletion.id } });
});
