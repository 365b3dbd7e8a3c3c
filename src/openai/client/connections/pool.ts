// The connections to the upstream: straight to it, or by way of proxies.
import type { Connections, Proxies } from "./connections.ts";
import { ProxiedConnections } from "./proxied.ts";
import { Pool, type PoolOptions } from "./undici.ts";

export interface ConnectionsOptions {
  /** Longest wait for the head of an answer, in milliseconds. */
  headersTimeoutMs: number;
  /** Longest silence inside an answer's body, in milliseconds. */
  idleTimeoutMs: number;
  /** Largest answer, in bytes. */
  maxUpstreamBytes: number;
  /** Absent: the upstream is reached straight. */
  proxies?: Proxies | undefined;
}

/** Prepares connections to `origin`; opens none yet. */
export function openConnections(origin: string, { proxies, ...limits }: ConnectionsOptions): Connections {
  const options: PoolOptions = {
    headersTimeout: limits.headersTimeoutMs,
    bodyTimeout: limits.idleTimeoutMs,
    maxResponseSize: limits.maxUpstreamBytes,
    pipelining: 1,
  };
  return proxies?.http || proxies?.https ? new ProxiedConnections(origin, options, proxies) : new Pool(origin, options);
}
