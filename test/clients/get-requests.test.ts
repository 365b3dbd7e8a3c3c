// Clients that ask by GET: what they send by themselves proves that no page of another origin made a browser send it.
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { fetchExchange, Client as UrqlClient } from "@urql/core";
import { expect, onTestFinished, test } from "vitest";
import { models } from "../support/answers.ts";
import { startServed } from "../support/served-upstream.ts";
import { hello, chat as stream, streams } from "../support/stream.ts";
import { json } from "../support/upstream.ts";

const KEY = "a-key-0123456789abcdef";
const keys = { CLIENT_KEYS: JSON.stringify([{ id: "a", key: KEY }]) };
const authorization = `Bearer ${KEY}`;
const QUERY = "query Named { models { id } }";

/** fetch, and the methods that it was called with. */
function watchFetch() {
  const methods: string[] = [];
  const watched: typeof fetch = (url, init) => {
    methods.push(init?.method ?? "GET");
    return fetch(url, init);
  };
  return { methods, watched };
}

test.each([
  ["with a key", keys, { authorization }],
  ["with its own headers alone", {}, {}],
])("Apollo Client's useGETForQueries is served %s", async (_, environment, headers) => {
  const { upstream, server } = await startServed(json(models), environment);
  const { methods, watched } = watchFetch();
  const own = { "apollographql-client-name": "web", ...headers };
  const link = new HttpLink({ uri: server.url, useGETForQueries: true, headers: own, fetch: watched });
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  onTestFinished(() => client.stop());
  const { data } = await client.query<{ models: { id: string }[] }>({ query: gql(QUERY) });
  expect(data?.models.length).toBeGreaterThan(0);
  expect(methods).toEqual(["GET"]);
  expect(upstream.requests).toHaveLength(1);
});

test("urql's preferGetMethod is served with a key, and refused without anything", async () => {
  const { upstream, server } = await startServed(json(models));
  const { methods, watched } = watchFetch();
  const ask = (headers: Record<string, string>) =>
    new UrqlClient({
      url: server.url,
      preferGetMethod: "force",
      fetch: watched,
      fetchOptions: { headers },
      exchanges: [fetchExchange],
    })
      .query(QUERY, {})
      .toPromise();
  expect((await ask({ authorization })).data.models.length).toBeGreaterThan(0);
  expect((await ask({})).error?.graphQLErrors[0]?.extensions.code).toBe("FORBIDDEN");
  expect(methods).toEqual(["GET", "GET"]);
  expect(upstream.requests).toHaveLength(1);
});

test("a gateway's subscription by GET over SSE is served with a key, and refused without one before it is paid for", async () => {
  const { upstream, server } = await startServed(streams(hello), keys);
  const url = `${server.url}?query=${encodeURIComponent(stream)}`;
  const accept = "text/event-stream";
  const answer = await fetch(url, { headers: { accept, authorization } });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  expect(await answer.text()).toContain("event: complete");
  expect((await fetch(url, { headers: { accept } })).status).toBe(403);
  expect(upstream.requests).toHaveLength(1);
});
