// Relay's environment: subscriptions over SSE, everything else over HTTP.
import { createClient } from "graphql-sse";
import { Environment, type GraphQLResponse, Network, Observable, RecordSource, Store } from "relay-runtime";

// A repeated subscription is a new call, and paid for again. So the client may not repeat one by itself.
const sse = createClient({ url: "/graphql", retryAttempts: 0, fetchFn });

const network = Network.create(
  async ({ text: query }, variables) => {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    const result = await response.json();
    // Relay itself fails only if there is no data at all, not if a field is null because of an error.
    if (result.errors) throw Object.assign(new Error(result.errors[0].message), { source: result });
    return result;
  },
  ({ text }, variables) =>
    Observable.create<GraphQLResponse>((sink) =>
      sse.subscribe(
        { query: text ?? "", variables },
        { ...sink, next: (result) => sink.next(result as GraphQLResponse) },
      ),
    ),
);

export const environment = new Environment({
  network,
  store: new Store(new RecordSource()),
  // A chunk has the id of the answer that it is a piece of; Relay would take both for one record. Segments of all
  // transcriptions are numbered from 0: their id is no key.
  getDataID: ({ id }, type) => (id && type !== "TranscriptionSegment" ? `${type}:${id}` : undefined),
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
