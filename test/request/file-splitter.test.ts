// Files are led past the library's parser: what is read is the same as what the library reads by itself, however it is cut.
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { processRequest, type Upload } from "graphql-upload-minimal";
import { describe, expect, test } from "vitest";
import { BytesInFlight } from "../../src/http/bytes-in-flight.ts";
import { readMultipart } from "../../src/request/multipart.ts";
import type { UploadedFile } from "../../src/request/uploaded-file.ts";
import { createRandom, type Random } from "../support/random.ts";

const limits = { maxBodyBytes: 10_000, maxUploadBytes: 10_000_000, maxFiles: 5, uploadStallMs: 4_000 };
const res = { once() {} } as unknown as ServerResponse;

/** A request whose body comes in exactly these chunks. */
function requestOf(boundary: string, chunks: readonly Buffer[]): IncomingMessage {
  const headers = { "content-type": `multipart/form-data; boundary="${boundary}"` };
  return Object.assign(Readable.from(chunks, { objectMode: false }), {
    headers,
    socket: { bytesRead: 0 },
  }) as unknown as IncomingMessage;
}

/** What the library reads by itself. */
async function readPlain(req: IncomingMessage): Promise<unknown> {
  const { files } = (await processRequest(req, res, limits)) as unknown as { files: Upload[] };
  const read = async ({ promise }: Upload) => {
    const { filename, mimetype, createReadStream } = await promise;
    const bytes = await buffer(createReadStream());
    return { filename, mimetype, bytes: bytes.toString("latin1") };
  };
  return inTurn(files, read);
}

/** What the server reads. */
async function readOurs(req: IncomingMessage): Promise<unknown> {
  const held = new BytesInFlight(2 ** 30).open(undefined);
  const { files } = (await readMultipart(req, res, limits, held)) as { files: UploadedFile[] };
  return inTurn(files, async (file) => {
    const { filename, contentType, stream } = await file.open("input.image");
    const bytes = await buffer(stream());
    return { filename, mimetype: contentType, bytes: bytes.toString("latin1") };
  });
}

async function inTurn<Value, Result>(values: readonly Value[], read: (value: Value) => Promise<Result>) {
  const results: Result[] = [];
  for (const value of values) results.push(await read(value));
  return results;
}

/** Cuts the body anywhere, into chunks of 1 byte to `most`. */
function cut(body: Buffer, most: number, random: Random): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const size = 1 + random.below(most);
    chunks.push(body.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe("generated bodies", () => {
  test.each(Array.from({ length: 150 }, (_, seed) => seed))("are read as the library reads them (%i)", async (seed) => {
    const random = createRandom(seed);
    const boundary = random.pick([
      "b",
      "--",
      "aaaaaaaa",
      "a-a-a",
      "x".repeat(70),
      "----WebKitFormBoundary7MA4YWxkTrZu0gW",
      "a b",
    ]);
    const delimiter = `\r\n--${boundary}`;
    /** Text that looks like a delimiter, and never is one. */
    const content = () => {
      const pieces = [
        "\r",
        "\n",
        "\r\n",
        "-",
        "--",
        "a",
        "\0",
        "\xff",
        delimiter.slice(0, -1),
        `\r\n-${boundary}`,
        "z".repeat(99),
      ];
      let text = "";
      for (let length = random.below(60); length > 0; length--) text += random.pick(pieces);
      while (`\r\n${text}${delimiter}`.indexOf(delimiter) < text.length + 2) text = text.replace("--", "");
      return text;
    };
    const part = (head: string, text: string) => `\r\n--${boundary}\r\n${head}\r\n\r\n${text}`;
    const count = random.below(4);
    const names = Array.from({ length: count }, (_, index) => String(index));
    const parts = [
      part('Content-Disposition: form-data; name="operations"', JSON.stringify({ files: names.map(() => null) })),
      part(
        "content-disposition:form-data;name=map",
        JSON.stringify(Object.fromEntries(names.map((name) => [name, [`files.${name}`]]))),
      ),
      ...names.map((name) =>
        part(
          `Content-Type: text/plain\r\nContent-Disposition: form-data; name="${name}"; filename="f${name}"`,
          content(),
        ),
      ),
      ...(random.oneIn(3) ? [part("X-Other: 1", content())] : []),
      ...(random.oneIn(3) ? [part('Content-Disposition: form-data; name="extra"; filename="e"', content())] : []),
    ].join("");
    const preamble = random.oneIn(2) ? "preamble" : "";
    const body = Buffer.from(
      `${preamble}${preamble ? parts : parts.slice(2)}${delimiter}--${random.pick(["", "\r\n", "\r\nepilogue"])}`,
      "latin1",
    );
    const plain = await readPlain(requestOf(boundary, [body]));
    for (const most of [1, 3, 40, 100_000]) {
      expect(await readOurs(requestOf(boundary, cut(body, most, random)))).toEqual(plain);
    }
  });
});

test.each([
  ["of more than 70 characters", "a".repeat(71)],
  ["that is empty", ""],
])("a boundary %s is refused", async (_, boundary) => {
  await expect(readOurs(requestOf(boundary, []))).rejects.toThrow(
    "The multipart request is malformed: its content type must name a boundary of at most 70 characters.",
  );
});
