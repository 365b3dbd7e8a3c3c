// GraphQL over WebSocket by graphql-ws, on the endpoint's own path: the same schema, plugins and errors as over HTTP.
// https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLFormattedError,
  getOperationAST,
} from "graphql";
import type { Context as Connection } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import type { PromiseOrValue, YogaServerInstance } from "graphql-yoga";
import { type WebSocket, WebSocketServer } from "ws";
import { createCancellable } from "../openai/cancellable.ts";
import type { ServerContext } from "../schema/builder.ts";
import { codedError } from "../schema/errors.ts";
import type { Departures } from "./departure.ts";
import type { NodeContext } from "./request-params.ts";
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
  const server = new WebSocketServer({ noServer: true, maxPayload: maxBodyBytes });
  const connections = new WeakMap<WebSocket, Connection>();
  let draining = false;

  /** Results that can be left: a client's `complete` ends the upstream call, of a mutation too. */
  function run(args: ExecutionArgs): AsyncIterableIterator<ExecutionResult> {
    const { socket, execute } = args.rootValue as Operation;
    const departure = departures.watch(socket);
    return createCancellable(departure.signal, async function* (signal) {
      try {
        const contextValue = Object.assign(args.contextValue as object, { signal });
        const result = await execute({ ...args, contextValue, rootValue: undefined });
        if (Symbol.asyncIterator in result) yield* result;
        else yield result;
      } finally {
        departure.release();
      }
    });
  }

  const graphqlWs = useServer(
    {
      execute: run,
      subscribe: run,
      onConnect: (connection) => void connections.set(connection.extra.socket, connection),
      async onSubscribe({ extra }, _id, params): Promise<ExecutionArgs | GraphQLError[]> {
        if (draining) return [codedError("SHUTTING_DOWN", "The server is stopping.")];
        try {
          const { socket } = extra.request;
          const enveloped = yoga.getEnveloped({ params });
          const document: DocumentNode = enveloped.parse(params.query);
          const errors: readonly GraphQLError[] = enveloped.validate(enveloped.schema, document);
          if (errors.length > 0) return errors.map(maskError);
          const isSubscription = getOperationAST(document, params.operationName)?.operation === "subscription";
          const execute = isSubscription ? enveloped.subscribe : enveloped.execute;
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
    },
    server,
  );

  return {
    handleUpgrade(req, socket, head) {
      server.handleUpgrade(req, socket, head, (client) => {
        watchWriteStall(socket, stallMs);
        server.emit("connection", client, req);
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
      await graphqlWs.dispose();
    },
  };
}

/** The error as JSON; what it says of an HTTP status is not for this transport. */
function withoutHttp(error: GraphQLError): GraphQLFormattedError {
  const { extensions: { http: _, ...extensions } = {}, ...formatted } = error.toJSON();
  return { ...formatted, extensions };
}
