// Apollo Client with three links: subscriptions over SSE or WebSocket, everything else over HTTP, files included.
import { ApolloClient, ApolloLink, InMemoryCache, Observable } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import UploadHttpLink from "apollo-upload-client/UploadHttpLink.mjs";
import { print } from "graphql";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWsClient } from "graphql-ws";

export type Transport = "sse" | "ws";

// A repeated subscription is a new call, and paid for again. So neither client may repeat one by itself.
const sse = createSseClient({ url: "/graphql", retryAttempts: 0, fetchFn });
const ws = createWsClient({ url: `${location.origin.replace(/^http/, "ws")}/graphql`, retryAttempts: 0 });

const sseLink = new ApolloLink(
  ({ query, variables, operationName }) =>
    new Observable((sink) => sse.subscribe({ query: print(query), variables, operationName }, sink)),
);
const httpLink = new UploadHttpLink({ uri: "/graphql", headers: { "graphql-require-preflight": "1" } });

export const client = new ApolloClient({
  // Segments of all transcriptions are numbered from 0: their id is no key.
  cache: new InMemoryCache({ typePolicies: { TranscriptionSegment: { keyFields: false } } }),
  link: ApolloLink.split(
    ({ operationType }) => operationType === "subscription",
    ApolloLink.split((operation) => operation.getContext().transport === "ws", new GraphQLWsLink(ws), sseLink),
    httpLink,
  ),
});

/** A refusal, such as 401, becomes the stream's only result. graphql-sse itself would drop the errors in it. */
async function fetchFn(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  if (response.ok) return response;
  const result = JSON.stringify(await response.json());
  return new Response(`event: next\ndata: ${result}\n\nevent: complete\n\n`, {
    headers: { "content-type": "text/event-stream" },
  });
}
