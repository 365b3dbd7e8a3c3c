// Builds, from the configuration, what keeps pictures and sounds for callers, and what finds them again by their URLs.
import type { IncomingMessage } from "node:http";
import { keepsMedia } from "../config/kept-media.ts";
import type { Config } from "../config/read-config.ts";
import { createMediaPage } from "../edge/media-page.ts";
import type { SandboxPictures } from "../edge/sandbox-pictures.ts";
import type { CallerContext } from "../limits/caller-context.ts";
import { connectRedis } from "../limits/counting/redis.ts";
import { createName, MEDIA_PATH, type MediaStore, NAME, ownerOf, readType } from "../media/media-store.ts";
import { MemoryMedia } from "../media/memory-media.ts";
import { createOwnPath, withoutSlash } from "../media/own-path.ts";
import { RedisMedia } from "../media/redis-media.ts";
import type { Context, Media } from "../schema/shared/context.ts";
import type { Medium } from "../schema/shared/media.ts";

/** What is kept, as resolvers and as HTTP know it. */
export interface OpenMedia {
  /** Undefined: there are no media. */
  readonly media: Media | undefined;
  /** See createMediaPage. Undefined: nothing is kept. */
  readonly answer: ReturnType<typeof createMediaPage> | undefined;
  /** Ends the connection to Redis, after what is under way. */
  close(): Promise<void>;
}

/** Begins to connect to Redis, if there is one; `report` is called for its failures. */
export function openMedia(
  config: Config,
  pictures: SandboxPictures | undefined,
  report: (fault: unknown) => void,
): OpenMedia {
  const store = openStore(config, report);
  return {
    media: createMedia(config, store, pictures),
    answer: store && createMediaPage(store),
    async close() {
      await store?.close();
    },
  };
}

function openStore(config: Config, report: (fault: unknown) => void): MediaStore | undefined {
  if (!keepsMedia(config)) return undefined;
  const ttlMs = config.MEDIA_TTL_SECONDS * 1_000;
  const maxBytes = config.MEDIA_MAX_BYTES;
  if (config.REDIS_URL === undefined) return new MemoryMedia(ttlMs, maxBytes);
  return new RedisMedia({ redis: connectRedis(config.REDIS_URL, report), ttlMs, maxBytes });
}

function createMedia(
  config: Config,
  store: MediaStore | undefined,
  pictures: SandboxPictures | undefined,
): Media | undefined {
  if (!store && !pictures) return undefined;
  const base = config.PUBLIC_URL ? withoutSlash(config.PUBLIC_URL.href) : "";
  const ownPath = createOwnPath(config.PUBLIC_URL);

  /** Whoever asks for a medium by URL in an operation must be the caller that it was made for. */
  async function findFor(owner: string, name: string): Promise<Medium | undefined> {
    const medium = await store?.find(name);
    return medium?.owner === owner ? medium : undefined;
  }

  return {
    maxBytes: store ? config.MEDIA_MAX_BYTES : 0,
    keep(content, type, context) {
      if (!store) return undefined;
      const contentType = readType(type);
      const name = createName(contentType);
      const url = `${base}${MEDIA_PATH}${name}`;
      const kept = store.keep(name, { owner: ownerIn(context), contentType, bytes: content });
      return typeof kept === "boolean" ? (kept ? url : undefined) : kept.then((isKept) => (isKept ? url : undefined));
    },
    find(url, context) {
      const path = ownPath(url, requestIn(context).headers);
      if (path === undefined) return undefined;
      const name = path.startsWith(MEDIA_PATH) ? path.slice(MEDIA_PATH.length) : "";
      return store && NAME.test(name) ? findFor(ownerIn(context), name) : pictures?.find(path);
    },
  };
}

/** The operation's request, or its connection's handshake. */
function requestIn(context: Context): IncomingMessage {
  return (context as Context & { req: IncomingMessage }).req;
}

function ownerIn(context: Context): string {
  return ownerOf((context as Context & CallerContext).caller.key);
}
