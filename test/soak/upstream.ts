// The soak's upstream: answers hold what the request held, one in five goes wrong, and every request is kept account of.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

/** What goes wrong with an answer, and the code that the server's client gets where no other attempt follows. */
const faults = {
  rateLimit: "UPSTREAM_RATE_LIMITED",
  failure: "UPSTREAM_ERROR",
  hangUp: "UPSTREAM_UNAVAILABLE",
  silence: "UPSTREAM_TIMEOUT",
  cut: "UPSTREAM_INTERRUPTED",
  nonsense: "UPSTREAM_INVALID_RESPONSE",
} as const;
type Fault = keyof typeof faults;

/** What the upstream knows of one nonce. */
export interface Account {
  /** How each attempt went. */
  faults: string[];
  /** What the last attempt is to end with at the server's client: an error's code, or null for an answer. */
  code: string | null;
  /** Whether the server may attempt it again. */
  mayRepeat: boolean;
  /** Attempts that nothing explains. */
  doubled: number;
}

export interface SoakUpstream {
  url: string;
  /** By nonce; whoever made the nonce takes its account out. */
  accounts: Map<string, Account>;
  /** All requests so far. */
  requests(): number;
  close(): Promise<void>;
}

/** What a request's answer is made of. */
interface Call {
  nonce: string;
  path: string;
  isStream: boolean;
  /** The digest of the uploaded file. */
  digest: string;
}

/** Nonces as requests hold them. */
const NONCE = /nonce-[\da-f-]{36}/;

/** How often the server may send one request: once, and MAX_RETRIES' default. */
const MAX_ATTEMPTS = 3;

export async function startUpstream(): Promise<SoakUpstream> {
  const accounts = new Map<string, Account>();
  let requests = 0;
  const server = createServer((req, res) => {
    requests++;
    req.on("error", () => {});
    res.on("error", () => {});
    answer(req, res, accounts).catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    accounts,
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The digest by which an uploaded file is known again. */
export function digestOf(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

async function answer(req: IncomingMessage, res: ServerResponse, accounts: Map<string, Account>): Promise<void> {
  const call = readCall(req, await buffer(req));
  const fault = chooseFault();
  const isFinal = Math.random() < 0.5;
  account(accounts, call, fault, isFinal);
  if (Math.random() < 0.1) await sleep(Math.random() * 1_500);
  switch (fault) {
    case "hangUp":
      return void res.destroy();
    case "silence":
      return;
    case "rateLimit":
    case "failure":
      res.writeHead(fault === "failure" ? 500 : 429, {
        "content-type": "application/json",
        "retry-after-ms": "20",
        ...(isFinal && { "x-should-retry": "false" }),
      });
      return void res.end(JSON.stringify({ error: { message: "no", type: fault, param: null, code: null } }));
  }
  if (call.isStream) await stream(res, call, fault);
  else sendWhole(res, call, fault);
}

function readCall(req: IncomingMessage, body: Buffer): Call {
  const path = (req.url ?? "").replace("/v1", "");
  const boundary = /boundary=(.+)$/.exec(req.headers["content-type"] ?? "")?.[1];
  let digest = "";
  if (boundary !== undefined) {
    const start = body.indexOf("\r\n\r\n", body.indexOf("filename=")) + 4;
    digest = digestOf(body.subarray(start, body.indexOf(`\r\n--${boundary}`, start)));
  }
  const text = body.toString("latin1");
  // The list of models takes no nonce: each request's answer has its own, so that none can be given twice.
  const nonce = NONCE.exec(path)?.[0] ?? NONCE.exec(text)?.[0] ?? `nonce-${crypto.randomUUID()}`;
  return { nonce, path, digest, isStream: boundary === undefined && text.includes('"stream":true') };
}

function chooseFault(): Fault | undefined {
  if (Math.random() < 0.8) return undefined;
  const names = Object.keys(faults) as Fault[];
  return names[Math.floor(Math.random() * names.length)];
}

function account(accounts: Map<string, Account>, { nonce, path }: Call, fault: Fault | undefined, isFinal: boolean) {
  if (path === "/models") return;
  const before = accounts.get(nonce) ?? { faults: [], code: null, mayRepeat: true, doubled: 0 };
  const faultsSoFar = [...before.faults, `${fault ?? "an answer"}${isFinal ? "" : " (again?)"}`];
  const isExplained = before.mayRepeat && faultsSoFar.length <= MAX_ATTEMPTS;
  const isRefusal = fault === "rateLimit" || fault === "failure";
  // A file that has been read is gone: no second attempt can send it.
  const mayRepeat = !path.startsWith("/images") && (fault === "hangUp" || (isRefusal && !isFinal));
  const code = fault === undefined ? null : faults[fault];
  accounts.set(nonce, { faults: faultsSoFar, code, mayRepeat, doubled: before.doubled + (isExplained ? 0 : 1) });
}

function sendWhole(res: ServerResponse, call: Call, fault: Fault | undefined): void {
  const text = JSON.stringify(createAnswer(call));
  res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  if (fault === "cut") return void res.write(text.slice(0, -20), () => res.destroy());
  res.end(fault === "nonsense" ? "{".repeat(Buffer.byteLength(text)) : text);
}

function createAnswer({ nonce, path, digest }: Call): unknown {
  const base = { id: nonce, created: 1_700_000_000, model: "m" };
  // As long as answers are, so that two of them would show where they are mixed.
  const text = `${nonce} ${"words ".repeat(Math.random() * 2_000)}${nonce}`;
  if (path === "/models") return { object: "list", data: [{ id: nonce, object: "model" }] };
  if (path.startsWith("/models/")) return { id: nonce, object: "model" };
  if (path.startsWith("/images"))
    return { created: base.created, data: [{ url: `https://x.test/${nonce}/${digest}` }] };
  const choice = { index: 0, finish_reason: "stop" };
  return path === "/completions"
    ? { ...base, choices: [{ ...choice, text }] }
    : { ...base, choices: [{ ...choice, message: { role: "assistant", content: text } }] };
}

async function stream(res: ServerResponse, { nonce, path }: Call, fault: Fault | undefined): Promise<void> {
  const send = (data: string) => new Promise<unknown>((resolve) => res.write(`data: ${data}\n\n`, resolve));
  const chunk = (text: string, finish_reason: string | null = null) =>
    JSON.stringify({
      id: nonce,
      choices: [{ index: 0, finish_reason, ...(path === "/completions" ? { text } : { delta: { content: text } }) }],
    });
  res.writeHead(200, { "content-type": "text/event-stream" });
  const parts = [nonce, ...Array.from({ length: Math.random() * 30 }, () => " word"), ` ${nonce}`];
  for (const [place, part] of parts.entries()) {
    if (fault !== undefined && place === 1) {
      if (fault === "cut") return void res.destroy();
      await send("{no JSON");
      return void res.end();
    }
    // Had the head not left, the cut would be a hang-up before an answer, after which another attempt is right.
    await send(chunk(part, place === parts.length - 1 ? "stop" : null));
    if (Math.random() < 0.3) await sleep(Math.random() * 20);
    if (res.destroyed) return;
  }
  await send("[DONE]");
  res.end();
}
