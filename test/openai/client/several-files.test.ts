// Requests with several files: in order, each read when it is its turn, and settled by the bytes that were sent.
import { describe, expect, test } from "vitest";
import { defineEndpoint } from "../../../src/openai/client/endpoint.ts";
import { StreamedFile, type UploadSource } from "../../../src/openai/client/uploads/streamed-file.ts";
import { openGuarded, signal } from "../../support/guarded.ts";
import { readParts } from "../../support/multipart.ts";
import { failure, inTurn, json, startUpstream } from "../../support/upstream.ts";

/** Costs a token a byte, and reports nothing. */
const WEIGH = defineEndpoint({
  method: "POST",
  path: "/weigh",
  modelIn: "nowhere",
  isPaid: true,
  operationName: "weigh",
  estimate: ({ multipart }) => ({ prompt: weigh(multipart), output: 0, choices: 1, isCapped: true }),
  readUsage: () => undefined,
  countOutput: () => 0,
  hasOutput: () => false,
});

function weigh(fields: object = {}): number {
  const files = Object.values(fields).flat() as unknown[];
  return files.reduce<number>((sum, file) => sum + (file instanceof StreamedFile ? file.knownBytes : 0), 0);
}

/** A file whose size is known at once, or never. It notes in `log` when it is opened and read. */
function fileOf(
  name: string,
  content: string,
  { isHeld = true, log = [] as string[], failure = "" } = {},
): StreamedFile {
  const source: UploadSource = {
    mostBytes: 1_000,
    async open() {
      log.push(`open ${name}`);
      if (failure === "open") throw new Error(`no ${name}`);
      return {
        filename: name,
        contentType: "image/png",
        sizeBytes: isHeld ? content.length : undefined,
        async *stream() {
          log.push(`read ${name}`);
          yield Buffer.from(content);
          if (failure === "read") throw new Error(`cut ${name}`);
          log.push(`end ${name}`);
        },
      };
    },
  };
  return new StreamedFile(source);
}

describe("several files", () => {
  test("of one name are as many parts, in order, with a length if each has one", async () => {
    const upstream = await startUpstream(json({}));
    const { operate } = openGuarded(upstream.url);
    const multipart = {
      prompt: "a\nb",
      n: undefined,
      "image[]": [fileOf("1.png", "one"), fileOf("2.png", "two")],
      "tag[]": ["x", "y"],
      none: [],
      mask: fileOf("m.png", "mask"),
    };
    await operate((client) => client.request({ endpoint: WEIGH, multipart }, signal()));
    const [received] = upstream.requests;
    if (!received) throw new Error("nothing came");
    expect(received.headers["content-length"]).toBe(String(received.body.length));
    expect(readParts(received).map(({ name, filename, bytes }) => [name, filename, bytes.toString()])).toEqual([
      ["prompt", undefined, "a\r\nb"],
      ["image[]", "1.png", "one"],
      ["image[]", "2.png", "two"],
      ["tag[]", undefined, "x"],
      ["tag[]", undefined, "y"],
      ["mask", "m.png", "mask"],
    ]);
  });

  test("are opened one after the other as soon as one is not held", async () => {
    const upstream = await startUpstream(json({}));
    const { operate } = openGuarded(upstream.url);
    const log: string[] = [];
    const files = [fileOf("a", "a", { log }), fileOf("b", "b", { log, isHeld: false }), fileOf("c", "c", { log })];
    await operate((client) => client.request({ endpoint: WEIGH, multipart: { file: files } }, signal()));
    expect(log.join(", ")).toBe("open a, open b, read a, end a, read b, end b, open c, read c, end c");
    expect(upstream.requests[0]?.headers["transfer-encoding"]).toBe("chunked");
    expect(upstream.requests[0] && readParts(upstream.requests[0]).map(({ bytes }) => bytes.toString())).toEqual([
      "a",
      "b",
      "c",
    ]);
  });

  test.each(["open", "read"])("fail with what the second one throws when it is to %s", async (failure) => {
    const upstream = await startUpstream(json({}));
    const { operate } = openGuarded(upstream.url);
    const files = [fileOf("a", "a", { isHeld: false }), fileOf("b", "b", { isHeld: false, failure })];
    const sending = operate((client) => client.request({ endpoint: WEIGH, multipart: { file: files } }, signal()));
    await expect(sending).rejects.toThrow(failure === "open" ? "no b" : "cut b");
  });

  test.each([
    ["that answers", json({}), 5 + 7],
    ["that refuses", failure(400, {}), 0],
  ])("cost what was sent of them to an upstream %s", async (_, answer, used) => {
    const upstream = await startUpstream(answer);
    const { operate, readTokens } = openGuarded(upstream.url, { tokensPerDay: 10_000 });
    const files = [fileOf("a", "12345", { isHeld: false }), fileOf("b", "1234567", { isHeld: false })];
    await operate((client) => client.request({ endpoint: WEIGH, multipart: { file: files } }, signal())).catch(
      () => {},
    );
    expect(await readTokens()).toBe(used);
  });

  test("are sent again if all are held, and not if one is gone", async () => {
    const upstream = await startUpstream(inTurn(failure(503, {}), json({ ok: true })));
    const { operate } = openGuarded(upstream.url, {}, { maxRetries: 1 });
    const send = (isHeld: boolean) => {
      const multipart = { file: [fileOf("a", "a"), fileOf("b", "b", { isHeld })] };
      return operate((client) => client.request({ endpoint: WEIGH, multipart }, signal()));
    };
    expect(await send(true)).toEqual({ ok: true });
    upstream.answer = failure(503, {});
    await expect(send(false)).rejects.toThrow();
    expect(upstream.requests).toHaveLength(3);
  });
});
