// The operations of the soak's clients: every one of the schema over every transport, each with a nonce of its own.

import { createClient } from "graphql-ws";
import { getGlobalDispatcher } from "undici";
import { WebSocket } from "ws";
import { answerChat } from "../../src/sandbox/chat/answer.ts";
import { continuePrompt } from "../../src/sandbox/completions/answer.ts";
import { digestOf } from "./answers.ts";
import { authorizationOf, load } from "./callers.ts";

// biome-ignore lint/suspicious/noExplicitAny: results of any operation
type Result = any;

/** What a client got: all results in order, whole. */
export type Run = (url: string, nonce: string, signal: AbortSignal) => Promise<Answered>;

export interface Answered {
  results: Result[];
  /** What the answer holds in place of the request's nonce. */
  found: string;
  /** The same as it is to be; null where only the upstream knows. */
  wanted: string | null;
}

const bytes = Buffer.alloc(6 * 2 ** 20, "0123456789abcdef\r\n--");
const authorization = authorizationOf(load);
const headers = { ...authorization, "content-type": "application/json", "graphql-require-preflight": "1" };
const CHAT = 'chat(input: { model: "gpt-4o-mini", messages: [{ role: USER, content: $nonce }] }) { text }';
const COMPLETE = 'complete(input: { model: "gpt-3.5-turbo-instruct", prompt: [$nonce], maxTokens: 200 }) { text }';

/** By name; the names are those of the report. */
export const operations: Record<string, Run> = {
  models: async (url, _, signal) => {
    const result = await post(url, "query { models { id } }", {}, signal);
    return { results: [result], found: String(result.data?.models?.[0].id), wanted: null };
  },
  model: async (url, nonce, signal) => {
    const result = await post(url, "query ($nonce: ID!) { model(id: $nonce) { id } }", { nonce }, signal);
    return { results: [result], found: String(result.data?.model?.id), wanted: nonce };
  },
  chat: (url, nonce, signal) => whole(url, `mutation ($nonce: String!) { ${CHAT} }`, nonce, signal),
  complete: (url, nonce, signal) => whole(url, `mutation ($nonce: String!) { ${COMPLETE} }`, nonce, signal),
  imageVariations: upload,
  "chat over SSE": (url, nonce, signal) => sse(url, `subscription ($nonce: String!) { ${CHAT} }`, nonce, signal),
  "complete over SSE": (url, nonce, signal) =>
    sse(url, `subscription ($nonce: String!) { ${COMPLETE} }`, nonce, signal),
  "chat over WebSocket": (url, nonce, signal) => ws(url, `subscription ($nonce: String!) { ${CHAT} }`, nonce, signal),
  "complete over WebSocket": (url, nonce, signal) =>
    ws(url, `subscription ($nonce: String!) { ${COMPLETE} }`, nonce, signal),
};

async function post(url: string, query: string, variables: object, signal: AbortSignal): Promise<Result> {
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query, variables }), signal });
  return response.json();
}

async function whole(url: string, query: string, nonce: string, signal: AbortSignal): Promise<Answered> {
  const result = await post(url, query, { nonce }, signal);
  return answered([result], query, nonce);
}

/** Sends a file of 100 bytes to 5 MB, small ones more often. */
async function upload(url: string, nonce: string, signal: AbortSignal): Promise<Answered> {
  const file = Buffer.concat([Buffer.from(nonce), bytes.subarray(0, 100 * 50_000 ** Math.random())]);
  const query = "mutation ($image: Upload!) { imageVariations(input: { image: $image }) { data { url } } }";
  const form = new FormData();
  form.set("operations", JSON.stringify({ query, variables: { image: null } }));
  form.set("map", '{"0":["variables.image"]}');
  form.set("0", new Blob([file], { type: "image/png" }), "image.png");
  const preflighted = { ...authorization, "graphql-require-preflight": "1" };
  const response = await fetch(url, { method: "POST", headers: preflighted, body: form, signal });
  const result: Result = await response.json();
  const found = String(result.data?.imageVariations?.data[0].url);
  return { results: [result], found, wanted: `https://x.test/${nonce}/${digestOf(file)}` };
}

async function sse(url: string, query: string, nonce: string, signal: AbortSignal): Promise<Answered> {
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, accept: "text/event-stream" },
    body: JSON.stringify({ query, variables: { nonce } }),
    signal,
  });
  const text = await response.text();
  if (!text.endsWith("event: complete\ndata:\n\n")) throw new Error("The event stream ended without `complete`.");
  const results = [...text.matchAll(/^event: next\ndata: (.+)$/gm)].map(([, data]) => JSON.parse(data ?? ""));
  return answered(results, query, nonce);
}

const clients = new Map<number, ReturnType<typeof createClient>>();

/** Over one of four sockets that stay, or one time in four over a socket of its own. */
async function ws(url: string, query: string, nonce: string, signal: AbortSignal): Promise<Answered> {
  const place = Math.floor(Math.random() * 16);
  const kept = place < 4 ? undefined : (clients.get(place % 4) ?? connect(url));
  if (kept) clients.set(place % 4, kept);
  const client = kept ?? connect(url);
  try {
    const results = await new Promise<Result[]>((resolve, reject) => {
      const heard: Result[] = [];
      const leave = client.subscribe(
        { query, variables: { nonce } },
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
    return answered(results, query, nonce);
  } finally {
    if (!kept) await client.dispose();
  }
}

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

/** The text of all results, and what the sandbox says to the nonce. */
function answered(results: Result[], query: string, nonce: string): Answered {
  const found = results.map(({ data }) => (data?.chat ?? data?.complete)?.text ?? "").join("");
  const messages = [{ role: "user" as const, content: nonce }];
  const isChat = query.includes(CHAT);
  return {
    results,
    found,
    wanted: isChat ? answerChat({ model: "gpt-4o-mini", messages }, 0) : continuePrompt(nonce, null, 0),
  };
}
