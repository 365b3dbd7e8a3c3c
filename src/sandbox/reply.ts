// Owns writing responses: JSON, events and images, with OpenAI's headers. Knows no endpoint.
import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** The content type of events. */
export const eventType = "text/event-stream; charset=utf-8";

/** The response to one request: a JSON body, a stream of events, an image, or text that is written piece by piece. */
export type Reply =
  | { status?: number; headers?: Readonly<Record<string, string>>; json: object }
  | { events: AsyncIterable<object> }
  | { png: Buffer }
  | { contentType: string; pieces: AsyncIterable<string> };

/** Writes the whole reply; a stream ends silently if its client leaves. Throws only what the stream throws. */
export async function sendReply(response: ServerResponse, reply: Reply): Promise<void> {
  if ("events" in reply) return sendPieces(response, eventType, eventPieces(reply.events));
  if ("pieces" in reply) return sendPieces(response, reply.contentType, reply.pieces);
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

/** The events as text, and OpenAI's last one. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export async function* eventPieces(events: AsyncIterable<object>): AsyncGenerator<string> {
  for await (const event of events) yield `data: ${JSON.stringify(event)}\n\n`;
  yield "data: [DONE]\n\n";
}

async function sendPieces(response: ServerResponse, contentType: string, pieces: AsyncIterable<string>): Promise<void> {
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
