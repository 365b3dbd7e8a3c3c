// How the soak's clients send an operation: over HTTP, as a form with files, over server-sent events, over WebSocket.
import { createClient } from "graphql-ws";
import { getGlobalDispatcher } from "undici";
import { WebSocket } from "ws";
import { authorizationOf, load } from "./callers.ts";

// biome-ignore lint/suspicious/noExplicitAny: results of any operation
export type Result = any;

/** What a client got: all results in order, whole. */
export type Run = (url: string, nonce: string, signal: AbortSignal) => Promise<Answered>;

export interface Answered {
  results: Result[];
  /** What the answer holds in place of the request's nonce. */
  found: string;
  /** The same as it is to be; null where only the upstream knows. */
  wanted: string | null;
}

/** Sends an operation and yields its results in order, whole. Rejects if there is no end of them. */
export type Send = (url: string, query: string, variables: object, signal: AbortSignal) => Promise<Result[]>;

const authorization = authorizationOf(load);
const preflighted = { ...authorization, "graphql-require-preflight": "1" };
const headers = { ...preflighted, "content-type": "application/json" };

/** A mutation or query. */
export const post: Send = async (url, query, variables, signal) => {
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }), signal });
  return [await response.json()];
};

/** The same, with files for the null variables of the given paths, in the order in which the operation uses them. */
export async function postFiles(
  url: string,
  query: string,
  variables: object,
  files: Record<string, Blob>,
  signal: AbortSignal,
): Promise<Result[]> {
  const response = await fetch(url, {
    method: "POST",
    headers: preflighted,
    body: formOf(query, variables, files),
    signal,
  });
  return [await response.json()];
}

/** A subscription with files, over server-sent events. */
export async function sseFiles(
  url: string,
  query: string,
  variables: object,
  files: Record<string, Blob>,
  signal: AbortSignal,
): Promise<Result[]> {
  const body = formOf(query, variables, files);
  const accepted = { ...preflighted, accept: "text/event-stream" };
  return readEvents(await fetch(url, { method: "POST", headers: accepted, body, signal }));
}

/** A subscription over server-sent events. */
export const sse: Send = async (url, query, variables, signal) =>
  readEvents(
    await fetch(url, {
      method: "POST",
      headers: { ...headers, accept: "text/event-stream" },
      body: JSON.stringify({ query, variables }),
      signal,
    }),
  );

/** The bytes at an address that an answer has, which needs no key. */
export async function fetchBytes(url: string, address: string, signal: AbortSignal): Promise<Buffer> {
  const response = await fetch(new URL(address, url), { signal });
  if (!response.ok) throw new Error(`${address.slice(0, 20)}… was answered with ${response.status}.`);
  return Buffer.from(await response.arrayBuffer());
}

function formOf(query: string, variables: object, files: Record<string, Blob>): FormData {
  const form = new FormData();
  const paths = Object.keys(files);
  form.set("operations", JSON.stringify({ query, variables }));
  form.set("map", JSON.stringify(Object.fromEntries(paths.map((path, index) => [index, [`variables.${path}`]]))));
  for (const [index, path] of paths.entries()) form.set(String(index), files[path] ?? new Blob());
  return form;
}

async function readEvents(response: Response): Promise<Result[]> {
  const text = await response.text();
  if (!text.endsWith("event: complete\ndata:\n\n")) throw new Error("The event stream ended without `complete`.");
  return [...text.matchAll(/^event: next\ndata: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? ""));
}

const clients = new Map<number, ReturnType<typeof createClient>>();

/** Over one of four sockets that stay, or one time in four over a socket of its own. */
export const ws: Send = async (url, query, variables, signal) => {
  const place = Math.floor(Math.random() * 16);
  const kept = place < 4 ? undefined : (clients.get(place % 4) ?? connect(url));
  if (kept) clients.set(place % 4, kept);
  const client = kept ?? connect(url);
  try {
    return await new Promise<Result[]>((resolve, reject) => {
      const heard: Result[] = [];
      const leave = client.subscribe(
        { query, variables: { ...variables } },
        {
          next: (result) => void heard.push(result),
          complete: () => resolve(heard),
          error: (error) => {
            if (Array.isArray(error)) resolve([...heard, { errors: error }]);
            else reject(error instanceof Error ? error : new Error(`The WebSocket closed: ${Object(error).code}.`));
          },
        },
      );
      signal.addEventListener("abort", () => {
        leave();
        reject(signal.reason);
      });
    });
  } finally {
    if (!kept) await client.dispose();
  }
};

function connect(url: string) {
  return createClient({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: authorization,
    lazyCloseTimeout: 60_000,
  });
}

/** Ends the connections that stay: WebSockets, and those that fetch keeps alive for longer than the soak waits. */
export async function disconnect(): Promise<void> {
  for (const client of clients.values()) await client.dispose();
  await getGlobalDispatcher().close();
}
