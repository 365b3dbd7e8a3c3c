// Everything that needs only a request's head, before Yoga and before any byte of the body is read.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GraphQLError } from "graphql";
import { codedError, requestError } from "../errors/codes.ts";
import type { GraphiQLPage } from "../graphiql/page.ts";
import { isBehindRefusal, refuse } from "../http/answer.ts";
import { checkHead } from "../http/request-head.ts";
import { checkAddress, checkFraming, readPath } from "../http/request-target.ts";
import { createCors } from "./cors.ts";
import { checkCsrf } from "./csrf.ts";
import type { OriginTest } from "./origins.ts";

export interface EdgeOptions {
  /** The path of the GraphQL endpoint. */
  endpoint: string;
  /** The origins whose pages may call the server: see createCors. */
  origins: readonly string[] | undefined;
  /** Whether an origin is one of them, or allowed all the same. */
  isListed: OriginTest;
  /** See CorsOptions. */
  credentials: boolean;
  /** Largest JSON body, in bytes. */
  maxBodyBytes: number;
  /** Answers health checks, whatever their Host, and returns whether it did. */
  answerHealth(req: IncomingMessage, res: ServerResponse): boolean;
  /** See createHostCheck. */
  checkHost(req: IncomingMessage): GraphQLError | undefined;
  /** Answers requests for metrics, and returns whether it did. */
  answerMetrics?: ((req: IncomingMessage, res: ServerResponse) => boolean) | undefined;
  graphiqlPage?: GraphiQLPage | undefined;
  /** Answers requests for pictures of the sandbox, and returns whether it did. Undefined: there is no sandbox. */
  answerPicture?: ((req: IncomingMessage, res: ServerResponse) => boolean) | undefined;
  /** Answers requests for what the server keeps, and returns whether it did. Undefined: it keeps nothing. */
  answerMedia?: ((req: IncomingMessage, res: ServerResponse) => boolean) | undefined;
  /** Whether the server is about to stop. Answers then close their connections, so that no client reuses one. */
  isStopping(): boolean;
  /** Whether new work is refused with SHUTTING_DOWN. */
  isDraining(): boolean;
  /** Called with each fault of this server's own. */
  report(fault: unknown): void;
  /** Called with each request to the endpoint that is refused here. */
  onRefuse(req: IncomingMessage, error: GraphQLError): void;
  /** Called with each request that is refused for the page that sent it. */
  onRefuseOrigin(req: IncomingMessage): void;
}

/**
 * Yields a function that answers a request at once or, with its body unread, calls `next`. In both cases `res` has the
 * headers of every answer by then.
 */
export function createEdge(
  options: EdgeOptions,
): (req: IncomingMessage, res: ServerResponse, next: () => void) => void {
  const { endpoint, origins, isListed, credentials, maxBodyBytes, graphiqlPage } = options;
  const { isStopping, isDraining, report, onRefuse, onRefuseOrigin } = options;
  const answerPreflight = createCors(origins, { isListed, credentials, onRefuse: onRefuseOrigin });

  function findRefusal(req: IncomingMessage): GraphQLError | undefined {
    if (readPath(req) !== endpoint) return requestError("BAD_REQUEST", 404, `There is nothing here: see ${endpoint}.`);
    const refusal = checkHead(req, maxBodyBytes) ?? findLostUpgrade(req);
    if (refusal) return refusal;
    const foreign = checkCsrf(req, isListed);
    if (foreign) onRefuseOrigin(req);
    if (foreign || !isDraining()) return foreign;
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
    const badFraming = checkFraming(req);
    if (badFraming) return refuse(req, res, badFraming);
    if (options.answerHealth(req, res)) return;
    const badAddress = checkAddress(req);
    if (badAddress) return refuse(req, res, badAddress);
    const badHost = options.checkHost(req);
    if (badHost) return refuse(req, res, badHost);
    if (options.answerMetrics?.(req, res) || answerPreflight(req, res)) return;
    if (options.answerPicture?.(req, res) || options.answerMedia?.(req, res)) return;
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

/** What a handshake of a WebSocket is refused with that no longer asks for one, and so comes as an ordinary request. */
function findLostUpgrade({ headers }: IncomingMessage): GraphQLError | undefined {
  if (headers["sec-websocket-key"] === undefined && !/^websocket$/i.test(headers.upgrade ?? "")) return undefined;
  const problem =
    "This is the handshake of a WebSocket without its headers Upgrade and Connection: a proxy in between must pass both on, over HTTP/1.1.";
  return requestError("BAD_REQUEST", 426, problem, { upgrade: "websocket" });
}
