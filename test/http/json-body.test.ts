// JSON bodies: one that comes whole with its head means and costs the same as one that comes in pieces.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { BytesInFlight } from "../../src/http/bytes-in-flight.ts";
import { readJsonBody } from "../../src/http/json-body.ts";
import { whenOver } from "../support/lifetime.ts";
import { createRandom } from "../support/random.ts";
import { connectRaw, postHead } from "../support/raw-client.ts";

const MAX_BYTES = 4_000;

/** A server that reads a body of up to MAX_BYTES and answers with what came of it; `maxHeld` are the bytes that it may hold. */
async function startReader(maxHeld = 1_000_000) {
  const account = new BytesInFlight(maxHeld);
  let begin = () => {};
  const server = createServer(async (req, res) => {
    begin();
    const held = account.open(undefined);
    const read = async () => ({ value: await readJsonBody(req, res, MAX_BYTES, held) });
    const outcome = await read().catch(({ extensions }) => ({ code: extensions.code }));
    res.end(JSON.stringify({ outcome, heldBytes: held.bytes }));
    held.release();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  whenOver(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    /** Sends everything in one write. */
    async sendWhole(head: string, body: Buffer) {
      const client = await connectRaw(url);
      await client.send(Buffer.concat([Buffer.from(head), body]));
      return (await client.answer()).body;
    },
    /** Sends the rest of the body when the server has begun with the request. */
    async sendCut(head: string, body: Buffer, place: number) {
      const client = await connectRaw(url);
      const hasBegun = new Promise<void>((resolve) => {
        begin = resolve;
      });
      await client.send(Buffer.concat([Buffer.from(head), body.subarray(0, place)]));
      await hasBegun;
      await client.send(body.subarray(place));
      return (await client.answer()).body;
    },
  };
}

const json = (length: number | undefined) => postHead(length, "application/json");
const chunked = (body: Buffer) =>
  Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n0\r\n\r\n")]);

function createValue({ below, oneIn, pick }: ReturnType<typeof createRandom>, depth = 0): unknown {
  if (depth < 4 && oneIn(2)) {
    const parts = Array.from({ length: below(4) }, () => createValue({ below, oneIn, pick }, depth + 1));
    return oneIn(2)
      ? parts
      : Object.fromEntries(parts.map((part, place) => [pick(["a", "é", "__proto__", "query"]) + place, part]));
  }
  return pick([null, true, below(1e9), "", "text", 'a "quoted" \\ one', "日本語 🎉", "\u2028\ud800"]);
}

test("a body that comes with its head, and the same in two pieces, have the same value and hold the same bytes", async () => {
  const reader = await startReader();
  for (let seed = 0; seed < 60; seed++) {
    const random = createRandom(seed);
    const value = createValue(random);
    const body = Buffer.from(JSON.stringify(value));
    const [head, sent] = random.oneIn(2) ? [json(body.length), body] : [json(undefined), chunked(body)];
    const outcome = { value: JSON.parse(body.toString()) };
    expect(await reader.sendWhole(head, sent)).toEqual({ outcome, heldBytes: 2 * body.length });
    const place = random.below(sent.length);
    expect(await reader.sendCut(head, sent, place)).toEqual({ outcome, heldBytes: 2 * body.length });
  }
});

test.each([
  ["that is not JSON", Buffer.from('{"a":'), "BAD_REQUEST"],
  ["that is not UTF-8", Buffer.from([0x22, 0xff, 0x22]), "BAD_REQUEST"],
  ["that is empty", Buffer.alloc(0), "BAD_REQUEST"],
  ["nested too deeply", Buffer.from("[".repeat(300) + "]".repeat(300)), "BAD_REQUEST"],
  ["over the limit", Buffer.from(`"${"x".repeat(MAX_BYTES)}"`), "PAYLOAD_TOO_LARGE"],
])("a body %s is refused whole and in two pieces", async (_, body, code) => {
  const reader = await startReader();
  const sent = body.length > 0 ? chunked(body) : Buffer.from("0\r\n\r\n");
  expect((await reader.sendWhole(json(undefined), sent)).outcome).toEqual({ code });
  expect((await reader.sendCut(json(undefined), sent, sent.length - 1)).outcome).toEqual({ code });
});

test("a body for which there is no room is refused whole and in two pieces", async () => {
  const reader = await startReader(100);
  const body = Buffer.from(JSON.stringify("x".repeat(200)));
  expect((await reader.sendWhole(json(body.length), body)).outcome).toEqual({ code: "PAYLOAD_TOO_LARGE" });
  expect((await reader.sendCut(json(body.length), body, 50)).outcome).toEqual({ code: "PAYLOAD_TOO_LARGE" });
});
