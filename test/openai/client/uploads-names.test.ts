// The file name that an upload gets upstream: harmless, whatever name the client gives it.
import { describe, expect, test } from "vitest";
import {
  CONTENT_TYPE,
  filePart,
  readFile,
  readParts,
  variations,
  varied,
  vary,
  varyFields,
  writeBody,
} from "../../support/multipart.ts";
import { startServed } from "../../support/served-upstream.ts";
import { request } from "../../support/server.ts";
import { json } from "../../support/upstream.ts";

const start = (environment: Record<string, string> = {}) => startServed(json(variations), environment);

/** Uploads a file whose disposition ends as given and yields what the upstream got. */
async function send(disposition: string, contentType = "image/png") {
  const { upstream, server } = await start();
  const marked = { ...filePart("x"), filename: "MARK", contentType };
  const body = writeBody(...varyFields, marked)
    .toString()
    .replace('; filename="MARK"', disposition);
  const answer = await request(server.url, { method: "POST", headers: { "content-type": CONTENT_TYPE }, body });
  expect(answer.body).toEqual({ data: { imageVariations: varied } });
  const [received] = upstream.requests;
  if (!received) throw new Error("nothing came");
  expect(readParts(received)).toHaveLength(1);
  return readFile(received);
}

describe("a file name", () => {
  test.each([
    ["a path", '; filename="../../etc/passwd"', "passwd"],
    ["a Windows path", '; filename="C:\\\\Users\\\\me\\\\cat.png"', "cat.png"],
    ["a quote", '; filename="a\\"; x=\\"b.png"', "a x=b.png"],
    ["an encoded quote and line end", '; filename="a%22%0D%0AX-Evil: 1.png"', "a220D0AX-Evil 1.png"],
    [
      "a line end in an extended name",
      "; filename*=utf-8''a%0D%0AX-Evil%3A%201%0D%0A%0D%0Abody.png",
      "aX-Evil 1body.png",
    ],
    ["a null byte in an extended name", "; filename*=utf-8''a%00.png", "a.png"],
    ["unicode", '; filename="Über größe 猫 😀.png"', "Über größe 猫 😀.png"],
    ["unicode in an extended name", "; filename*=utf-8''%e7%8c%ab.png", "猫.png"],
    ["a direction override in an extended name", "; filename*=utf-8''a%e2%80%aegnp.exe", "agnp.exe"],
    ["leading dots", '; filename="...htaccess"', "htaccess"],
    ["dots alone", '; filename=".."', "image.png"],
    ["nothing left", '; filename="///"', "image.png"],
    ["spaces", '; filename="   "', "image.png"],
  ])("with %s", async (_, disposition, expected) => {
    const file = await send(disposition);
    expect(file.filename).toBe(expected);
    expect(file.head.split("\r\n")).toHaveLength(3);
    expect(file.bytes.toString()).toBe("x");
  });

  test.each(["", '; filename=""'])("that is missing (%j)", async (disposition) => {
    const file = await send(disposition, "application/octet-stream");
    expect(file).toMatchObject({ filename: "file", contentType: "application/octet-stream" });
  });

  test("that is very long keeps its extension, and no half of a character", async () => {
    expect((await send(`; filename="${"a".repeat(5_000)}.png"`)).filename).toBe(`${"a".repeat(96)}.png`);
    expect((await send(`; filename="a${"😀".repeat(500)}.png"`)).filename).toBe(`a${"😀".repeat(95)}.png`);
    expect((await send(`; filename="a.${"b".repeat(500)}"`)).filename).toBe(`a.${"b".repeat(98)}`);
  });
});

describe("a data: URL", () => {
  test.each([
    ["base64", "data:image/png;base64,iVBORw==", "image/png", "image.png", "89504e47"],
    ["base64 without padding", "data:image/png;base64,iVBORw", "image/png", "image.png", "89504e47"],
    ["base64 with escapes", "data:image/png;base64,iVBORw%3D%3D", "image/png", "image.png", "89504e47"],
    ["percent-encoded", "data:image/gif,%47%49F%00", "image/gif", "image.gif", "47494600"],
    ["with parameters", "data:image/png;name=cat.png;charset=utf-8;base64,aGk=", "image/png", "image.png", "6869"],
    ["with a suffix", "data:image/svg+xml;utf8,<svg/>", "image/svg+xml", "image.svg", "3c7376672f3e"],
    ["in capitals", "DATA:IMAGE/PNG;BASE64,aGk=", "image/png", "image.png", "6869"],
    ["with a harmful type", 'data:image/"x;base64,aGk=', "text/plain", "file.txt", "6869"],
    ["of a sound", "data:audio/x-wav;base64,aGk=", "audio/x-wav", "audio.wav", "6869"],
    ["of MP3", "data:audio/mpeg;base64,aGk=", "audio/mpeg", "audio.mp3", "6869"],
    ["of a document", "data:application/pdf;base64,aGk=", "application/pdf", "file.pdf", "6869"],
    ["without a type", "data:;base64,aGk=", "text/plain", "file.txt", "6869"],
  ])("%s is sent with a Content-Length", async (_, image, contentType, filename, hex) => {
    const { upstream, server } = await start();
    expect((await server.query(vary, { image })).body).toEqual({ data: { imageVariations: varied } });
    const [received] = upstream.requests;
    if (!received) throw new Error("nothing came");
    expect(received.headers["content-length"]).toBe(String(received.body.length));
    expect(readFile(received)).toMatchObject({ contentType, filename, bytes: Buffer.from(hex, "hex") });
  });

  test.each([
    ["no comma", "data:image/png"],
    ["broken base64", "data:image/png;base64,a*b"],
    ["base64 of an impossible length", "data:image/png;base64,a"],
    ["nothing in it", "data:image/png;base64,"],
    ["another scheme", "https://127.0.0.1/cat.png"],
    ["a file's path", "file:///etc/passwd"],
    ["no text", 5],
    ["an object", { open: "x" }],
    ["a list of two", ["data:,a", "data:,b"]],
    ["null", null],
  ])("with %s is BAD_USER_INPUT and reaches no upstream", async (_, image) => {
    const { upstream, server } = await start();
    const { body } = await server.query(vary, { image });
    expect(body.errors).toMatchObject([{ message: expect.any(String), extensions: { code: "BAD_USER_INPUT" } }]);
    expect(body.errors[0].message).toMatch(/Upload must be|input\.image must not be empty|Expected type "Upload!"/);
    expect(upstream.requests).toEqual([]);
    expect(server.faults).toEqual([]);
  });

  test("passes at the limit, and over it is PAYLOAD_TOO_LARGE", async () => {
    const { upstream, server } = await start({ MAX_UPLOAD_BYTES: "2" });
    expect((await server.query(vary, { image: "data:,ab" })).body).toEqual({ data: { imageVariations: varied } });
    const answer = await server.query(vary, { image: "data:,abc" });
    expect(answer.status).toBe(413);
    expect(answer.body.errors).toMatchObject([
      { message: "input.image must be at most 2 bytes; got 3.", extensions: { code: "PAYLOAD_TOO_LARGE" } },
    ]);
    expect(upstream.requests).toHaveLength(1);
  });
});
