// Serves the GraphiQL page at the GraphQL endpoint, and its files below it. The browser fetches nothing from elsewhere.
// Knows no schema.
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { brotliDecompress, gzip } from "node:zlib";
import helmet from "helmet";
import { readAccepted } from "../http/acceptance.ts";
import { sendAnswer } from "../http/answer.ts";
import { readPath } from "../http/request-target.ts";
import { type Bytes, readFiles, type StoredFile } from "./files.ts";

const setSafetyHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    // Monaco writes its theme into <style> elements and style attributes; scripts and workers are this server's files.
    directives: {
      "default-src": ["'none'"],
      "script-src": ["'self'"],
      "worker-src": ["'self'"],
      "connect-src": ["'self'"],
      "style-src": ["'self'", "'unsafe-inline'"],
      "font-src": ["data:"],
      "img-src": ["'self'", "data:"],
      // A sound that has come as data is played from memory.
      "media-src": ["'self'", "data:", "blob:"],
      "base-uri": ["'none'"],
      "form-action": ["'none'"],
      "frame-ancestors": ["'none'"],
    },
  },
  // This server does not decide for the subdomains of its host.
  strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false, preload: false },
  xFrameOptions: { action: "deny" },
});

/** Answers a request and yields true, or yields false and leaves it alone. Rejects if the page has not been built. */
export type GraphiQLPage = (req: IncomingMessage, res: ServerResponse) => false | Promise<boolean>;

/**
 * Answers a browser's GET or HEAD of `endpoint` with the page, and of the page's files below it.
 * Everything else passes, as does a request that accepts JSON or an event stream.
 * The files are read at the first hit and kept, 2 MB in all.
 */
export function createGraphiQLPage(options: { endpoint: string }): GraphiQLPage {
  const directory = options.endpoint.replace(/(?<!\/)\/*$/, "/");
  let files: Promise<Map<string, StoredFile>> | undefined;
  return (req, res) => {
    if (req.method !== "GET" && req.method !== "HEAD") return false;
    const path = readPath(req);
    const isPage = path === options.endpoint && isBrowser(req);
    if (!isPage && !path.startsWith(`${directory}graphiql-`)) return false;
    files ??= readFiles(options.endpoint).catch((error: unknown) => {
      // Another visit tries again: the build may have been made by then.
      files = undefined;
      throw error;
    });
    return files.then(async (stored) => {
      const file = stored.get(isPage ? "" : path.slice(directory.length));
      if (file) await sendFile(file, req, res);
      return file !== undefined;
    });
  };
}

/** Whether the request asks for a page, and neither for JSON nor for an event stream. */
function isBrowser({ headers }: IncomingMessage): boolean {
  const accepted = readAccepted(headers.accept);
  return accepted.includes("text/html") && !/json|event-stream/.test(String(accepted));
}

async function sendFile(file: StoredFile, req: IncomingMessage, res: ServerResponse): Promise<void> {
  // Brotli is preferred to gzip.
  const accepted = readAccepted(String(req.headers["accept-encoding"] ?? ""));
  const encoding = (["br", "gzip"] as const).find((name) => accepted.includes(name)) ?? "identity";
  const etag = `"${file.hash}-${encoding}"`;
  const isKnown = req.headers["if-none-match"]?.includes(etag) ?? false;
  const body = isKnown ? undefined : await encode(file, encoding);
  setSafetyHeaders(req, res, () => {});
  res.appendHeader("Vary", "Accept, Accept-Encoding");
  res.setHeader("Cache-Control", file.cacheControl);
  res.setHeader("ETag", etag);
  if (!body) return sendAnswer(req, res, { status: 304, headers: {}, body });
  res.setHeader("Content-Type", file.type);
  if (encoding !== "identity") res.setHeader("Content-Encoding", encoding);
  sendAnswer(req, res, { status: 200, headers: {}, body });
}

async function encode(file: StoredFile, encoding: "br" | "gzip" | "identity"): Promise<Bytes> {
  if (encoding === "br") return file.brotli;
  const decompress = async () => new Uint8Array(await promisify(brotliDecompress)(file.brotli));
  if (encoding === "identity") {
    file.identity ??= decompress();
    return file.identity;
  }
  file.gzip ??= decompress().then(async (content) => new Uint8Array(await promisify(gzip)(content)));
  return file.gzip;
}
