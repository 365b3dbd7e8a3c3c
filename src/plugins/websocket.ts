// GraphQL over WebSocket by graphql-ws, on the endpoint's own path: the same schema, plugins and errors as over HTTP.
// https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  getOperationAST,
} from "graphql";
import { type Context as Connection, handleProtocols, makeServer } from "graphql-ws";
import type { PromiseOrValue, YogaServerInstance } from "graphql-yoga";
import { type WebSocket, WebSocketServer } from "ws";
import { createCancellable } from "../openai/cancellable.ts";
import type { ServerContext } from "../schema/builder.ts";
import { codedError } from "../schema/errors.ts";
import type { Departures } from "./departure.ts";
import type { NodeContext } from "./request-params.ts";
import { type ConnectionExtra, serveConnection } from "./websocket-connection.ts";
import { watchWriteStall } from "./write-stall.ts";

export interface WebSocketOptions {
  departures: Departures;
  maskError(error: unknown): GraphQLError;
  /** Largest message of a client's, in bytes. */
  maxBodyBytes: number;
  /** See watchWriteStall. */
  stallMs: number;
}

export interface WebSocketEndpoint {
  /** Takes an HTTP upgrade over; for the server's `upgrade` event, once the path is known to be the endpoint's. */
  handleUpgrade(req: IncomingMessage, socket: Socket, head: Buffer): void;
  /** Refuses operations with SHUTTING_DOWN from now on; those under way go on. */
  drain(): void;
  /** Closes the connections that have no operation under way. */
  closeIdle(): void;
  /** Cuts every connection off. */
  close(): Promise<void>;
}

/** Going away: https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const GOING_AWAY = 1001;

type Params = Record<string, unknown>;

/** What an operation needs beside its arguments; graphql-ws passes it along as the root value. */
interface Operation {
  socket: Socket;
  execute(args: ExecutionArgs): PromiseOrValue<ExecutionResult | AsyncIterable<ExecutionResult>>;
}

/** Serves every operation of the schema, subscription or not; opens no port. */
export function createWebSocketEndpoint(
  yoga: Pick<YogaServerInstance<NodeContext, ServerContext>, "getEnveloped">,
  { departures, maskError, maxBodyBytes, stallMs }: WebSocketOptions,
): WebSocketEndpoint {
  const server = new WebSocketServer({ noServer: true, maxPayload: maxBodyBytes, handleProtocols });
  const connections = new WeakMap<WebSocket, Connection<Params, ConnectionExtra>>();
  let draining = false;

  /** Results that can be left: a client's `complete` ends the upstream call, of a mutation too. */
  function run(args: ExecutionArgs): AsyncIterableIterator<ExecutionResult> {
    const { socket, execute } = args.rootValue as Operation;
    const departure = departures.watch(socket);
    async function* generate(signal: AbortSignal): AsyncGenerator<ExecutionResult> {
      const contextValue = Object.assign(args.contextValue as object, { signal });
      const result = await execute({ ...args, contextValue, rootValue: undefined });
      if (Symbol.asyncIterator in result) yield* result;
      else yield result;
    }
    return createCancellable(departure.signal, generate, departure.release);
  }

  const graphqlWs = makeServer<Params, ConnectionExtra>({
    execute: run,
    subscribe: run,
    onConnect: (connection) => void connections.set(connection.extra.client, connection),
    async onSubscribe({ extra: { socket } }, _id, params): Promise<ExecutionArgs | GraphQLError[]> {
      if (draining) return [codedError("SHUTTING_DOWN", "The server is stopping.")];
      try {
        const enveloped = yoga.getEnveloped({ params });
        const document: DocumentNode = readDocument(enveloped.parse, params.query);
        const errors: readonly GraphQLError[] = enveloped.validate(enveloped.schema, document);
        if (errors.length > 0) return errors.map(maskError);
        const operation = getOperationAST(document, params.operationName)?.operation;
        if (!operation) return [codedError("BAD_REQUEST", "Could not determine what operation to execute.")];
        const execute = operation === "subscription" ? enveloped.subscribe : enveloped.execute;
        return {
          schema: enveloped.schema,
          document,
          operationName: params.operationName,
          variableValues: params.variables,
          contextValue: await enveloped.contextFactory(),
          rootValue: { socket, execute } satisfies Operation,
        };
      } catch (error) {
        return [maskError(error)];
      }
    },
    onNext: (_connection, _id, _payload, _args, { data, errors }) => ({
      ...(data !== undefined && { data }),
      ...(errors && { errors: errors.map(withoutHttp) }),
    }),
    onError: (_connection, _id, _payload, errors) => errors.map(withoutHttp),
  });

  return {
    handleUpgrade(req, socket, head) {
      server.handleUpgrade(req, socket, head, (client) => {
        watchWriteStall(socket, stallMs);
        serveConnection(graphqlWs, { client, socket }, maskError);
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

/** The document; throws what is wrong with its syntax, under the code that Yoga gives it over HTTP. */
function readDocument(parse: (query: string) => DocumentNode, query: string): DocumentNode {
  try {
    return parse(query);
  } catch (error) {
    if (error instanceof GraphQLError) error.extensions.code ??= "GRAPHQL_PARSE_FAILED";
    throw error;
  }
}

/** The error as JSON; what it says of an HTTP status is not for this transport. */
function withoutHttp(error: GraphQLError): GraphQLFormattedError {
  const { extensions: { http: _, ...extensions } = {}, ...formatted } = error.toJSON();
  return { ...formatted, extensions };
}
