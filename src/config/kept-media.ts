// Whether a configuration has pictures and sounds kept.
import type { Config } from "./read-config.ts";

/**
 * Whether pictures and sounds are kept, to be served by URL. Not in the memory of one of several workers: another one would be asked
 * for them.
 */
export function keepsMedia({ MEDIA_TTL_SECONDS, WORKERS, REDIS_URL }: Config): boolean {
  return MEDIA_TTL_SECONDS > 0 && (WORKERS === 1 || REDIS_URL !== undefined);
}
