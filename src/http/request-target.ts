// Reads and checks what a request is addressed to: its path, its Host, and headers that it may have only once.
// Knows no GraphQL.
// https://www.rfc-editor.org/rfc/rfc9112#section-3.2
import type { IncomingMessage } from "node:http";
import type { GraphQLError } from "graphql";
import { requestError } from "../errors/codes.ts";

/** A name or an address, and a port: neither user nor path, whatever else a URL's authority could hold. */
const HOST = /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i;
/** A path on this server. Not the absolute form, which is for proxies: its host may differ from the Host header. */
const TARGET = /^\/[\x21-\x7e]*$/;
/** Headers of which Node keeps the first value; a proxy in front may keep the last. */
const SINGLE = ["authorization", "content-type"] as const;

/** The path, without the query and as the client wrote it. */
export function readPath(req: IncomingMessage): string {
  return req.url?.split("?", 1)[0] ?? "";
}

/**
 * Every value of one header, in the order sent; `name` in lower case. Node's `headers` keeps only the first of some and
 * joins others, and its headersDistinct would build lists for all headers.
 */
export function readHeaders({ rawHeaders }: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index] ?? "";
    if (given.length === name.length && given.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? "");
  }
  return values;
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
  if (hasBody(req) && /^(?:GET|HEAD|OPTIONS)$/.test(method)) return refusal(`A ${method} request must have no body.`);
  return undefined;
}

/** Whether the head announces a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** Whether the values differ. */
function isRepeated([first, ...others]: readonly string[]): boolean {
  return others.some((value) => value !== first);
}

/** The last valid one. A server has few names, and parsing a URL takes as long as everything else here. */
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
