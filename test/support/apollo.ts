// Apollo Client 4 with a link for each transport; queries and mutations go over HTTP.
import {
  ApolloClient,
  ApolloLink,
  CombinedGraphQLErrors,
  gql,
  HttpLink,
  InMemoryCache,
  Observable,
} from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode, print } from "graphql";
import { createClient as createSseClient, type Client as SseClient } from "graphql-sse";
import { createClient as createWsClient } from "graphql-ws";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { Sink, Subscribe } from "./clients.ts";

// Its WebSocket link asks whether an error is the browser's own; Node 20 has none.
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;

/** graphql-sse as a link: https://the-guild.dev/graphql/sse/recipes#client-usage-with-apollo */
class SseLink extends ApolloLink {
  readonly #client: SseClient;

  constructor(client: SseClient) {
    super();
    this.#client = client;
  }

  override request({ query, variables }: ApolloLink.Operation): Observable<ApolloLink.Result> {
    return new Observable((sink) =>
      this.#client.subscribe(
        { query: print(query), variables },
        {
          next: (result) => sink.next(result as ApolloLink.Result),
          complete: () => sink.complete(),
          error: (error) => sink.error(error),
        },
      ),
    );
  }
}

function createStreamLink(transport: "SSE" | "WebSocket", url: string): ApolloLink {
  const client =
    transport === "SSE"
      ? createSseClient({ url, retryAttempts: 0 })
      : createWsClient({ url: url.replace("http", "ws"), webSocketImpl: WebSocket, retryAttempts: 0 });
  onTestFinished(() => client.dispose());
  return "on" in client ? new GraphQLWsLink(client) : new SseLink(client);
}

/** A client of the server at `url`; it ends with the test. */
function createApollo(url: string, streamLink?: ApolloLink): ApolloClient {
  const httpLink = new HttpLink({ uri: url });
  const isStream = ({ operationType }: ApolloLink.Operation) => operationType === OperationTypeNode.SUBSCRIPTION;
  const link = streamLink ? ApolloLink.split(isStream, streamLink, httpLink) : httpLink;
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  onTestFinished(() => client.stop());
  return client;
}

/** A client whose subscriptions come over this transport; it ends with the test. */
export function createStreamingApollo(transport: "SSE" | "WebSocket", url: string): ApolloClient {
  return createApollo(url, createStreamLink(transport, url));
}

/** Runs subscriptions over either transport. */
export function subscribeByApollo(transport: "SSE" | "WebSocket", url: string): Subscribe {
  const client = createStreamingApollo(transport, url);
  return (query, sink: Sink) => {
    const subscription = client.subscribe({ query: gql(query), fetchPolicy: "no-cache" }).subscribe({
      next({ data, error }) {
        if (!error) sink.next({ data });
        else if (CombinedGraphQLErrors.is(error)) sink.next({ errors: error.errors });
        else sink.error(error);
      },
      complete: () => sink.complete(),
      error: (error) => sink.error(error),
    });
    return () => subscription.unsubscribe();
  };
}

/** Runs a query or mutation over HTTP and resolves with its data; rejects where it failed. */
export async function requestByApollo(url: string, query: string): Promise<unknown> {
  const client = createApollo(url);
  const { data } = query.startsWith("mutation")
    ? await client.mutate({ mutation: gql(query) })
    : await client.query({ query: gql(query) });
  return data;
}
