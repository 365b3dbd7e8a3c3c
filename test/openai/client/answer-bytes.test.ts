// The bytes of a whole answer: in one packet with the head, or cut anywhere.
import { expect, test } from "vitest";
import { chat, chatAnswer } from "../../support/calls.ts";
import { startServed } from "../../support/served-upstream.ts";
import type { Answer } from "../../support/upstream.ts";

const [before = "", after = ""] = JSON.stringify(chatAnswer).split("hello");
const around = (content: Buffer) => Buffer.concat([Buffer.from(before), content, Buffer.from(after)]);

const bodies: [name: string, body: Buffer, text: string][] = [
  ["ASCII", around(Buffer.from("hello")), "hello"],
  ["letters of two, three and four bytes", around(Buffer.from("Café – 🙂")), "Café – 🙂"],
  ["bytes that are not UTF-8, which are replaced", around(Buffer.from([0x61, 0xff, 0x62])), "a\ufffdb"],
  [
    "a byte order mark, which is left out",
    Buffer.concat([Buffer.from("\ufeff"), around(Buffer.from("hello"))]),
    "hello",
  ],
];

/** Sends head and body in one write, with a Content-Length. */
const atOnce =
  (body: Buffer): Answer =>
  (_, res) => {
    res.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
  };

/** Sends each byte as a chunk of its own, in a turn of its own. */
const byteByByte =
  (body: Buffer): Answer =>
  (_, res) => {
    res.writeHead(200, { "content-type": "application/json" });
    let sent = 0;
    const next = () => {
      if (sent === body.length) return res.end();
      res.write(body.subarray(sent, ++sent));
      return setImmediate(next);
    };
    next();
  };

test.each(bodies)("%s come as the same text in one packet and byte by byte", async (_, body, text) => {
  for (const answer of [atOnce(body), byteByByte(body)]) {
    const { server, upstream } = await startServed(answer);
    expect((await server.query(chat)).body).toEqual({ data: { chat: { text } } });
    expect(upstream.requests).toHaveLength(1);
  }
});
