// Serves what this server keeps: GET and HEAD of /media/<name>. The name cannot be guessed, so whoever has one may see the medium.
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline, Readable } from "node:stream";
import { requestError } from "../errors/codes.ts";
import { refuse, sendAnswer } from "../http/answer.ts";
import { onTurn } from "../http/line.ts";
import { readPath } from "../http/request-target.ts";
import { essenceOf, type KeptMedium, MEDIA_PATH, type MediaStore, NAME } from "../media/media-store.ts";
import { readRange } from "./byte-range.ts";

/** What browsers may show in a page. An SVG could hold a script: it is downloaded, as all else is. */
const SHOWN = /^(?:image|audio|video)\/[\w.-]+$/;

/** No script, no form, no request; a browser's own page around a picture or a film shows it. */
const POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox";

/**
 * Yields a function that answers requests for media, and returns whether it did. The same 404 for all that is not there. Pages of
 * any origin may show a medium, and scripts of listed origins may read it: set the headers of CORS before.
 */
export function createMediaPage(store: MediaStore): (req: IncomingMessage, res: ServerResponse) => boolean {
  return (req, res) => {
    const path = readPath(req);
    if (!path.startsWith(MEDIA_PATH)) return false;
    if (req.method !== "GET" && req.method !== "HEAD") {
      refuse(
        req,
        res,
        requestError("BAD_REQUEST", 405, `${MEDIA_PATH} is served by GET and HEAD.`, { allow: "GET, HEAD" }),
      );
      return true;
    }
    const name = path.slice(MEDIA_PATH.length);
    if (!NAME.test(name)) sendText(req, res, 404, MISSING);
    else
      store.find(name).then(
        (medium) => (medium ? sendMedium(req, res, medium) : sendText(req, res, 404, MISSING)),
        () => sendText(req, res, 503, "It cannot be read at the moment.\n", { "retry-after": "1" }),
      );
    return true;
  };
}

const EXPOSED = "access-control-expose-headers";

const MISSING = "There is nothing here, or no longer: what this server keeps has its time.\n";

function sendText(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = {},
): void {
  sendAnswer(req, res, { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body });
}

function sendMedium(req: IncomingMessage, res: ServerResponse, medium: KeptMedium): void {
  const { sizeBytes, contentType } = medium;
  const range = req.method === "GET" ? readRange(req.headers, sizeBytes) : undefined;
  if (range === "unsatisfiable") {
    sendText(req, res, 416, "The range is behind the end.\n", { "content-range": `bytes */${sizeBytes}` });
    return;
  }
  const { start, end } = range ?? { start: 0, end: sizeBytes };
  const headers = {
    "content-type": contentType,
    "content-length": String(end - start),
    "accept-ranges": "bytes",
    ...(range && { "content-range": `bytes ${start}-${end - 1}/${sizeBytes}` }),
    ...(!SHOWN.test(essenceOf(contentType)) && { "content-disposition": "attachment" }),
    "content-security-policy": POLICY,
    "cross-origin-resource-policy": "cross-origin",
    // A browser that has shown it for any page must not give that answer to a script of a listed origin, which needs another.
    vary: "Origin",
    // It never changes.
    "cache-control": `private, max-age=${Math.floor(medium.leftMs / 1_000)}, immutable`,
  };
  // Set for scripts of listed origins alone: see createCors. Without it they could not read what part it is.
  const exposed = res.getHeader(EXPOSED);
  if (exposed !== undefined) res.setHeader(EXPOSED, `${exposed},Content-Range`);
  onTurn(res, () => {
    if (res.destroyed) return;
    res.writeHead(range ? 206 : 200, headers);
    if (req.method === "HEAD") res.end();
    // As fast as the client reads. What breaks off in between breaks the answer off, whose length the client knows.
    else pipeline(Readable.from(medium.read(start, end), { objectMode: false }), res, () => {});
  });
}
