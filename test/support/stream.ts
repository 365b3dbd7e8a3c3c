// An upstream that streams, written byte by byte where a test wants to.
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { startServed } from "./served-upstream.ts";
import type { Answer } from "./upstream.ts";

/** A chat subscription, and the same for completions. */
export const chat = streamOf("text");
export const completeText = 'subscription { complete(input: { model: "m", prompt: "hi" }) { text } }';

/** A chat subscription that selects `fields`. */
export function streamOf(fields: string): string {
  return `subscription { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { ${fields} } }`;
}

/** Starts an upstream that gives `answer`, and a server on it. */
export const startStreaming = (answer: Answer, environment?: Record<string, string>) =>
  startServed(answer, environment);

/** An event of this JSON value, or of this text. */
export function event(data: unknown): string {
  return `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
}

/** A chunk that adds `content` to the choice with number `index`, and may end it. */
export function chunk(content: string | null, finish_reason: string | null = null, index = 0) {
  return { id: "chatcmpl-1", choices: [{ index, delta: content === null ? {} : { content }, finish_reason }] };
}

export const done = event("[DONE]");
/** A whole answer; its texts are "Hel" and "lo". */
export const hello = event(chunk("Hel")) + event(chunk("lo", "stop")) + done;

/** Begins an event stream; resolves when its head has left. */
export function openStream(res: ServerResponse, headers: Record<string, string> = {}): void {
  res.socket?.setNoDelay(true);
  res.writeHead(200, { "content-type": "text/event-stream", ...headers }).flushHeaders();
}

/** Writes `bytes` and resolves when the kernel has them, and what they wake up in this process has had its turn. */
export async function write(res: ServerResponse, bytes: string | Uint8Array): Promise<void> {
  await new Promise((resolve) => res.write(bytes, resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

/** Answers with an event stream of these pieces, one after the other, and ends it. */
export function streams(...pieces: (string | Uint8Array)[]): Answer {
  return async (_, res) => {
    openStream(res);
    for (const piece of pieces) await write(res, piece);
    res.end();
  };
}

/** Answers with the text that was streamed up to now and then goes on by `then`. */
export function streamsThen(text: string, then: (res: ServerResponse, socket: Socket) => unknown): Answer {
  return async (_, res, req) => {
    openStream(res);
    if (text) await write(res, text);
    await then(res, req.socket);
  };
}

/** Gives `answer` to every request; `arrived` resolves when it has been given for the `count`th time. */
export function noticed(answer: Answer, count = 1) {
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  let given = 0;
  const noticing: Answer = async (...parameters) => {
    await answer(...parameters);
    given++;
    if (given === count) arrive();
  };
  return { answer: noticing, arrived };
}
