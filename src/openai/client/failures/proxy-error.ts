// What a proxy on the way to the upstream does instead of connecting to it.

/** Thrown if a proxy connects to no upstream. Nothing was sent. Its message is safe to show: it holds no address and no name. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
  readonly code = "PROXY_FAILED";
}
