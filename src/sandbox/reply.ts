// Owns writing responses: JSON, events and images, with OpenAI's headers. Knows no endpoint.
import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** The response to one request: a JSON body, a stream of events, or an image. */
export type Reply = { status?: number; json: object } | { events: AsyncIterable<object> } | { png: Buffer };

/** Writes the whole reply; a stream ends silently if its client leaves. Throws only what the stream throws. */
export async function sendReply(response: ServerResponse, reply: Reply): Promise<void> {
  if ("events" in reply) return sendEvents(response, reply.events);
  const [contentType, body] =
    "png" in reply ? ["image/png", reply.png] : ["application/json", Buffer.from(JSON.stringify(reply.json, null, 2))];
  response.statusCode = "json" in reply ? (reply.status ?? 200) : 200;
  response.setHeader("content-type", contentType);
  response.setHeader("content-length", body.length);
  response.end(body);
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html */
async function sendEvents(response: ServerResponse, events: AsyncIterable<object>): Promise<void> {
  response.setHeader("content-type", "text/event-stream; charset=utf-8");
  response.setHeader("cache-control", "no-cache");
  response.socket?.setNoDelay(true);
  response.flushHeaders();
  for await (const event of events) {
    if (response.destroyed) return;
    if (!response.write(`data: ${JSON.stringify(event)}\n\n`)) await drained(response);
  }
  response.end("data: [DONE]\n\n");
}

/** Resolves when the client has read enough or has left. */
async function drained(response: ServerResponse): Promise<void> {
  const ended = new AbortController();
  const { signal } = ended;
  await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]).finally(() =>
    ended.abort(),
  );
}
