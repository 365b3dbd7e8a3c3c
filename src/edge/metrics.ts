// Serves GET /metrics, on the port of GraphQL or on a port of its own.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { sendAnswer } from "../http/answer.ts";
import { enterLine } from "../http/line.ts";
import { readPath } from "../http/request-target.ts";
import { watchWriteStall } from "../http/stall.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { onceASecond } from "../telemetry/scrapes.ts";

const PATH = "/metrics";
const PLAIN = { "content-type": "text/plain; charset=utf-8" };

/** Headers that proxies add to the requests that they forward. */
const FORWARDED = /^(?:forwarded|via|x-real-ip|x-forwarded-.*|x-original-.*|cf-connecting-ip|true-client-ip)$/;

/**
 * Yields a function that answers requests for `/metrics`, and returns whether it did. Needs no key: everybody inside the
 * network may read metrics. A request with a proxy's headers comes from outside and gets 403. A scrape may be a second old.
 */
export function createMetricsPage(metrics: Metrics): (req: IncomingMessage, res: ServerResponse) => boolean {
  const scrape = onceASecond(metrics.read);
  return (req, res) => {
    if (readPath(req) !== PATH) return false;
    res.setHeader("x-content-type-options", "nosniff");
    res.setHeader("cache-control", "no-store");
    const send = (status: number, body: string | Uint8Array, headers: Record<string, string> = {}) =>
      sendAnswer(req, res, { status, headers: { ...PLAIN, ...headers }, body });
    if (req.method !== "GET" && req.method !== "HEAD") {
      send(405, "Metrics are read by GET.\n", { allow: "GET, HEAD" });
    } else if (Object.keys(req.headers).some((name) => FORWARDED.test(name))) {
      send(403, "Metrics are not served through a proxy: see METRICS_PORT.\n");
    } else {
      scrape().then(
        ({ text }) => send(200, text, { "content-type": metrics.contentType }),
        () => send(500, "The metrics cannot be read.\n"),
      );
    }
    return true;
  };
}

export interface MetricsServerOptions {
  host: string;
  port: number;
  /** See watchWriteStall. */
  writeStallMs: number;
}

/** Starts a server for metrics alone. Rejects with the system's error if it cannot listen. */
export async function startMetricsServer(
  page: (req: IncomingMessage, res: ServerResponse) => boolean,
  { host, port, writeStallMs }: MetricsServerOptions,
): Promise<Server> {
  const server = createServer((req, res) => {
    if (!enterLine(req, res) || page(req, res)) return;
    sendAnswer(req, res, { status: 404, headers: PLAIN, body: `There is nothing here but ${PATH}.\n` });
  });
  server.on("connection", (socket) => watchWriteStall(socket, writeStallMs));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return server;
}
