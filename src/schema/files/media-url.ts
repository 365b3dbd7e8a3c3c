// The URL under which a client finds what an upstream has sent in bytes.
import type { Context, Media } from "../shared/context.ts";
import { decodeInTurns } from "./base64.ts";

type Content = Uint8Array | string;

/** Longest base64 that is decoded at once, in characters. */
const MAX_AT_ONCE = 16 * 1024;

/** What is on its way to a store, by the operation: a resolver may be asked again, by another alias, before it is there. */
const underWay = new WeakMap<Context, Map<Content, Promise<string>>>();

/**
 * The URL of `content`, which is bytes or base64: one of this server where media are kept, else a `data:` URL. To be called only for a
 * `url` that is selected, as the content is kept then; once for all aliases that select it. Never throws or rejects.
 */
export function mediaUrl(content: Content, contentType: string, context: Context): string | Promise<string> {
  const { media } = context;
  if (!media || sizeOf(content) > media.maxBytes) return toDataUrl(content, contentType);
  const before = underWay.get(context)?.get(content);
  if (before) return before;
  const keep = (bytes: Uint8Array) => media.keep(bytes, contentType, context);
  const kept = typeof content === "string" ? keepBase64(content, keep) : keep(content);
  if (!(kept instanceof Promise)) return kept ?? toDataUrl(content, contentType);
  const own = underWay.get(context) ?? new Map<Content, Promise<string>>();
  underWay.set(context, own);
  const url = kept
    .then((isKept) => isKept ?? toDataUrl(content, contentType))
    .finally(() => {
      own.delete(content);
    });
  own.set(content, url);
  return url;
}

function keepBase64(base64: string, keep: (bytes: Uint8Array) => ReturnType<Media["keep"]>): ReturnType<Media["keep"]> {
  return base64.length > MAX_AT_ONCE ? decodeInTurns(base64).then(keep) : keep(Buffer.from(base64, "base64"));
}

function sizeOf(content: Content): number {
  return typeof content === "string" ? Math.floor((content.length * 3) / 4) : content.length;
}

function toDataUrl(content: Content, contentType: string): string {
  const base64 =
    typeof content === "string"
      ? content
      : Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("base64");
  return `data:${contentType};base64,${base64}`;
}
