// Whether the process is alive and may be sent requests, for orchestrators and load balancers. Answers from memory: calls
// nothing, asks for no key, and shows nothing but the state itself.
import type { IncomingMessage, ServerResponse } from "node:http";
import { requestError } from "../errors/codes.ts";
import { refuse } from "../http/answer.ts";
import { readPath } from "../http/request-target.ts";

/** What the answers are made of. */
export interface HealthOptions {
  /** Whether the server is about to stop, or stopping. */
  isStopping(): boolean;
  /** Whether the upstream is known not to be there. */
  isUpstreamDead(): boolean;
}

/**
 * Yields what answers GET and HEAD of `/healthz`, always 200, and of `/readyz`, 200 or 503, in JSON; other methods are
 * refused with 405. It returns whether it answered. The headers that every answer has are to be set before.
 */
export function createHealth({
  isStopping,
  isUpstreamDead,
}: HealthOptions): (req: IncomingMessage, res: ServerResponse) => boolean {
  function findHindrance(): string | undefined {
    if (isStopping()) return "stopping";
    return isUpstreamDead() ? "upstream unreachable" : undefined;
  }

  return (req, res) => {
    const path = readPath(req);
    if (path !== "/healthz" && path !== "/readyz") return false;
    if (req.method !== "GET" && req.method !== "HEAD") {
      refuse(req, res, requestError("BAD_REQUEST", 405, `${path} is served by GET and HEAD.`, { allow: "GET, HEAD" }));
      return true;
    }
    const hindrance = path === "/readyz" ? findHindrance() : undefined;
    const body = Buffer.from(JSON.stringify({ status: hindrance ?? "ok" }));
    res.writeHead(hindrance ? 503 : 200, {
      "content-type": "application/json; charset=utf-8",
      "content-length": body.length,
    });
    // Node sends no body to HEAD.
    res.end(body);
    return true;
  };
}
