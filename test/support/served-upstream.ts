// A server with an upstream of its own: what most tests begin with.
import { startTestServer, type TestServer } from "./server.ts";
import { type Answer, startUpstream, type Upstream } from "./upstream.ts";

/**
 * Starts an upstream that gives `answer`, and a server on it; both end with the test. `environment` overrides the
 * server's configuration; with `streamBodies` the answer reads the request's body itself.
 */
export async function startServed(
  answer: Answer,
  environment: Record<string, string> = {},
  options: { streamBodies?: boolean } = {},
): Promise<{ upstream: Upstream; server: TestServer }> {
  const upstream = await startUpstream(answer, options);
  return { upstream, server: await startTestServer(upstream.url, environment) };
}
