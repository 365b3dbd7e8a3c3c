// The sandbox's pictures below this server's own origin: the sandbox listens on loopback, where no other machine reaches it.
// Passes on nothing else.
import { once } from "node:events";
import { get, type IncomingMessage, type ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { buffer } from "node:stream/consumers";
import { sendAnswer } from "../http/answer.ts";
import { onTurn } from "../http/line.ts";
import { readPath } from "../http/request-target.ts";
import { inMemory } from "../media/memory-media.ts";
import type { Medium } from "../schema/shared/media.ts";

/** The names that the sandbox gives to pictures. They cannot be guessed, so whoever has one may see the picture. */
const NAME = /^img-[A-Za-z\d]{24}\.png$/;
const TIMEOUT_MS = 10_000;

export interface SandboxPictures {
  /** The address by which the client that sent `req` reaches a picture of the sandbox. Any other URL is returned unchanged. */
  show(url: string, req: IncomingMessage): string;
  /** Answers a GET or HEAD of a picture, and returns whether it did. */
  answer(req: IncomingMessage, res: ServerResponse): boolean;
  /** The picture that is served at this path. Undefined at once: none is; undefined later: the sandbox has dropped it. */
  find(path: string): Promise<Medium | undefined> | undefined;
}

/** Serves the pictures of the sandbox at `origin` below `path`. */
export function createSandboxPictures({ origin, path }: { origin: string; path: string }): SandboxPictures {
  const directory = `${path}/pictures/`;
  const source = `${origin}/files/`;
  return {
    show(url, { headers }) {
      if (!url.startsWith(source)) return url;
      // The Host has been checked. A proxy in front that ends TLS says so.
      const scheme = headers["x-forwarded-proto"] === "https" ? "https" : "http";
      return `${scheme}://${headers.host}${directory}${url.slice(source.length)}`;
    },
    answer(req, res) {
      const name = nameOf(readPath(req));
      if ((req.method !== "GET" && req.method !== "HEAD") || name === undefined) return false;
      passOn(`${source}${name}`, req, res);
      return true;
    },
    find(asked) {
      const name = nameOf(asked);
      return name === undefined ? undefined : load(`${source}${name}`);
    },
  };

  function nameOf(asked: string): string | undefined {
    const name = asked.startsWith(directory) ? asked.slice(directory.length) : "";
    return NAME.test(name) ? name : undefined;
  }
}

/** The picture whole: the sandbox makes none that is large. */
async function load(url: string): Promise<Medium | undefined> {
  try {
    const call = get(url, { agent: false, timeout: TIMEOUT_MS });
    call.on("timeout", () => call.destroy());
    const [picture] = (await once(call, "response")) as [IncomingMessage];
    const bytes = await buffer(picture);
    return picture.statusCode === 200 ? inMemory({ contentType: "image/png", bytes }) : undefined;
  } catch {
    return undefined;
  }
}

/** Piece by piece, as fast as the client reads. */
function passOn(url: string, req: IncomingMessage, res: ServerResponse): void {
  const sendMissing = () => {
    if (res.headersSent) return;
    const headers = { "content-type": "text/plain; charset=utf-8" };
    sendAnswer(req, res, { status: 404, headers, body: "No such picture: the sandbox keeps only its newest ones.\n" });
  };
  const call = get(url, { agent: false, timeout: TIMEOUT_MS }, (picture) => {
    if (picture.statusCode !== 200) {
      picture.resume();
      return sendMissing();
    }
    onTurn(res, () => {
      res.writeHead(200, {
        "content-type": "image/png",
        "content-length": picture.headers["content-length"],
        // A picture never changes. Pages of any origin may show it.
        "cache-control": "private, max-age=3600, immutable",
        "cross-origin-resource-policy": "cross-origin",
      });
      if (req.method !== "HEAD") return void pipeline(picture, res, () => {});
      res.end();
      picture.destroy();
    });
  });
  call.on("timeout", () => call.destroy());
  call.on("error", sendMissing);
  res.on("close", () => call.destroy());
}
