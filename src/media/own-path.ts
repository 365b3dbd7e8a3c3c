// Which URLs are this server's own, as its clients see them. Calls nothing.
import type { IncomingHttpHeaders } from "node:http";
import { hasMediumForm } from "../schema/shared/media.ts";

/** What stands for the host of a path alone. */
const NOWHERE_HOST = "nowhere.invalid";
const NOWHERE = `http://${NOWHERE_HOST}`;

/**
 * Yields a function that finds the path on this server that a URL of a medium leads to; undefined for what is not on this server,
 * or no URL of a medium. A path is. A URL is if it is below `publicUrl`, or on the host by which the request came: as its Host or
 * the proxy in front says, or as the page's origin, where a front end passes requests on. The scheme does not matter: TLS ends
 * before this server.
 */
export function createOwnPath(
  publicUrl: URL | undefined,
): (url: string, headers: IncomingHttpHeaders) => string | undefined {
  const prefix = publicUrl ? withoutSlash(publicUrl.pathname) : "";
  const isBelow = (path: string) => path.startsWith(`${prefix}/`);
  return (text, { host, origin, "x-forwarded-host": forwarded }) => {
    if (!hasMediumForm(text) || !URL.canParse(text, NOWHERE)) return undefined;
    const url = new URL(text, NOWHERE);
    const { pathname } = url;
    const hosts = [host, forwarded, hostOf(origin), publicUrl?.host, NOWHERE_HOST];
    const named = withoutPort(url.host);
    const isHere = hosts.some((own) => typeof own === "string" && withoutPort(own.toLowerCase()) === named);
    if (!isHere) return undefined;
    return prefix !== "" && isBelow(pathname) ? pathname.slice(prefix.length) : pathname;
  };
}

function hostOf(origin: string | undefined): string | undefined {
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** The host without a port that a scheme stands for: the scheme by which clients call need not be the one that came here. */
function withoutPort(host: string): string {
  return host.replace(/:(?:80|443)$/, "");
}

/** A URL or a path, to which another path is to be added. */
export function withoutSlash(url: string): string {
  return url.endsWith("/") ? url.slice(0, -1) : url;
}
