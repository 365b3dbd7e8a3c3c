// Clients of a stream, over both transports: they collect what came, and how the stream ended.
import { once } from "node:events";
import { type IncomingMessage, request as sendRequest } from "node:http";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { whenOver } from "./lifetime.ts";
import { chat } from "./stream.ts";

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

/** Subscribes over either transport; `credentials` are headers, or the connection's parameters. */
export type Subscribe = (
  url: string,
  query?: string,
  variables?: object,
  credentials?: Record<string, string>,
) => Promise<Subscription>;

/** Subscribes by POST over server-sent events; leaves with the case, or with its `shared`. */
export async function subscribeSse(
  url: string,
  query = chat,
  variables?: object,
  credentials: Record<string, string> = {},
): Promise<SseSubscription> {
  const req = sendRequest(url, {
    method: "POST",
    agent: false,
    headers: { "content-type": "application/json", accept: "text/event-stream", ...credentials },
  });
  req.on("error", () => {});
  whenOver(() => void req.destroy());
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
      else if (part.startsWith("event: next\ndata: ")) inbox.add(JSON.parse(part.slice(18).split("\n", 1)[0] ?? ""));
      else inbox.end(part === "event: complete\ndata:" ? "complete" : "cut");
    }
  });
  res.on("error", () => {}).on("close", () => inbox.end("cut"));
  const disconnect = () => void req.destroy();
  return { ...inbox.subscription, res, comments: () => comments, leave: disconnect, disconnect };
}

/** Connects with graphql-ws's client; `subscribe` runs an operation on the one socket. Closes with the case, or with its `shared`. */
export async function connectWs(url: string, connectionParams: Record<string, string> = {}) {
  const client = createClient({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
    lazy: false,
    onNonLazyError() {},
  });
  whenOver(() => client.terminate());
  await new Promise((resolve) => client.on("connected", resolve));
  function subscribe(query = chat, variables = {}): Subscription {
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
  return { client, subscribe };
}

/** Subscribes over a WebSocket of its own. */
export async function subscribeWs(
  url: string,
  query = chat,
  variables = {},
  credentials: Record<string, string> = {},
): Promise<Subscription> {
  return (await connectWs(url, credentials)).subscribe(query, variables);
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
