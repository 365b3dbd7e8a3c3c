// Health checks for orchestrators and load balancers: whether the process is alive and ready for requests. Answers from
// memory, without a key, and shows only the state itself.
import type { IncomingMessage, ServerResponse } from "node:http";
import { requestError } from "../errors/codes.ts";
import { refuse, sendAnswer } from "../http/answer.ts";
import { readPath } from "../http/request-target.ts";

/** What the answers depend on. */
export interface HealthOptions {
  /** Whether the server is about to stop, or stopping. */
  isStopping(): boolean;
  /** Whether the upstream is known to be unreachable, and the server is not ready then. */
  isUpstreamDead(): boolean;
}

/** What probes send: HAProxy's default is OPTIONS, which is answered like the others. */
const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
/** Before the path of a target in the absolute form, which some balancers send. */
const AUTHORITY = /^https?:\/\/[^/?#]*(?=\/)/i;

/**
 * Yields a function that answers GET, HEAD and OPTIONS in JSON: `/healthz` with 200, always, and `/readyz` with 200 or 503.
 * Other methods get 405. It does not look at the Host: probes send what they like, or none. It returns whether it answered. Set the
 * headers of every answer before.
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
    const path = readPath(req).replace(AUTHORITY, "");
    if (path !== "/healthz" && path !== "/readyz") return false;
    if (!METHODS.has(req.method ?? "")) {
      refuse(req, res, requestError("BAD_REQUEST", 405, `${path} is served by GET and HEAD.`, { allow: "GET, HEAD" }));
      return true;
    }
    const hindrance = path === "/readyz" ? findHindrance() : undefined;
    sendAnswer(req, res, {
      status: hindrance ? 503 : 200,
      headers: { "content-type": "application/json; charset=utf-8" },
      body: JSON.stringify({ status: hindrance ?? "ok" }),
    });
    return true;
  };
}
