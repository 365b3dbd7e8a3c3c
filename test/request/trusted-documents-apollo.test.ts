// Apollo Client's persisted-queries link against manifests, in both modes: what it sends, and what its user gets.
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { createPersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { print } from "graphql";
import { createClient } from "graphql-ws";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { models } from "../support/answers.ts";
import { apolloManifest, sha256, writeManifest } from "../support/manifest.ts";
import { startTestServer } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;

// With __typename, which Apollo Client adds to what it sends.
const trusted = gql("query List { models { id __typename } }");
const other = gql("query Other { models { created __typename } }");
const manifest = apolloManifest({ [sha256(print(trusted))]: print(trusted) });

/** One request as the client sent it. */
interface Sent {
  method: string;
  hasQuery: boolean;
  hasHash: boolean;
  status: number;
}

/** The media type decides whether Apollo's link reads an answer with a status of 400 as a result or as a failure. */
const accepts = ["application/graphql-response+json", "application/json"];

async function start(environment: Record<string, string>, options: { accept?: string; useGet?: boolean } = {}) {
  const upstream = await startUpstream(json(models));
  const server = await startTestServer(upstream.url, environment);
  const sent: Sent[] = [];
  const http = new HttpLink({
    uri: server.url,
    headers: { "apollo-require-preflight": "true", ...(options.accept && { accept: options.accept }) },
    async fetch(input, init) {
      const response = await fetch(input, init);
      const body = String(input).split("?")[1] ?? String(init?.body);
      sent.push({
        method: init?.method ?? "GET",
        hasQuery: /"query":|(^|&)query=/.test(body),
        hasHash: body.includes("sha256Hash"),
        status: response.status,
      });
      return response;
    },
  });
  const link = createPersistedQueryLink({ sha256, useGETForHashedQueries: options.useGet ?? false });
  const client = new ApolloClient({ cache: new InMemoryCache(), link: ApolloLink.from([link, http]) });
  onTestFinished(() => client.stop());
  const query = async (document: typeof trusted) => {
    const { data, error } = await client.query({ query: document, fetchPolicy: "no-cache", errorPolicy: "all" });
    if (!error) return (data as { models: unknown[] }).models.length;
    // An error that is no GraphQL answer holds it as text.
    const { errors } = CombinedGraphQLErrors.is(error)
      ? error
      : JSON.parse((error as { bodyText?: string }).bodyText ?? "{}");
    return errors[0].extensions.code;
  };
  return { upstream, sent, query };
}

const file = () => ({ PERSISTED_OPERATIONS_FILE: writeManifest(manifest) });
const byHash = { method: "POST", hasQuery: false, hasHash: true };

describe.each(accepts)("a client that accepts %s", (accept) => {
  test("gets a trusted document by its hash alone, with and without ONLY", async () => {
    for (const environment of [file(), { ...file(), PERSISTED_OPERATIONS_ONLY: "true" }]) {
      const { upstream, sent, query } = await start(environment, { accept });
      expect(await query(trusted)).toBe(3);
      expect(sent).toEqual([{ ...byHash, status: 200 }]);
      expect(upstream.requests).toHaveLength(1);
    }
  });

  test("sends another document along when its hash is not known, every time", async () => {
    const { upstream, sent, query } = await start(file(), { accept });
    expect([await query(other), await query(other)]).toEqual([3, 3]);
    const once = [
      { ...byHash, status: 400 },
      { ...byHash, hasQuery: true, status: 200 },
    ];
    expect(sent).toEqual([...once, ...once]);
    expect(upstream.requests).toHaveLength(2);
  });

  test("is told with ONLY that another document is FORBIDDEN, and does not send it", async () => {
    const environment = { ...file(), PERSISTED_OPERATIONS_ONLY: "true" };
    const { upstream, sent, query } = await start(environment, { accept });
    expect(await query(other)).toBe("FORBIDDEN");
    expect(sent).toEqual([{ ...byHash, status: 403 }]);
    expect(await query(trusted)).toBe(3);
    expect(upstream.requests).toHaveLength(1);
  });

  test("stops sending hashes where there is no manifest", async () => {
    const { upstream, sent, query } = await start({}, { accept });
    expect([await query(trusted), await query(other)]).toEqual([3, 3]);
    const whole = { method: "POST", hasQuery: true, hasHash: false, status: 200 };
    expect(sent).toEqual([{ ...byHash, status: 400 }, whole, whole]);
    expect(upstream.requests).toHaveLength(2);
  });
});

test("a client that sends hashes by GET gets trusted documents so, and others by POST", async () => {
  const { upstream, sent, query } = await start(file(), { useGet: true });
  expect([await query(trusted), await query(other)]).toEqual([3, 3]);
  expect(sent.map(({ method, hasQuery, status }) => [method, hasQuery, status])).toEqual([
    ["GET", false, 200],
    ["GET", false, 400],
    ["POST", true, 200],
  ]);
  expect(upstream.requests).toHaveLength(2);
});

test("over WebSocket, where the link sends hash and document, a trusted one is served and another FORBIDDEN", async () => {
  const upstream = await startUpstream(json(models));
  const server = await startTestServer(upstream.url, { ...file(), PERSISTED_OPERATIONS_ONLY: "true" });
  const socket = createClient({ url: server.url.replace("http", "ws"), webSocketImpl: WebSocket, retryAttempts: 0 });
  onTestFinished(() => void socket.dispose());
  const link = ApolloLink.from([createPersistedQueryLink({ sha256 }), new GraphQLWsLink(socket)]);
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  onTestFinished(() => client.stop());
  const options = { fetchPolicy: "no-cache", errorPolicy: "all" } as const;
  expect((await client.query({ query: trusted, ...options })).data).toMatchObject({ models: [{}, {}, {}] });
  const { error } = await client.query({ query: other, ...options });
  expect(error).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN" } }] });
  expect(upstream.requests).toHaveLength(1);
});
