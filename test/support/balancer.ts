// A round-robin balancer of HTTP as operators put in front of replicas: it sends only to replicas that report they are
// ready, sends nothing twice, and marks each answer with its replica.
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";
import { onTestFinished } from "vitest";

/** How often each replica is asked whether it is ready. */
const CHECK_EVERY_MS = 50;

export interface Balancer {
  /** The endpoint in front of the replicas. */
  url: string;
  /** Sends to the replica at `url` from now on, as long as it is ready. */
  add(url: string): void;
}

/** Starts a balancer; it ends with the test. Answers have the replica's URL in the header `x-replica`. */
export async function startBalancer(): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true });
  const replicas = new Map<string, { isReady: boolean }>();
  let turn = 0;

  function check(url: string): void {
    const replica = replicas.get(url);
    if (!replica) return;
    const req = request(new URL("/readyz", url), { agent: false, timeout: 1_000 }, (res) => {
      replica.isReady = res.statusCode === 200;
      res.resume();
    });
    req.on("timeout", () => req.destroy());
    req.on("error", () => {
      replica.isReady = false;
    });
    req.end();
  }

  function forward(req: IncomingMessage, res: ServerResponse): void {
    const ready = [...replicas].flatMap(([url, { isReady }]) => (isReady ? [url] : []));
    const url = ready[turn++ % ready.length];
    if (url === undefined) return void res.writeHead(502).end();
    res.setHeader("x-replica", url);
    const onward = request(url, { agent, method: req.method, headers: req.headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, { ...answer.headers, connection: "keep-alive" });
      pipeline(answer, res, () => {});
    });
    onward.on("error", () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
    res.on("close", () => onward.destroy());
    pipeline(req, onward, () => {});
  }

  const server = createServer(forward);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const timer = setInterval(() => [...replicas.keys()].forEach(check), CHECK_EVERY_MS);
  onTestFinished(async () => {
    clearInterval(timer);
    agent.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    add(url) {
      replicas.set(url, { isReady: true });
    },
  };
}
