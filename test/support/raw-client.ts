// A client on a bare socket: it sends exactly the given bytes, and reads only on request.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { whenOver } from "./lifetime.ts";
import { CONTENT_TYPE } from "./multipart.ts";

/** An HTTP answer as it stood on the wire. */
export interface RawAnswer {
  status: number;
  head: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  body: any;
}

export interface RawClient {
  socket: Socket;
  /** Resolves when the bytes have left for the network; rejects where the connection broke. */
  send(bytes: Buffer | string): Promise<void>;
  /** Begins to read; resolves with the answer, rejects where the connection ends before it is whole. */
  answer(): Promise<RawAnswer>;
  /** Resolves when the connection has closed, for whatever reason. */
  closed: Promise<unknown>;
}

/** Connects to the server at `url`; the connection ends with the case, or with its `shared`. */
export async function connectRaw(url: string): Promise<RawClient> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.pause();
  let failure: Error | undefined;
  socket.on("error", (error) => {
    failure = error;
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  whenOver(() => socket.destroy());
  await once(socket, "connect");
  return {
    socket,
    closed,
    send: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    async answer() {
      let bytes = Buffer.alloc(0);
      for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
        bytes = Buffer.concat([bytes, chunk]);
        const answer = readAnswer(bytes.toString());
        if (answer) return answer;
      }
      throw failure ?? new Error(`The connection ended inside the answer: ${bytes}`);
    },
  };
}

/** The head of a POST of `length` bytes, or of a chunked one. */
export function postHead(length?: number, contentType = CONTENT_TYPE, path = "/graphql"): string {
  const framing = length === undefined ? "transfer-encoding: chunked" : `content-length: ${length}`;
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\ngraphql-require-preflight: 1\r\ncontent-type: ${contentType}\r\n${framing}\r\n\r\n`;
}

/** Sends one whole POST on a connection of its own and only then begins to read. */
export async function postRaw(url: string, body: Buffer, contentType?: string, path?: string): Promise<RawAnswer> {
  const client = await connectRaw(url);
  await client.send(postHead(body.length, contentType, path));
  await client.send(body);
  return client.answer();
}

/** The answer as soon as it is whole. */
function readAnswer(text: string): RawAnswer | undefined {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const content = rest.join("\r\n\r\n");
  if (rest.length === 0) return undefined;
  const status = Number(head.split(" ")[1]);
  if (status === 100) return readAnswer(content);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  const isWhole = length === undefined ? content.endsWith("0\r\n\r\n") : Buffer.byteLength(content) >= Number(length);
  if (!isWhole) return undefined;
  const body = length === undefined ? content.replace(/^[\da-f]+\r\n/i, "").replace(/\r\n0\r\n\r\n$/, "") : content;
  try {
    return { status, head, body: JSON.parse(body) };
  } catch {
    return { status, head, body };
  }
}
