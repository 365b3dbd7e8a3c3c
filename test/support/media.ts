// Media under test: an upstream that sends pictures in base64 alone, and requests for what the server keeps of them.
import { request as sendRequest } from "node:http";
import { buffer } from "node:stream/consumers";
import { vary } from "./multipart.ts";
import { startServed } from "./served-upstream.ts";
import type { TestServer } from "./server.ts";
import { type Answer, json } from "./upstream.ts";

/** Bytes that begin as a PNG. */
export const PNG = Buffer.concat([
  Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
  Buffer.from(Array.from({ length: 992 }, (_, place) => place % 251)),
]);

/** What a medium's address looks like. */
export const ADDRESS = /^\/media\/[\da-f]{32}\.png$/;

/** Answers every picture with these bytes. */
export function pictures(bytes: Buffer = PNG, format?: string): Answer {
  return json({ created: 1, data: [{ b64_json: bytes.toString("base64") }], ...(format && { output_format: format }) });
}

/** A server whose upstream answers with pictures in base64. */
export const startPictures = (environment: Record<string, string> = {}, answer = pictures()) =>
  startServed(answer, environment);

/** Asks for a picture, and yields its URL. */
export async function makePicture(server: Pick<TestServer, "query">, init?: RequestInit): Promise<string> {
  const { body } = await server.query(vary, { image: "data:image/png;base64,aGk=" }, init);
  return body.data.imageVariations.data[0].url;
}

export interface Fetched {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: Buffer;
}

/** Sends one request as it is, whatever its path and headers. */
export function get(
  url: string,
  path: string,
  { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Fetched> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = sendRequest({ port, host: "127.0.0.1", path, method, headers, agent: false }, async (res) =>
      resolve({ status: res.statusCode ?? 0, headers: res.headers, body: await buffer(res) }),
    );
    sent.on("error", reject).end();
  });
}
