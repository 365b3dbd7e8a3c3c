// Which URLs are this server's own, as its clients see them. Calls nothing.
import type { IncomingHttpHeaders } from "node:http";
import { hasMediumForm } from "../schema/shared/media.ts";

/** What stands for the host of a path alone. */
const NOWHERE = "http://nowhere.invalid";

/**
 * Yields a function that finds the path on this server that a URL of a medium leads to; undefined for what is not on this server,
 * or no URL of a medium. A path is. A URL is if it is below `publicUrl`, or on the host by which the request came: as its Host or
 * the proxy in front says, or as the page's origin, where a front end passes requests on. The scheme does not matter: TLS ends
 * before this server.
 */
export function createOwnPath(
  publicUrl: URL | undefined,
): (url: string, headers: IncomingHttpHeaders) => string | undefined {
  const prefix = publicUrl?.pathname.replace(/\/+$/, "") ?? "";
  const isBelow = (path: string) => path.startsWith(`${prefix}/`);
  return (text, { host, origin, "x-forwarded-host": forwarded }) => {
    if (!hasMediumForm(text) || !URL.canParse(text, NOWHERE)) return undefined;
    const url = new URL(text, NOWHERE);
    const { pathname } = url;
    const isHere =
      url.origin === NOWHERE ||
      url.host === publicUrl?.host ||
      host?.toLowerCase() === url.host ||
      forwarded === url.host ||
      (origin !== undefined && URL.canParse(origin) && new URL(origin).host === url.host);
    if (!isHere) return undefined;
    return prefix !== "" && isBelow(pathname) ? pathname.slice(prefix.length) : pathname;
  };
}
