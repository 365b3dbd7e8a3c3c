// Owns writing responses: JSON, events, images and sounds, with OpenAI's headers. Knows no endpoint.
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { eventPiece, eventType, type PieceBody } from "./shared/pieces.ts";

/** The response to one request: a JSON body, a stream of events, an image, or a body that is written piece by piece. */
export type Reply =
  | { status?: number; headers?: Readonly<Record<string, string>>; json: object }
  | { events: AsyncIterable<object> }
  | { png: Buffer }
  | PieceBody;

/** Writes the whole reply; a stream ends silently if its client leaves. Throws only what the stream throws. */
export async function sendReply(response: ServerResponse, reply: Reply): Promise<void> {
  if ("events" in reply) {
    return sendPieces(response, { contentType: eventType, pieces: eventPieces(reply.events) });
  }
  if ("pieces" in reply) return sendPieces(response, reply);
  const [contentType, body] =
    "png" in reply ? ["image/png", reply.png] : ["application/json", Buffer.from(JSON.stringify(reply.json, null, 2))];
  if ("json" in reply) {
    response.statusCode = reply.status ?? 200;
    for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  }
  response.setHeader("content-type", contentType);
  response.setHeader("content-length", body.length);
  response.end(body);
}

/** The events as text, and the last one of OpenAI's chats. */
export async function* eventPieces(events: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const event of events) yield eventPiece(event);
  yield "data: [DONE]\n\n";
}

async function sendPieces(response: ServerResponse, { contentType, pieces }: PieceBody): Promise<void> {
  response.setHeader("content-type", contentType);
  response.setHeader("cache-control", "no-cache");
  response.socket?.setNoDelay(true);
  response.flushHeaders();
  for await (const piece of pieces) {
    if (response.destroyed) return;
    if (!response.write(piece)) await drained(response);
  }
  response.end();
}

/** Resolves when the client has read enough or has left. */
async function drained(response: ServerResponse): Promise<void> {
  const ended = new AbortController();
  const { signal } = ended;
  await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]).finally(() =>
    ended.abort(),
  );
}
