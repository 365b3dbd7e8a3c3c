// Everything that needs only a request's head, before Yoga and before any byte of the body is read.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLError } from "graphql";
import { codedError, requestError } from "../errors/codes.ts";
import type { GraphiQLPage } from "../graphiql/page.ts";
import { isBehindRefusal, refuse } from "../http/answer.ts";
import { checkHead } from "../http/request-head.ts";
import { checkTarget, readPath } from "../http/request-target.ts";
import { createCors } from "./cors.ts";
import { checkCsrf } from "./csrf.ts";

export interface EdgeOptions {
  /** The path of the GraphQL endpoint. */
  endpoint: string;
  /** The origins whose pages may call the server: see createCors. */
  origins: readonly string[] | undefined;
  /** Largest JSON body, in bytes. */
  maxBodyBytes: number;
  /** Answers health checks, whatever their Host, and returns whether it did. */
  answerHealth(req: IncomingMessage, res: ServerResponse): boolean;
  /** See createHostCheck. */
  checkHost(req: IncomingMessage): GraphQLError | undefined;
  /** Answers requests for metrics, and returns whether it did. */
  answerMetrics?: ((req: IncomingMessage, res: ServerResponse) => boolean) | undefined;
  graphiqlPage?: GraphiQLPage | undefined;
  /** Whether the server is about to stop. Answers then close their connections, so that no client reuses one. */
  isStopping(): boolean;
  /** Whether new work is refused with SHUTTING_DOWN. */
  isDraining(): boolean;
  /** Called with each fault of this server's own. */
  report(fault: unknown): void;
  /** Called with each request to the endpoint that is refused here. */
  onRefuse(req: IncomingMessage, error: GraphQLError): void;
}

/**
 * Yields a function that answers a request at once or, with its body unread, calls `next`. In both cases `res` has the
 * headers of every answer by then.
 */
export function createEdge(
  options: EdgeOptions,
): (req: IncomingMessage, res: ServerResponse, next: () => void) => void {
  const { endpoint, origins, maxBodyBytes, graphiqlPage, isStopping, isDraining, report, onRefuse } = options;
  const answerPreflight = createCors(origins);

  function findRefusal(req: IncomingMessage): GraphQLError | undefined {
    if (readPath(req) !== endpoint) return requestError("BAD_REQUEST", 404, `There is nothing here: see ${endpoint}.`);
    const refusal = checkHead(req, maxBodyBytes) ?? checkCsrf(req, origins);
    if (refusal || !isDraining()) return refusal;
    return requestError("SHUTTING_DOWN", 503, "The server is stopping.", { connection: "close" });
  }

  function pass(req: IncomingMessage, res: ServerResponse, next: () => void): void {
    const refusal = findRefusal(req);
    if (!refusal) next();
    else {
      if (readPath(req) === endpoint) onRefuse(req, refusal);
      refuse(req, res, refusal);
    }
  }

  return (req, res, next) => {
    // Read all the same, so that the client's leaving is noticed.
    if (isBehindRefusal(req)) return void req.resume();
    res.setHeader("x-content-type-options", "nosniff");
    res.setHeader("cache-control", "no-store");
    if (isStopping()) res.setHeader("connection", "close");
    const badTarget = checkTarget(req);
    if (badTarget) return refuse(req, res, badTarget);
    if (options.answerHealth(req, res)) return;
    const badHost = options.checkHost(req);
    if (badHost) return refuse(req, res, badHost);
    if (options.answerMetrics?.(req, res) || answerPreflight(req, res)) return;
    const shown = graphiqlPage?.(req, res) ?? false;
    if (shown === false) return pass(req, res, next);
    shown
      .then((isShown) => isShown || pass(req, res, next))
      .catch((fault: unknown) => {
        report(fault);
        refuse(req, res, codedError("INTERNAL_SERVER_ERROR", "Internal server error.", { http: { status: 500 } }));
      });
  };
}
