// The GraphQL clients that people use, each over both transports, behind one shape.
import { fetchExchange, type OperationResult, subscriptionExchange, Client as UrqlClient } from "@urql/core";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWsClient } from "graphql-ws";
import relay, { type GraphQLResponse } from "relay-runtime";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { requestByApollo, subscribeByApollo } from "./apollo.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into results of any shape
type Any = any;

export interface Sink {
  /** A result as the protocol has it, whatever the client makes of it. */
  next(result: Any): void;
  complete(): void;
  /** The connection failed. */
  error(error: unknown): void;
}

/** Runs an operation; what it returns leaves it. */
export type Subscribe = (query: string, sink: Sink) => () => void;

/** Runs operations by graphql-sse's client, as everything below does over SSE. Closes with the test. */
function subscribeBySse(url: string): Subscribe {
  const client = createSseClient({ url, retryAttempts: 0 });
  onTestFinished(() => client.dispose());
  return (query, sink) => client.subscribe<Any>({ query }, { ...sink, next: (result) => sink.next(result) });
}

/** Runs operations by graphql-ws's client, as everything below does over WebSocket. Closes with the test. */
function subscribeByWs(url: string): Subscribe {
  const client = createWsClient({ url: url.replace("http", "ws"), webSocketImpl: WebSocket, retryAttempts: 0 });
  onTestFinished(() => client.dispose());
  return (query, sink) =>
    client.subscribe<Any>(
      { query },
      {
        next: (result) => sink.next(result),
        complete: () => sink.complete(),
        // Over this protocol what is wrong with the document is no result.
        error(errors) {
          if (!Array.isArray(errors)) return sink.error(errors);
          sink.next({ errors });
          sink.complete();
        },
      },
    );
}

function createUrql(url: string, subscribe?: Subscribe): UrqlClient {
  const stream = subscriptionExchange({
    forwardSubscription: ({ query = "" }) => ({
      subscribe: (sink) => ({ unsubscribe: subscribe?.(query, sink) ?? (() => {}) }),
    }),
  });
  return new UrqlClient({ url, preferGetMethod: false, exchanges: [fetchExchange, stream] });
}

function subscribeByUrql(url: string, forward: Subscribe): Subscribe {
  const client = createUrql(url, forward);
  return (query, sink) => {
    const onResult = ({ data, error, hasNext }: OperationResult<Any>) => {
      if (error?.networkError) sink.error(error.networkError);
      // The end is the last result once more, and an error brings the last data with it.
      else if (!hasNext) sink.complete();
      else sink.next(error ? { errors: error.graphQLErrors } : { data });
    };
    return client.subscription(query, {}).subscribe(onResult).unsubscribe;
  };
}

function executeByRelay(url: string, query: string, subscribe?: Subscribe) {
  const network = relay.Network.create(
    async ({ text }, variables) => {
      const headers = { "content-type": "application/json", accept: "application/graphql-response+json" };
      const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query: text, variables }) });
      return response.json() as Promise<GraphQLResponse>;
    },
    ({ text }) => relay.Observable.create((sink) => subscribe?.(text ?? "", sink as Sink)),
  );
  const operationKind = query.split(" ")[0] as "query" | "mutation" | "subscription";
  const parameters = { cacheID: query, id: null, metadata: {}, name: "Operation", operationKind, text: query };
  return network.execute(parameters, {}, { force: true });
}

function subscribeByRelay(url: string, forward: Subscribe): Subscribe {
  return (query, sink) => executeByRelay(url, query, forward).subscribe(sink).unsubscribe;
}

/** By name: what connects a client to the server at a URL. */
export const clients: Record<string, (url: string) => Subscribe> = {
  "graphql-sse": subscribeBySse,
  "graphql-ws": subscribeByWs,
  "Apollo Client over SSE": (url) => subscribeByApollo("SSE", url),
  "Apollo Client over WebSocket": (url) => subscribeByApollo("WebSocket", url),
  "urql over SSE": (url) => subscribeByUrql(url, subscribeBySse(url)),
  "urql over WebSocket": (url) => subscribeByUrql(url, subscribeByWs(url)),
  "Relay over SSE": (url) => subscribeByRelay(url, subscribeBySse(url)),
  "Relay over WebSocket": (url) => subscribeByRelay(url, subscribeByWs(url)),
};

/** By name: what runs a query or mutation over plain HTTP and resolves with its data; rejects where it failed. */
export const httpClients: Record<string, (url: string, query: string) => Promise<Any>> = {
  "Apollo Client": requestByApollo,
  async urql(url, query) {
    const client = createUrql(url);
    const result = await (query.startsWith("mutation") ? client.mutation(query, {}) : client.query(query, {}));
    if (result.error) throw result.error;
    return result.data;
  },
  async Relay(url, query) {
    const { data, errors } = (await executeByRelay(url, query).toPromise()) as Any;
    if (errors) throw Object.assign(new Error("The operation failed."), { graphQLErrors: errors });
    return data;
  },
};
