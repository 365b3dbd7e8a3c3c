// How a program tells a stream that has failed or was cut from a complete one, with each client and by its own means.
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
import { subscriptionExchange, Client as UrqlClient } from "@urql/core";
import { print } from "graphql";
import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWsClient } from "graphql-ws";
import relay, { type ConcreteRequest } from "relay-runtime";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { type Between, startCutter, startEnder } from "../support/cutter.ts";
import { chunk, done, event, startStreaming, streams, streamsThen } from "../support/stream.ts";
import type { Answer } from "../support/upstream.ts";

// Apollo's WebSocket link asks whether an error is the browser's own; Node 20 has none.
globalThis.WebSocket ??= WebSocket as unknown as typeof globalThis.WebSocket;

const INPUT = { model: "m", messages: [{ role: "USER", content: "hi" }] };
const QUERY = 'subscription Chat { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { text } }';

// biome-ignore lint/suspicious/noExplicitAny: clients hand out errors of any shape
type Any = any;
/** Notes what the program is told. */
type Note = (what: string) => void;

const textOf = (data: Any) => `text ${data?.chat.text}`;
const codeOf = (errors: Any) => `errors ${errors[0].extensions.code}`;
/** An Error by its name; a CloseEvent, which is none, by its code. */
const nameOf = (error: Any) => `${error.constructor.name} ${error.code ?? ""}`.trim();

const sse = (url: string) => createSseClient({ url, retryAttempts: 0 });
function ws(url: string) {
  const client = createWsClient({ url: url.replace("http", "ws"), webSocketImpl: WebSocket, retryAttempts: 0 });
  onTestFinished(() => client.dispose());
  return client;
}

const sinkOf = (note: Note) => ({
  next: ({ data, errors }: Any) => note(errors ? codeOf(errors) : textOf(data)),
  complete: () => note("complete"),
  error: (error: Any) => note(`error() ${Array.isArray(error) ? codeOf(error) : nameOf(error)}`),
});

function runApollo(link: ApolloLink, note: Note): void {
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  onTestFinished(() => client.stop());
  client.subscribe<Any>({ query: gql(QUERY) }).subscribe({
    next({ data, error }) {
      if (!error) note(textOf(data));
      else note(`result.error ${CombinedGraphQLErrors.is(error) ? codeOf(error.errors) : nameOf(error)}`);
    },
    complete: () => note("complete"),
    error: (error) => note(`error() ${nameOf(error)}`),
  });
}

function runUrql(subscribe: (query: string, sink: Any) => () => void, note: Note): void {
  const exchange = subscriptionExchange({
    forwardSubscription: ({ query = "" }) => ({ subscribe: (sink) => ({ unsubscribe: subscribe(query, sink) }) }),
  });
  const client = new UrqlClient({ url: "http://127.0.0.1", preferGetMethod: false, exchanges: [exchange] });
  client.subscription<Any>(QUERY, {}).subscribe(({ data, error, hasNext }) => {
    const what = error?.networkError
      ? `networkError ${nameOf(error.networkError)}`
      : error
        ? codeOf(error.graphQLErrors)
        : textOf(data);
    note(hasNext ? what : `${what}, hasNext: false`);
  });
}

/** What Relay's compiler makes of the subscription. */
function compiled(): ConcreteRequest {
  const text = { alias: null, args: null, kind: "ScalarField", name: "text", storageKey: null } as const;
  const selections = [
    {
      alias: null,
      args: [{ kind: "Literal", name: "input", value: INPUT }],
      concreteType: "ChatCompletionChunk",
      kind: "LinkedField",
      name: "chat",
      plural: false,
      selections: [text],
      storageKey: null,
    },
  ] as const;
  return {
    fragment: {
      argumentDefinitions: [],
      kind: "Fragment",
      metadata: null,
      name: "Chat",
      selections,
      type: "Subscription",
    },
    kind: "Request",
    operation: { argumentDefinitions: [], kind: "Operation", name: "Chat", selections },
    params: { cacheID: "chat", id: null, metadata: {}, name: "Chat", operationKind: "subscription", text: QUERY },
  } as unknown as ConcreteRequest;
}

function runRelay(subscribe: (query: string, sink: Any) => () => void, note: Note): void {
  const network = relay.Network.create(
    () => Promise.reject(new Error("Only subscriptions.")),
    ({ text }) => relay.Observable.create((sink) => subscribe(text ?? "", sink)),
  );
  const environment = new relay.Environment({ network, store: new relay.Store(new relay.RecordSource()) });
  const { dispose } = relay.requestSubscription<Any>(environment, {
    subscription: compiled(),
    variables: {},
    onNext: (data) => note(textOf(data)),
    onError: (error: Any) => note(`onError ${error.source ? codeOf(error.source.errors) : nameOf(error)}`),
    onCompleted: () => note("onCompleted"),
  });
  onTestFinished(dispose);
}

/** The events of a stream, as a program without any client reads them. */
async function runFetch(url: string, note: Note): Promise<void> {
  const headers = { "content-type": "application/json", accept: "text/event-stream" };
  const { body } = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query: QUERY }) });
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { value, done: isOver } = (await reader?.read()) ?? { done: true };
      if (isOver) return note("the body ends");
      const parts = (text + value).split("\n\n");
      text = parts.pop() ?? "";
      for (const part of parts) {
        const [, json] = /^data: (.*)$/m.exec(part) ?? [];
        if (part.includes("event: complete")) note("event: complete");
        else if (json) sinkOf(note).next(JSON.parse(json));
      }
    }
  } catch (error) {
    note(`read() throws ${nameOf(error)}`);
  }
}

