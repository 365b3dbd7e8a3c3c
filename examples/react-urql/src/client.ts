// urql with subscriptions over SSE.
import { createClient as createSseClient } from "graphql-sse";
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from "urql";

// A repeated subscription is a new call, and paid for again. So the client may not repeat one by itself.
const sse = createSseClient({ url: "/graphql", retryAttempts: 0, fetchFn });

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

/** A refusal, such as 401, becomes the stream's only result. graphql-sse itself would drop the errors in it. */
async function fetchFn(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  if (response.ok) return response;
  const result = JSON.stringify(await response.json());
  return new Response(`event: next\ndata: ${result}\n\nevent: complete\n\n`, {
    headers: { "content-type": "text/event-stream" },
  });
}
