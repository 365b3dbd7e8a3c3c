// A real upstream on loopback whose answers a test scripts, byte by byte where it wants to.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { Certificate } from "./certificates.ts";
import { beforeEachCase, whenOver } from "./lifetime.ts";

/** One request as the upstream got it. */
export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  /** The whole body; empty until `answer` runs unless the upstream was started with `streamBodies`. */
  body: Buffer;
  /** The body as JSON. */
  json(): unknown;
  /** Resolves when the connection has closed, for whatever reason. */
  closed: Promise<void>;
}

export type Answer = (request: ReceivedRequest, res: ServerResponse, req: IncomingMessage) => unknown;

export interface Upstream {
  /** The API's root. */
  url: string;
  /** Every request so far, in order of arrival. */
  requests: ReceivedRequest[];
  /** What the next requests are answered with. */
  answer: Answer;
  server: Server;
}

/** Answers with a JSON value. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Answer {
  return (_, res) =>
    res.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}

/** Answers with OpenAI's error envelope. */
export function failure(status: number, error: Record<string, unknown>, headers: Record<string, string> = {}): Answer {
  return json({ error: { message: "no", type: null, param: null, code: null, ...error } }, status, headers);
}

/** Answers one request after the other; the last answer stands for all that follow. */
export function inTurn(...answers: Answer[]): Answer {
  let turn = 0;
  return (...parameters) => answers[Math.min(turn++, answers.length - 1)]?.(...parameters);
}

/**
 * Starts an upstream that ends with the case, or with its `shared`. Bodies are read whole before `answer` runs, unless `streamBodies`:
 * then the test reads `req` itself. With a `certificate` it speaks TLS.
 */
export async function startUpstream(
  answer: Answer,
  { streamBodies = false, certificate }: { streamBodies?: boolean; certificate?: Certificate } = {},
): Promise<Upstream> {
  const receive = async (req: IncomingMessage, res: ServerResponse) => {
    const request: ReceivedRequest = {
      method: req.method ?? "",
      path: req.url ?? "",
      headers: req.headers,
      body: Buffer.alloc(0),
      json: () => JSON.parse(request.body.toString()),
      closed: new Promise((resolve) => req.socket.setMaxListeners(0).once("close", () => resolve())),
    };
    upstream.requests.push(request);
    res.on("error", () => {});
    req.on("error", () => {});
    try {
      if (!streamBodies) request.body = await buffer(req);
      await upstream.answer(request, res, req);
    } catch {
      res.destroy();
    }
  };
  const server = certificate ? createTlsServer(certificate, receive) : createServer(receive);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const upstream: Upstream = {
    url: `${certificate ? "https" : "http"}://127.0.0.1:${port}/v1`,
    requests: [],
    answer,
    server,
  };
  beforeEachCase(() => {
    upstream.requests.length = 0;
    upstream.answer = answer;
  });
  whenOver(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return upstream;
}
