// Connections to the upstream by way of proxies, through tunnels (CONNECT), for `http:` upstreams too.
import { ProxyError } from "../failures/proxy-error.ts";
import type { Connections, PoolStats, Proxies } from "./connections.ts";
import { type Dispatcher, EnvHttpProxyAgent, Pool, type PoolOptions } from "./undici.ts";

/** Longest wait for a proxy's answer to CONNECT, in milliseconds: as long as undici waits for a connection to the upstream itself. */
const ANSWER_MS = 10_000;

type Connect = (options: unknown, callback: (error: Error | null, ...connected: unknown[]) => void) => void;

/** As a Pool, through a proxy unless the proxies' `except` names the origin. */
export class ProxiedConnections implements Connections {
  readonly #origin: string;
  readonly #agent: EnvHttpProxyAgent;
  /** The agent drops its pool when the last connection ends, and makes another one when it is needed. */
  #pools: Pool[] = [];

  constructor(origin: string, options: PoolOptions, { http, https, except }: Proxies) {
    this.#origin = origin;
    this.#agent = new EnvHttpProxyAgent({
      ...options,
      // Given, also if empty: undici would read its own environment variables otherwise.
      httpProxy: http,
      httpsProxy: https,
      noProxy: except,
      factory: (target, given) => this.#openPool(target, given),
      clientFactory: (proxy, given) => new Pool(proxy, { ...given, headersTimeout: ANSWER_MS }),
    });
  }

  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    // The agent adds `host` to the headers that it is given, and those are every request's.
    const headers = { ...(request.headers as Record<string, string>) };
    return this.#agent.dispatch({ ...request, headers, origin: this.#origin }, handler);
  }

  get stats(): PoolStats {
    const sum = { connected: 0, running: 0, queued: 0 };
    for (const { stats } of this.#pools) {
      sum.connected += stats.connected;
      sum.running += stats.running;
      sum.queued += stats.queued;
    }
    return sum;
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  #openPool(origin: string | URL, options: object): Pool {
    const { connect } = options as { connect?: Connect };
    const pool = new Pool(origin, connect ? { ...options, connect: nameFailures(connect) } : options);
    this.#pools = [...this.#pools.filter((other) => !other.destroyed), pool];
    return pool;
  }
}

/** Gives what a proxy does wrong a name. undici would try again for ever where a proxy hangs up. */
function nameFailures(connect: Connect): Connect {
  return (options, callback) => {
    connect(options, (error, ...connected) => callback(error && explain(error), ...connected));
  };
}

function explain(error: Error): Error {
  const problem = describe(error);
  return problem === undefined ? error : new ProxyError(problem, { cause: error });
}

/** What is wrong with the proxy. Undefined: nothing; it is the upstream's certificate, for example. */
function describe(error: Error & { code?: unknown; syscall?: unknown }): string | undefined {
  const [, status] = /^Proxy response \((\d{3})\)/.exec(error.message) ?? [];
  if (status === "407") return "The proxy to the upstream asks for other credentials (status 407).";
  if (status !== undefined) return `The proxy refused to connect to the upstream (status ${status}).`;
  if (error.syscall === "connect" || error.syscall === "getaddrinfo")
    return "The proxy to the upstream cannot be reached.";
  if (error.code === "UND_ERR_HEADERS_TIMEOUT")
    return `The proxy did not connect to the upstream within ${ANSWER_MS} ms.`;
  if (error.name === "HTTPParserError") return "The answer of the proxy to the upstream is not valid HTTP.";
  if (error.code === "UND_ERR_SOCKET") return "The proxy hung up before it connected to the upstream.";
  return undefined;
}
