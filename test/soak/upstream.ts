// The soak's upstream: the built-in sandbox, which spoils every fifth answer and keeps account of every request.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type Answers, type Call, digestOf, startAnswers } from "./answers.ts";
import type { Whole } from "./made-answers.ts";

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
  /** Requests that stayed open for longer than any client stays. */
  overstayed(): number;
  /** Requests that are open now. */
  open(): number;
  close(): Promise<void>;
}

/** Nonces as requests hold them. */
const NONCE = /nonce-[\da-f-]{36}/;

/** Answers some calls itself, outside of the account, and yields whether this is one. */
export type Answerer = (call: Call, res: ServerResponse) => boolean;

/** After as long a request is certainly of a client that has left: none waits for as long. */
const MAX_OPEN_MS = 12_000;

/** How often the server may send one request: once, and MAX_RETRIES' default. */
const MAX_ATTEMPTS = 3;

export async function startUpstream(answerer: Answerer = () => false): Promise<SoakUpstream> {
  const accounts = new Map<string, Account>();
  const answers = await startAnswers();
  let requests = 0;
  let open = 0;
  let overstayed = 0;
  const server = createServer((req, res) => {
    requests++;
    open++;
    const overstay = setTimeout(() => overstayed++, MAX_OPEN_MS);
    res.once("close", () => {
      open--;
      clearTimeout(overstay);
    });
    req.on("error", () => {});
    res.on("error", () => {});
    answer(req, res, accounts, answers, answerer).catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    accounts,
    requests: () => requests,
    overstayed: () => overstayed,
    open: () => open,
    async close() {
      server.close();
      server.closeAllConnections();
      await answers.close();
    },
  };
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  accounts: Map<string, Account>,
  answers: Answers,
  answerer: Answerer,
): Promise<void> {
  const gone = new AbortController();
  res.once("close", () => gone.abort());
  const call = readCall(req, await buffer(req));
  if (answerer(call, res)) return;
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
  if (call.isStream) await stream(res, answers.events(call, gone.signal), fault);
  else sendWhole(res, await answers.whole(call, gone.signal), fault);
}

function readCall(req: IncomingMessage, body: Buffer): Call {
  const path = (req.url ?? "").replace("/v1", "");
  const boundary = /boundary=(.+)$/.exec(req.headers["content-type"] ?? "")?.[1];
  const digest = boundary === undefined ? "" : filesOf(body, boundary).map(digestOf).join("");
  const text = body.toString("latin1");
  // The list of models takes no nonce: each request's answer has its own, so that none can be given twice.
  const nonce = NONCE.exec(path)?.[0] ?? NONCE.exec(text)?.[0] ?? `nonce-${crypto.randomUUID()}`;
  const asksForStream =
    boundary === undefined ? /"stream":true|"stream_format":"sse"/ : /name="stream"\r\n\r\ntrue\r\n/;
  return { nonce, path, digest, body, isStream: asksForStream.test(text) };
}

function filesOf(body: Buffer, boundary: string): Buffer[] {
  const files: Buffer[] = [];
  let end = 0;
  for (let name = body.indexOf("filename="); name !== -1; name = body.indexOf("filename=", end)) {
    const start = body.indexOf("\r\n\r\n", name) + 4;
    end = body.indexOf(`\r\n--${boundary}`, start);
    files.push(body.subarray(start, end));
  }
  return files;
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
  // A hang-up may be taken for the end of a connection that was kept too long.
  const mayRepeat = fault === "hangUp" || (isRefusal && !isFinal);
  const code = fault === undefined ? null : faults[fault];
  accounts.set(nonce, { faults: faultsSoFar, code, mayRepeat, doubled: before.doubled + (isExplained ? 0 : 1) });
}

function sendWhole(res: ServerResponse, { type, body }: Whole, fault: Fault | undefined): void {
  const bytes = Buffer.from(body);
  // Nobody can tell a sound from nonsense but by its label.
  const isJson = type === "application/json" || fault === "nonsense";
  // A sound is sent while it is made: it has no length.
  const headers = isJson ? { "content-length": bytes.length } : {};
  res.writeHead(200, { "content-type": isJson ? "application/json" : type, ...headers });
  if (fault === "cut") return void res.write(bytes.subarray(0, -20), () => res.destroy());
  res.end(fault === "nonsense" ? "{".repeat(bytes.length) : bytes);
}

async function stream(res: ServerResponse, events: AsyncIterable<string>, fault: Fault | undefined): Promise<void> {
  const send = (data: string) => new Promise<unknown>((resolve) => res.write(`data: ${data}\n\n`, resolve));
  res.writeHead(200, { "content-type": "text/event-stream" });
  let sent = 0;
  for await (const event of events) {
    // Had no event left, the cut would be a hang-up before an answer, after which another attempt is right.
    if (fault !== undefined && sent === 1) {
      if (fault === "cut") return void res.destroy();
      await send("{no JSON");
      return void res.end();
    }
    await send(event);
    sent++;
    if (res.destroyed) return;
  }
  res.end();
}
