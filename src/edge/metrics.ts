// GET /metrics over HTTP, beside GraphQL or on a port of its own.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Metrics } from "../telemetry/metrics.ts";

const PATH = "/metrics";

/** What proxies add to a request that came from elsewhere. */
const FORWARDED = /^(?:forwarded|via|x-real-ip|x-forwarded-.*|x-original-.*|cf-connecting-ip|true-client-ip)$/;

/**
 * Answers a request for `/metrics` and yields true; false for any other. It needs no key: who is inside of the network may
 * read it. What a proxy passed on from outside is refused with 403, where the proxy says that it did.
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

/** Listens for scrapes alone. Rejects with the system's error where it cannot. */
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

/** A body that is still coming is not read: the connection ends instead. */
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
