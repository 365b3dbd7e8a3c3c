// Serves GET /metrics, on the port of GraphQL or on a port of its own.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Metrics } from "../telemetry/metrics.ts";

const PATH = "/metrics";

/** Headers that proxies add to the requests that they forward. */
const FORWARDED = /^(?:forwarded|via|x-real-ip|x-forwarded-.*|x-original-.*|cf-connecting-ip|true-client-ip)$/;

/**
 * Yields a function that answers requests for `/metrics`, and returns whether it did. Needs no key: everybody inside the
 * network may read metrics. A request with a proxy's headers comes from outside and gets 403.
 */
export function createMetricsPage(metrics: Metrics): (req: IncomingMessage, res: ServerResponse) => boolean {
  return (req, res) => {
    if (req.url?.split("?", 1)[0] !== PATH) return false;
    res.setHeader("x-content-type-options", "nosniff");
    res.setHeader("cache-control", "no-store");
    if (req.method !== "GET" && req.method !== "HEAD") {
      send(res, 405, "Metrics are read by GET.\n", { allow: "GET, HEAD" });
    } else if (Object.keys(req.headers).some((name) => FORWARDED.test(name))) {
      send(res, 403, "Metrics are not served through a proxy: see METRICS_PORT.\n");
    } else {
      metrics.read().then(
        (text) => send(res, 200, text, { "content-type": metrics.contentType }),
        () => send(res, 500, "The metrics cannot be read.\n"),
      );
    }
    return true;
  };
}

/** Starts a server for metrics alone. Rejects with the system's error if it cannot listen. */
export async function startMetricsServer(
  page: (req: IncomingMessage, res: ServerResponse) => boolean,
  host: string,
  port: number,
): Promise<Server> {
  const server = createServer((req, res) => {
    if (!page(req, res)) send(res, 404, `There is nothing here but ${PATH}.\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return server;
}

/** Closes the connection if a body is still arriving, instead of reading it. */
function send(res: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  const close = res.req.complete || res.req.method === "GET" ? {} : { connection: "close" };
  res.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    ...close,
    ...headers,
  });
  res.end(res.req.method === "HEAD" ? undefined : text);
}
