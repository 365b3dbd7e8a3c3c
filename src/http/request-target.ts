// What a request is addressed to: its target, its Host, and headers of which there must be one. Knows no GraphQL.
// https://www.rfc-editor.org/rfc/rfc9112#section-3.2
import type { IncomingMessage } from "node:http";
import type { GraphQLError } from "graphql";
import { requestError } from "../errors/codes.ts";
import { readHeaders } from "./header-values.ts";

/** A name or an address, and a port: neither user nor path, whatever else a URL's authority could hold. */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i;
/** A path of this server's. The absolute form is for proxies: whoever reads its host may take it for another's. */
const TARGET = /^\/[\x21-\x7e]*$/;
/** Headers of which Node keeps the first, and a proxy before it maybe the last. */
const SINGLE = ["authorization", "content-type"] as const;

/** The path, without the query and as the client wrote it. */
export function readPath(req: IncomingMessage): string {
  return req.url?.split("?", 1)[0] ?? "";
}

/** Yields BAD_REQUEST (400), which closes the connection, for a request that two readers could understand differently. */
export function checkTarget(req: IncomingMessage): GraphQLError | undefined {
  const { method = "", url = "", httpVersion, headers } = req;
  if (!TARGET.test(url) || !isHost(headers.host) || readHeaders(req, "host").length !== 1) {
    return refusal("The request's Host header and path must make a URL.");
  }
  const repeated = SINGLE.find((name) => isRepeated(readHeaders(req, name)));
  if (repeated) return refusal(`The request must have no more than one ${repeated} header.`);
  // https://www.rfc-editor.org/rfc/rfc9112#section-6.1-16
  if (headers["transfer-encoding"] !== undefined && httpVersion !== "1.1") {
    return refusal("A request of HTTP/1.0 must have no Transfer-Encoding header.");
  }
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  if (hasBody && /^(?:GET|HEAD|OPTIONS)$/.test(method)) return refusal(`A ${method} request must have no body.`);
  return undefined;
}

/** Whether there are different values. */
function isRepeated([first, ...others]: readonly string[]): boolean {
  return others.some((value) => value !== first);
}

/** The last one that was good: a server has few names, and to parse a URL takes as long as all else here. */
let goodHost = "";

function isHost(host = ""): boolean {
  if (host === goodHost && host !== "") return true;
  if (!HOST.test(host) || !URL.canParse(`http://${host}`)) return false;
  goodHost = host;
  return true;
}

function refusal(message: string): GraphQLError {
  return requestError("BAD_REQUEST", 400, message, { connection: "close" });
}
