// The clients whose time is measured: short operations of a caller of their own, whose upstream answers at once.
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { authorizationOf, measured } from "../callers.ts";
import type { Tally } from "../report.ts";
import type { Latencies } from "./latencies.ts";

/** Each kind of operation begins as often, however long the last ones take. */
const EVERY_MS = 50;
/** Of one kind, no more run at once; what is due waits, and its wait counts. */
const AT_ONCE = 4;
const LOST_AFTER_MS = 30_000;

const headers = { ...authorizationOf(measured), "content-type": "application/json" };
const CHAT = 'chat(input: { model: "quick", messages: [{ role: USER, content: $nonce }] }) { text }';
const STREAM = `subscription ($nonce: String!) { ${CHAT} }`;

/** Runs one operation, and yields the first words of its answer, which are to be the nonce. */
type Operation = (url: string, nonce: string) => Promise<string>;

const kinds: Record<string, Operation> = {
  async model(url, nonce) {
    const result = await post(url, "query ($nonce: ID!) { model(id: $nonce) { id } }", `quick-${nonce}`);
    return result.data?.model?.id.slice("quick-".length) ?? codeOf(result);
  },
  async chat(url, nonce) {
    const result = await post(url, `mutation ($nonce: String!) { ${CHAT} }`, nonce);
    return result.data?.chat?.text ?? codeOf(result);
  },
  "first event over SSE": firstOfStream,
  "first event over a new WebSocket": firstOfWebSocket,
};

/** Runs all kinds for `durationMs`; what does not get its answer is in the tally. */
export async function measure(url: string, durationMs: number, latencies: Latencies, tally: Tally): Promise<void> {
  const startedAt = performance.now();
  const clients = Object.entries(kinds).flatMap(([kind, operation], place) => {
    let dueAt = startedAt + (place * EVERY_MS) / 4;
    return Array.from({ length: AT_ONCE }, async () => {
      while (dueAt < startedAt + durationMs && performance.now() < startedAt + durationMs) {
        const due = dueAt;
        dueAt += EVERY_MS;
        await sleep(Math.max(0, due - performance.now()));
        const nonce = `nonce-${crypto.randomUUID()}`;
        tally.operations++;
        try {
          const found = await operation(url, nonce);
          latencies.add(kind, due);
          if (found === nonce) tally.served++;
          else tally.addProblem("wrong", `${kind}: ${found}`);
        } catch (error) {
          latencies.add(kind, due);
          tally.addProblem("lost", `${kind}: ${error}`);
        }
      }
    });
  });
  await Promise.all(clients);
}

// biome-ignore lint/suspicious/noExplicitAny: results of any operation
type Result = any;

async function post(url: string, query: string, nonce: string): Promise<Result> {
  const body = JSON.stringify({ query, variables: { nonce } });
  const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(LOST_AFTER_MS) });
  return response.json();
}

/** The first event's text; the rest is read, and not waited for. */
async function firstOfStream(url: string, nonce: string): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, accept: "text/event-stream" },
    body: JSON.stringify({ query: STREAM, variables: { nonce } }),
    signal: AbortSignal.timeout(LOST_AFTER_MS),
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n\n") || !text.includes("data: {")) {
    const part = await reader?.read();
    if (part?.value === undefined) throw new Error(`The stream ended: ${text}`);
    text += part.value;
  }
  void drain(reader);
  const result: Result = JSON.parse(/^data: (\{.*)$/m.exec(text)?.[1] ?? "{}");
  return result.data?.chat?.text ?? codeOf(result);
}

async function drain(reader: ReadableStreamDefaultReader<string> | undefined): Promise<void> {
  while (!(await reader?.read().catch(() => ({ done: true })))?.done);
}

/** Connects anew, with its key in the handshake, and waits for the first message of a stream. */
function firstOfWebSocket(url: string, nonce: string): Promise<string> {
  const socket = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws", {
    headers: authorizationOf(measured),
  });
  return new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("No message came.")), LOST_AFTER_MS);
    socket.on("error", reject);
    socket.on("close", (code) => reject(new Error(`Closed with ${code}.`)));
    socket.on("open", () => socket.send('{"type":"connection_init"}'));
    socket.on("message", (bytes) => {
      const { type, payload }: Result = JSON.parse(String(bytes));
      if (type === "connection_ack")
        socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: STREAM, variables: { nonce } } }));
      if (type === "next") resolve(payload.data?.chat?.text ?? codeOf(payload));
      if (type === "error") resolve(codeOf({ errors: payload }));
      if (type === "complete" || type === "error") socket.close(1000);
    });
    socket.once("close", () => clearTimeout(timer));
  });
}

function codeOf({ errors }: Result): string {
  return String(errors?.[0]?.extensions?.code);
}
