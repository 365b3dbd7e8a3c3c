// urql with subscriptions over SSE.
import { createClient as createSseClient } from "graphql-sse";
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from "urql";

// A repeated subscription is a new call, and paid for again. So the client may not repeat one by itself.
const sse = createSseClient({ url: "/graphql", retryAttempts: 0 });

export const client = new Client({
  url: "/graphql",
  preferGetMethod: false,
  exchanges: [
    cacheExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query = "", variables }) => ({
        subscribe: (sink) => ({ unsubscribe: sse.subscribe({ query, variables }, sink) }),
      }),
    }),
  ],
});
