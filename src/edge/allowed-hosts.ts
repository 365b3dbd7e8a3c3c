// The names under which the server may be called. A page whose owner points its name at this machine (DNS rebinding) is of
// the server's own origin to the browser; its requests still carry that name as their Host. Knows no GraphQL.
import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import type { GraphQLError } from "graphql";
import { requestError } from "../errors/codes.ts";

export interface HostOptions {
  /** The names as URL's hostname has them; undefined where the operator lists none. */
  allowedHosts: readonly string[] | undefined;
  /** The address or name on which the server listens. */
  listensOn: string;
  /** Whether everybody may call, without a key that a page would have to know. */
  isOpen: boolean;
}

/** What browsers resolve to this machine, whatever a name server says. */
const LOOPBACK_HOST = /^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * Yields what finds BAD_REQUEST (400), which closes the connection, for a request under another name than one of
 * `allowedHosts`. Where none are listed, a server on loopback that everybody may call has loopback's names alone; any
 * other has every name.
 */
export function createHostCheck({
  allowedHosts,
  listensOn,
  isOpen,
}: HostOptions): (req: IncomingMessage) => GraphQLError | undefined {
  if (!allowedHosts && !(isOpen && isLoopback(listensOn))) return () => undefined;
  return (req) => {
    const name = readHostName(req);
    if (allowedHosts ? allowedHosts.includes(name) : LOOPBACK_HOST.test(name)) return undefined;
    const problem = "The server is not called by the name in the request's Host header: see ALLOWED_HOSTS.";
    return requestError("BAD_REQUEST", 400, problem, { connection: "close" });
  };
}

function isLoopback(address: string): boolean {
  const version = isIP(address);
  return version === 0 ? LOOPBACK_HOST.test(address.toLowerCase()) : loopback.check(address, `ipv${version as 4 | 6}`);
}

/** Without the port, and the dot that a name may end with; empty where the header makes no URL. */
function readHostName({ headers: { host = "" } }: IncomingMessage): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname.replace(/\.$/, "") : "";
}
