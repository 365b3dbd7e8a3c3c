// GraphQL over WebSocket by graphql-ws, on the endpoint's own path: the same schema, plugins and errors as over HTTP.
// https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { ExecutionArgs, ExecutionResult, GraphQLError, GraphQLFormattedError } from "graphql";
import { type Context as Connection, handleProtocols, makeServer } from "graphql-ws";
import type { YogaServerInstance } from "graphql-yoga";
import { type WebSocket, WebSocketServer } from "ws";
import type { Authenticator } from "../guard/authenticate.ts";
import type { Caller } from "../guard/caller.ts";
import type { CallerContext } from "../guard/caller-context.ts";
import type { ResolveDocument } from "../guard/trusted-documents.ts";
import { CallerGone, createCancellable } from "../openai/cancellable.ts";
import type { ServerContext } from "../schema/builder.ts";
import { codedError } from "../schema/errors.ts";
import type { BeginOperation } from "../telemetry/operations.ts";
import { requestIdOf } from "../telemetry/request-id.ts";
import type { Departures } from "./departure.ts";
import { readResults } from "./operation-record.ts";
import type { NodeContext } from "./request-params.ts";
import { createConnectionCaller } from "./websocket-caller.ts";
import { type ConnectionExtra, serveConnection } from "./websocket-connection.ts";
import { type Operation, prepareOperation } from "./websocket-operation.ts";
import { watchWriteStall } from "./write-stall.ts";

export interface WebSocketOptions {
  authenticator: Authenticator;
  contextOf(caller: Caller): CallerContext;
  departures: Departures;
  beginOperation: BeginOperation;
  maskError(error: unknown): GraphQLError;
  resolveDocument: ResolveDocument;
  /** Largest message of a client's, in bytes. */
  maxBodyBytes: number;
  /** See watchWriteStall. */
  stallMs: number;
}

export interface WebSocketEndpoint {
  /** Takes an HTTP upgrade over that createHandshake has accepted; `token` is the key in its headers. */
  handleUpgrade(req: IncomingMessage, socket: Socket, head: Buffer, token: string | undefined): void;
  /** Refuses operations with SHUTTING_DOWN from now on; those under way go on. */
  drain(): void;
  /** Closes the connections that have no operation under way. */
  closeIdle(): void;
  /** Cuts every connection off. */
  close(): Promise<void>;
}

/** https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number */
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;

type Params = Record<string, unknown>;

/** Serves every operation of the schema, subscription or not; opens no port. */
export function createWebSocketEndpoint(
  yoga: Pick<YogaServerInstance<NodeContext, ServerContext>, "getEnveloped">,
  {
    authenticator,
    contextOf,
    departures,
    beginOperation,
    maskError,
    resolveDocument,
    maxBodyBytes,
    stallMs,
  }: WebSocketOptions,
): WebSocketEndpoint {
  const server = new WebSocketServer({ noServer: true, maxPayload: maxBodyBytes, handleProtocols });
  const connections = new WeakMap<WebSocket, Connection<Params, ConnectionExtra>>();
  let draining = false;
  server.on("headers", (headers, req) => headers.push(`x-request-id: ${requestIdOf(req)}`));

  /** Results that can be left: a client's `complete` ends the upstream call, of a mutation too. */
  function run(args: ExecutionArgs): AsyncIterableIterator<ExecutionResult> {
    const { socket, execute, record } = args.rootValue as Operation;
    const departure = departures.watch(socket);
    let isComplete = false;
    const end = () => {
      departure.release();
      record?.end(!isComplete || departure.signal.reason instanceof CallerGone);
    };
    async function* generate(signal: AbortSignal): AsyncGenerator<ExecutionResult> {
      const contextValue = Object.assign(args.contextValue as object, { signal });
      const result = await execute({ ...args, contextValue, rootValue: undefined });
      if (Symbol.asyncIterator in result) yield* record ? readResults(result, record) : result;
      else {
        record?.readResult(result);
        yield result;
      }
      isComplete = true;
    }
    return createCancellable(departure.signal, generate, end);
  }

  const graphqlWs = makeServer<Params, ConnectionExtra>({
    execute: run,
    subscribe: run,
    async onConnect(connection) {
      const { client, caller } = connection.extra;
      connections.set(client, connection);
      try {
        await caller.init(connection.connectionParams);
      } catch (error) {
        if (maskError(error).extensions.code === "UNAUTHENTICATED") return false;
        client.close(TRY_AGAIN_LATER, "Try again later");
      }
      return undefined;
    },
    async onSubscribe({ extra }, _id, payload): Promise<ExecutionArgs | GraphQLError[]> {
      const operation = extra.beginOperation();
      const refuse = (errors: readonly unknown[]) => {
        const masked = errors.map(maskError);
        operation?.readResult({ errors: masked });
        operation?.end(false);
        return masked;
      };
      if (draining) return refuse([codedError("SHUTTING_DOWN", "The server is stopping.")]);
      try {
        operation?.nameAs(payload.operationName);
        const params = resolveDocument(payload);
        const context = contextOf(await extra.caller.identify());
        if (operation) operation.caller = context;
        const enveloped = yoga.getEnveloped({ params, ...context, operation });
        const prepared = await prepareOperation(enveloped, params, { socket: extra.socket, record: operation });
        return Array.isArray(prepared) ? refuse(prepared) : prepared;
      } catch (error) {
        return refuse([error]);
      }
    },
    onNext: (_connection, _id, _payload, _args, { data, errors }) => ({
      ...(data !== undefined && { data }),
      ...(errors && { errors: errors.map(withoutHttp) }),
    }),
    onError: (_connection, _id, _payload, errors) => errors.map(withoutHttp),
  });

  return {
    handleUpgrade(req, socket, head, token) {
      server.handleUpgrade(req, socket, head, (client) => {
        watchWriteStall(socket, stallMs);
        const caller = createConnectionCaller(authenticator, token);
        let operations = 0;
        const begin = () => beginOperation(req, "websocket", `${requestIdOf(req)}:${++operations}`);
        serveConnection(graphqlWs, { client, socket, caller, beginOperation: begin }, maskError);
      });
    },
    drain() {
      draining = true;
    },
    closeIdle() {
      for (const client of server.clients) {
        const operations = Object.keys(connections.get(client)?.subscriptions ?? {});
        if (operations.length === 0) client.close(GOING_AWAY, "The server is stopping.");
      }
    },
    async close() {
      for (const client of server.clients) client.terminate();
    },
  };
}

/** The error as JSON; what it says of an HTTP status is not for this transport. */
function withoutHttp(error: GraphQLError): GraphQLFormattedError {
  const { extensions: { http: _, ...extensions } = {}, ...formatted } = error.toJSON();
  return { ...formatted, extensions };
}
