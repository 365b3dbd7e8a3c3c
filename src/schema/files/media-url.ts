// The URL under which a client finds what an upstream has sent in bytes.
import type { Context } from "../shared/context.ts";

/** The URL of `content`, which is bytes or base64. To be called only for a `url` that is selected. */
export function mediaUrl(
  content: Uint8Array | string,
  contentType: string,
  _context: Pick<Context, "signal">,
): string | Promise<string> {
  const base64 = typeof content === "string" ? content : Buffer.from(content).toString("base64");
  return `data:${contentType};base64,${base64}`;
}