const subscribeSse = (url: string) => (query: string, sink: Any) => sse(url).subscribe({ query }, sink);
const subscribeWs = (url: string) => (query: string, sink: Any) => ws(url).subscribe({ query }, sink);
const sseLink = (url: string) =>
  new ApolloLink(
    ({ query, variables }) =>
      new Observable((sink) => sse(url).subscribe({ query: print(query), variables }, sink as Any)),
  );

/** What a program is told at the end of a stream that is complete, failed with a code, or was cut with the connection. */
interface Client {
  run(url: string, note: Note): unknown;
  complete: string[];
  failed(code: string): string[];
  cut: string[];
  /** Of an answer that something in between ends as if it were whole. WebSocket has no such end. */
  ended?: string[];
}

const CLOSED = "CloseEvent 1006";
const clients: Record<string, Client> = {
  "graphql-sse": {
    run: (url, note) => sse(url).subscribe({ query: QUERY }, sinkOf(note)),
    complete: ["complete"],
    failed: (code) => [`errors ${code}`, "complete"],
    cut: ["error() NetworkError"],
    ended: ["error() NetworkError"],
  },
  "graphql-ws": {
    run: (url, note) => ws(url).subscribe({ query: QUERY }, sinkOf(note)),
    complete: ["complete"],
    failed: (code) => [`errors ${code}`, "complete"],
    cut: [`error() ${CLOSED}`],
  },
  "Apollo Client over SSE": {
    run: (url, note) => runApollo(sseLink(url), note),
    complete: ["complete"],
    failed: (code) => [`result.error errors ${code}`, "complete"],
    cut: ["result.error NetworkError", "complete"],
    ended: ["result.error NetworkError", "complete"],
  },
  "Apollo Client over WebSocket": {
    run: (url, note) => runApollo(new GraphQLWsLink(ws(url)), note),
    complete: ["complete"],
    failed: (code) => [`result.error errors ${code}`, "complete"],
    cut: ["result.error Error", "complete"],
  },
  "urql over SSE": {
    run: (url, note) => runUrql(subscribeSse(url), note),
    complete: ["text lo, hasNext: false"],
    failed: (code) => [`errors ${code}`, `errors ${code}, hasNext: false`],
    cut: ["networkError NetworkError, hasNext: false"],
    ended: ["networkError NetworkError, hasNext: false"],
  },
  "urql over WebSocket": {
    run: (url, note) => runUrql(subscribeWs(url), note),
    complete: ["text lo, hasNext: false"],
    failed: (code) => [`errors ${code}`, `errors ${code}, hasNext: false`],
    cut: [`networkError ${CLOSED}, hasNext: false`],
  },
  "Relay over SSE": {
    run: (url, note) => runRelay(subscribeSse(url), note),
    complete: ["onCompleted"],
    failed: (code) => [`onError errors ${code}`],
    cut: ["onError NetworkError"],
    ended: ["onError NetworkError"],
  },
  "Relay over WebSocket": {
    run: (url, note) => runRelay(subscribeWs(url), note),
    complete: ["onCompleted"],
    failed: (code) => [`onError errors ${code}`],
    cut: [`onError ${CLOSED}`],
  },
  fetch: {
    run: runFetch,
    complete: ["event: complete", "the body ends"],
    failed: (code) => [`errors ${code}`, "event: complete", "the body ends"],
    cut: ["read() throws TypeError"],
    ended: ["the body ends"],
  },
};

const hel = event(chunk("Hel"));
const open = streamsThen(hel, () => {});

describe.each(Object.entries(clients))("%s tells", (_, { run, complete, failed, cut, ended }) => {
  /** Runs the stream; yields what the program has been told once it has been told `expected`, and what comes within a moment. */
  async function listen(answer: Answer, expected: string[], start?: (url: string) => Promise<Between>) {
    const { upstream, server } = await startStreaming(answer);
    const between = await start?.(server.url);
    const told: string[] = [];
    run(between?.url ?? server.url, (what) => told.push(what));
    if (between) {
      await expect.poll(() => told).toEqual(["text Hel"]);
      between.breakOff();
    }
    await expect.poll(() => told, { timeout: 5_000 }).toEqual(expected);
    if (between) await upstream.requests[0]?.closed;
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(told).toEqual(expected);
    // Nothing asks again: that would be paid for again.
    expect(upstream.requests).toHaveLength(1);
    expect(server.faults).toEqual([]);
  }

  test("a complete stream by its end", () =>
    listen(streams(hel + event(chunk("lo", "stop")) + done), ["text Hel", "text lo", ...complete]));

  test("an error of the upstream in the middle by its code", () => {
    const failure = event({ error: { message: "The server had an error.", type: "server_error" } });
    return listen(streams(hel + failure), ["text Hel", ...failed("UPSTREAM_ERROR")]);
  });

  test("an upstream that breaks off by a code", () =>
    listen(
      streamsThen(hel, (__, socket) => socket.destroy()),
      ["text Hel", ...failed("UPSTREAM_INTERRUPTED")],
    ));

  test("an upstream that ends without the end of its answer by a code", () =>
    listen(streams(hel), ["text Hel", ...failed("UPSTREAM_INTERRUPTED")]));

  test("a connection that is cut by its own error", () => listen(open, ["text Hel", ...cut], startCutter));

  // A WebSocket cannot be ended like that.
  if (ended)
    test("an answer that a proxy ends too early by its own error", () =>
      listen(open, ["text Hel", ...ended], startEnder));
});

test("Apollo's own HttpLink is refused before the call, with 406", async () => {
  const { upstream, server } = await startStreaming(streams(hel));
  const told: string[] = [];
  runApollo(new HttpLink({ uri: server.url }), (what) => told.push(what));
  await expect.poll(() => told).toContain("complete");
  expect(told).toEqual(["result.error errors BAD_REQUEST", "complete"]);
  expect(upstream.requests).toEqual([]);
});
