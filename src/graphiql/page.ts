// GraphiQL at the GraphQL endpoint, whole from this process: the browser fetches nothing from anywhere else.
// Knows no schema.
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { brotliDecompress, gzip } from "node:zlib";
import helmet from "helmet";
import { readAccepted } from "../http/accept.ts";
import { readPath } from "../http/request-target.ts";
import { type Bytes, createFiles, type StoredFile } from "./files.ts";

const setSafetyHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    // Monaco writes its theme into <style> elements and style attributes; scripts and workers are files of ours.
    directives: {
      "default-src": ["'none'"],
      "script-src": ["'self'"],
      "worker-src": ["'self'"],
      "connect-src": ["'self'"],
      "style-src": ["'self'", "'unsafe-inline'"],
      "font-src": ["data:"],
      "img-src": ["'self'", "data:"],
      "base-uri": ["'none'"],
      "form-action": ["'none'"],
      "frame-ancestors": ["'none'"],
    },
  },
  // What else is on this host's subdomains is not this server's to decide.
  strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false, preload: false },
  xFrameOptions: { action: "deny" },
});

/** Answers a request and yields true, or yields false and leaves it as it is. Rejects where the page cannot be made. */
export type GraphiQLPage = (req: IncomingMessage, res: ServerResponse) => false | Promise<boolean>;

/**
 * Answers a browser's GET or HEAD of `endpoint` with the page, and of the page's files below it.
 * A request that accepts JSON or an event stream passes through, as does everything else.
 * The 9 MB bundle is read on the first hit only and let go once compressed (2 MB stay).
 */
export function createGraphiQLPage(options: { endpoint: string }): GraphiQLPage {
  const directory = options.endpoint.replace(/\/*$/, "/");
  let files: Promise<Map<string, StoredFile>> | undefined;
  return (req, res) => {
    const path = readPath(req);
    const accepted = readAccepted(req.headers.accept);
    const isBrowser = accepted.includes("text/html") && !/json|event-stream/.test(String(accepted));
    const isPage = path === options.endpoint && isBrowser;
    if (!/^(GET|HEAD)$/.test(req.method ?? "")) return false;
    if (!isPage && !path.startsWith(`${directory}graphiql-`)) return false;
    files ??= createFiles(options.endpoint);
    return files.then(async (stored) => {
      const file = stored.get(isPage ? "" : path.slice(directory.length));
      if (file) await sendFile(file, req, res);
      return file !== undefined;
    });
  };
}

async function sendFile(file: StoredFile, req: IncomingMessage, res: ServerResponse): Promise<void> {
  // Brotli before gzip, whichever is accepted.
  const accepted = readAccepted(String(req.headers["accept-encoding"] ?? ""));
  const encoding = (["br", "gzip"] as const).find((name) => accepted.includes(name)) ?? "identity";
  const etag = `"${file.hash}-${encoding}"`;
  const isKnown = req.headers["if-none-match"]?.includes(etag) ?? false;
  const body = isKnown ? undefined : await encode(file, encoding);
  setSafetyHeaders(req, res, () => {});
  res.appendHeader("Vary", "Accept, Accept-Encoding");
  res.setHeader("Cache-Control", file.cacheControl);
  res.setHeader("ETag", etag);
  if (!body) return void res.writeHead(304).end();
  res.setHeader("Content-Type", file.type);
  res.setHeader("Content-Length", body.byteLength);
  if (encoding !== "identity") res.setHeader("Content-Encoding", encoding);
  res.end(body);
}

async function encode(file: StoredFile, encoding: "br" | "gzip" | "identity"): Promise<Bytes> {
  if (encoding === "br") return file.brotli;
  const decompress = async () => new Uint8Array(await promisify(brotliDecompress)(file.brotli));
  if (encoding === "identity") return decompress();
  file.gzip ??= decompress().then(async (content) => new Uint8Array(await promisify(gzip)(content)));
  return file.gzip;
}
