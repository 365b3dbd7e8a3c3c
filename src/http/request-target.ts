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
  const { url = "" } = req;
  const end = url.indexOf("?");
  return end < 0 ? url : url.slice(0, end);
}

/**
 * Every value of one header, in the order sent; `name` in lower case. Node's `headers` keeps only the first of some and
 * joins others, and its headersDistinct would build lists for all headers.
 */
export function readHeaders({ rawHeaders }: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let place = findHeader(rawHeaders, name, 0); place >= 0; place = findHeader(rawHeaders, name, place + 2))
    values.push(rawHeaders[place + 1] ?? "");
  return values;
}

/** The place of the first header of this name from `start` on; -1 if there is none. */
function findHeader(rawHeaders: readonly string[], name: string, start: number): number {
  for (let place = start; place < rawHeaders.length; place += 2) {
    const given = rawHeaders[place] ?? "";
    if (given.length === name.length && given.toLowerCase() === name) return place;
  }
  return -1;
}

/** Yields BAD_REQUEST (400), which closes the connection, for a request that two readers could understand differently. */
export function checkTarget(req: IncomingMessage): GraphQLError | undefined {
  return checkFraming(req) ?? checkAddress(req);
}

/** The part of checkTarget that is about where a request ends, and headers that may be there only once. */
export function checkFraming(req: IncomingMessage): GraphQLError | undefined {
  const { method = "", httpVersion, headers, rawHeaders } = req;
  for (const name of SINGLE) {
    if (isRepeated(rawHeaders, name)) return refusal(`The request must have no more than one ${name} header.`);
  }
  // https://www.rfc-editor.org/rfc/rfc9112#section-6.1-16
  if (headers["transfer-encoding"] !== undefined && httpVersion !== "1.1") {
    return refusal("A request of HTTP/1.0 must have no Transfer-Encoding header.");
  }
  if (hasBody(req) && /^(?:GET|HEAD|OPTIONS)$/.test(method)) return refusal(`A ${method} request must have no body.`);
  return undefined;
}

/** The part of checkTarget that is about the path and the Host. */
export function checkAddress({ url = "", headers, rawHeaders }: IncomingMessage): GraphQLError | undefined {
  const hostAt = findHeader(rawHeaders, "host", 0);
  const isAddress = TARGET.test(url) && isHost(headers.host) && findHeader(rawHeaders, "host", hostAt + 2) < 0;
  return isAddress ? undefined : refusal("The request's Host header and path must make a URL.");
}

/** Whether the head announces a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** Whether there are several headers of this name, with values that differ. */
function isRepeated(rawHeaders: readonly string[], name: string): boolean {
  const first = findHeader(rawHeaders, name, 0);
  if (first < 0) return false;
  for (let place = first; place >= 0; place = findHeader(rawHeaders, name, place + 2))
    if (rawHeaders[place + 1] !== rawHeaders[first + 1]) return true;
  return false;
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
