// Owns writing answers: JSON, events and images with the headers that OpenAI sends. Knows no endpoint.
import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** What one request gets: a JSON body, a stream of events, or an image. */
export type Reply = { status?: number; json: object } | { events: AsyncIterable<object> } | { png: Buffer };

/** Writes the reply to its end; a stream whose client has left ends silently. Throws nothing else than the stream does. */
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
