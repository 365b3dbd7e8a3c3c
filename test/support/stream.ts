// Streams: an upstream that writes them byte by byte, and clients that tell what came and how it ended.
import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, request as sendRequest } from "node:http";
import type { Socket } from "node:net";
import { createClient } from "graphql-ws";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { startTestServer } from "./server.ts";
import { type Answer, startUpstream } from "./upstream.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into results of any shape
export type Result = any;

/** A running subscription. */
export interface Subscription {
  /** Every result so far. */
  results: Result[];
  /** The next result; undefined once there is none any more. */
  next(): Promise<Result | undefined>;
  /** How it ended: by the protocol's `complete`, or because the connection broke. */
  ended: Promise<"complete" | "cut">;
  /** Leaves as the transport's clients do: disconnects (SSE), or sends `complete` and keeps the socket (WebSocket). */
  leave(): void;
  /** Closes the connection. */
  disconnect(): void;
}

export interface SseSubscription extends Subscription {
  res: IncomingMessage;
  /** How many comments have come. */
  comments(): number;
}

/** Subscribes over either transport. */
export type Subscribe = (url: string, query?: string, variables?: object) => Promise<Subscription>;

/** A chat subscription, and the same for completions. */
export const chat = streamOf("text");
export const completeText = 'subscription { complete(input: { model: "m", prompt: "hi" }) { text } }';

/** A chat subscription that selects `fields`. */
export function streamOf(fields: string): string {
  return `subscription { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { ${fields} } }`;
}

/** Starts an upstream that gives `answer`, and a server on it. */
export async function startStreaming(answer: Answer, environment: Record<string, string> = {}) {
  const upstream = await startUpstream(answer);
  return { upstream, server: await startTestServer(upstream.url, environment) };
}

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

/** Subscribes by POST over server-sent events; leaves with the test. */
export async function subscribeSse(url: string, query = chat, variables?: object): Promise<SseSubscription> {
  const req = sendRequest(url, {
    method: "POST",
    agent: false,
    headers: { "content-type": "application/json", accept: "text/event-stream" },
  });
  req.on("error", () => {});
  onTestFinished(() => void req.destroy());
  req.end(JSON.stringify({ query, variables }));
  const [res]: [IncomingMessage] = (await once(req, "response")) as [IncomingMessage];
  const inbox = createInbox();
  let text = "";
  let comments = 0;
  res.setEncoding("utf8").on("data", (more: string) => {
    const parts = (text + more).split("\n\n");
    text = parts.pop() ?? "";
    for (const part of parts) {
      if (part.startsWith(":")) comments++;
      else if (part.startsWith("event: next\ndata: ")) inbox.add(JSON.parse(part.slice(18)));
      else inbox.end(part === "event: complete\ndata:" ? "complete" : "cut");
    }
  });
  res.on("error", () => {}).on("close", () => inbox.end("cut"));
  const disconnect = () => void req.destroy();
  return { ...inbox.subscription, res, comments: () => comments, leave: disconnect, disconnect };
}

/** Subscribes over a WebSocket of its own with graphql-ws's client; leaves with the test. */
export async function subscribeWs(url: string, query = chat, variables = {}): Promise<Subscription> {
  const client = createClient({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    lazy: false,
    onNonLazyError() {},
  });
  onTestFinished(() => client.terminate());
  await new Promise((resolve) => client.on("connected", resolve));
  const inbox = createInbox();
  const leave = client.subscribe<Record<string, unknown>>(
    { query, variables: { ...variables } },
    {
      next: inbox.add,
      complete: () => inbox.end("complete"),
      error(error) {
        if (Array.isArray(error)) inbox.add({ errors: error });
        inbox.end(Array.isArray(error) ? "complete" : "cut");
      },
    },
  );
  return { ...inbox.subscription, leave, disconnect: () => client.terminate() };
}

/** Both transports, for `describe.each`. */
export const transports: { transport: string; subscribe: Subscribe }[] = [
  { transport: "SSE", subscribe: subscribeSse },
  { transport: "WebSocket", subscribe: subscribeWs },
];

/** The texts that came, then the codes of the errors, then how it ended. */
export async function summary({ results, ended }: Subscription): Promise<string[]> {
  const end = await ended;
  const told = results.map(({ data, errors }) =>
    errors ? errors.map((error: Result) => error.extensions.code).join() : (data.chat ?? data.complete).text,
  );
  return [...told, end];
}

function createInbox() {
  const results: Result[] = [];
  let read = 0;
  let wake = () => {};
  let end: (how: "complete" | "cut") => void = () => {};
  let isEnded = false;
  const ended = new Promise<"complete" | "cut">((resolve) => {
    end = resolve;
  });
  void ended.then(() => {
    isEnded = true;
    wake();
  });
  return {
    add(result: Result) {
      results.push(result);
      wake();
    },
    end,
    subscription: {
      results,
      ended,
      async next() {
        while (read === results.length && !isEnded) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        return results[read++];
      },
    },
  };
}
