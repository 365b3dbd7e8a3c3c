// Checks the Host header against the names that the server may be called by. This stops DNS rebinding: a page whose domain
// resolves to this machine has the server's own origin to a browser, but its requests carry that domain as their Host.
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import type { GraphQLError } from "graphql";
import { requestError } from "../errors/codes.ts";
import { rememberByValue } from "../http/by-value.ts";

export interface HostOptions {
  /** The names in the form of URL's `hostname`; undefined if the operator lists none. */
  allowedHosts: readonly string[] | undefined;
  /** The address or name on which the server listens. */
  listensOn: string;
  /** Whether callers need no key; otherwise a page would have to know one. */
  isOpen: boolean;
}

/** Names that browsers always resolve to this machine. */
const LOOPBACK_HOST = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * Yields a check that finds BAD_REQUEST (400), which closes the connection, if the request's Host is not one of
 * `allowedHosts`. Without a list, a server that listens on loopback and needs no key allows only loopback names; others
 * allow every name.
 */
export function createHostCheck({
  allowedHosts,
  listensOn,
  isOpen,
}: HostOptions): (req: IncomingMessage) => GraphQLError | undefined {
  if (!allowedHosts && !(isOpen && isLoopback(listensOn))) return () => undefined;
  return (req) => {
    const name = readHostName(req.headers.host ?? "") ?? "";
    if (allowedHosts ? allowedHosts.includes(name) : LOOPBACK_HOST.test(name)) return undefined;
    const problem = "The server is not called by the name in the request's Host header: see ALLOWED_HOSTS.";
    return requestError("BAD_REQUEST", 400, problem, { connection: "close" });
  };
}

/** Whether an address or name is always this machine. */
export function isLoopback(address: string): boolean {
  const version = isIP(address);
  return version === 0 ? LOOPBACK_HOST.test(address.toLowerCase()) : loopback.check(address, `ipv${version as 4 | 6}`);
}

/** The Host without its port and without a final dot; undefined if it is not valid in a URL. */
const readHostName = rememberByValue((host: string): string | undefined =>
  URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname.replace(/\.$/, "") : undefined,
);
