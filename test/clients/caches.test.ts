// Normalised caches: a stream that selects soFar updates one entity, the one that the mutation's answer would be.
import { gql } from "@apollo/client";
import { subscriptionExchange, Client as UrqlClient, gql as urqlGql } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { createClient } from "graphql-sse";
import relay from "relay-runtime";
import { expect, onTestFinished, test, vi } from "vitest";
import { createStreamingApollo } from "../support/apollo.ts";
import { done, event, openStream, startStreaming, write } from "../support/stream.ts";
import { json } from "../support/upstream.ts";

// biome-ignore lint/suspicious/noExplicitAny: caches hold objects of any shape
type Any = any;

const CHAT = 'chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] })';
const ANSWER = `fragment Answer on ChatCompletion {
  __typename id text usage { totalTokens }
  choices { index finishReason message { content toolCalls { id function { name arguments } } } } }`;

const said = (delta: object, finish_reason: string | null = null, more: object = {}) => ({
  ...{ id: "c-1", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason }], ...more },
});
const call = (more: object) => ({ tool_calls: [{ index: 0, ...more }] });
const events = [
  said({ role: "assistant", content: "" }),
  said({ content: "Hel" }),
  said({ content: "lo" }),
  said(call({ id: "call_1", type: "function", function: { name: "look", arguments: "" } })),
  said(call({ function: { arguments: "{}" } })),
  said({}, "tool_calls"),
  {
    id: "c-1",
    object: "chat.completion.chunk",
    choices: [],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  },
];
const texts = ["", "Hel", "Hello", "Hello", "Hello", "Hello", "Hello"];

/** What a client has of the whole answer, without the names of its types. */
const whole = {
  id: "c-1",
  text: "Hello",
  usage: { totalTokens: 3 },
  choices: [
    {
      index: 0,
      finishReason: "TOOL_CALLS",
      message: { content: "Hello", toolCalls: [{ id: "call_1", function: { name: "look", arguments: "{}" } }] },
    },
  ],
};

/** An upstream that sends each event once `next` is called. */
async function startStepped() {
  const steps: (() => void)[] = [];
  const next = async () => {
    await expect.poll(() => steps.length).toBeGreaterThan(0);
    steps.shift()?.();
  };
  const served = await startStreaming(async (request, res, req) => {
    if (!(request.json() as { stream?: boolean }).stream) {
      const message = { role: "assistant", content: "Hi" };
      return json({ id: "c-2", choices: [{ index: 0, message, finish_reason: "stop" }] })(request, res, req);
    }
    openStream(res);
    for (const one of events) {
      await new Promise<void>((resolve) => steps.push(resolve));
      await write(res, event(one));
    }
    res.end(done);
  });
  return { ...served, next };
}

test.each(["SSE", "WebSocket"] as const)(
  "Apollo Client over %s: one entity grows, one fragment reads it and the mutation's, and the last result is the whole answer",
  async (transport) => {
    const complaints = [vi.spyOn(console, "error"), vi.spyOn(console, "warn")];
    onTestFinished(() => complaints.forEach((spy) => void spy.mockRestore()));
    const { server, next } = await startStepped();
    const client = createStreamingApollo(transport, server.url);
    const fragment = gql(ANSWER);
    const { data } = await client.mutate<Any>({ mutation: gql(`mutation { ${CHAT} { ...Answer } } ${ANSWER}`) });
    expect(data.chat).toMatchObject({ id: "c-2", text: "Hi" });

    const seen: string[] = [];
    const watched = client
      .watchFragment<Any>({ fragment, from: { __typename: "ChatCompletion", id: "c-1" } })
      .subscribe(({ data: answer, complete }) => void (complete && seen.push(answer.text)));
    const results: Any[] = [];
    let isOver = false;
    const query = gql(`subscription { ${CHAT} { soFar { ...Answer } } } ${ANSWER}`);
    client.subscribe<Any>({ query }).subscribe({
      next: (result) => void results.push(result.data.chat.soFar),
      complete: () => {
        isOver = true;
      },
    });
    for (const [place, text] of texts.entries()) {
      await next();
      await expect.poll(() => results.length).toBe(place + 1);
      expect(results.at(-1).text).toBe(text);
      const entities = client.cache.extract() as Record<string, Any>;
      expect(Object.keys(entities).filter((key) => key.startsWith("Chat"))).toEqual([
        "ChatCompletion:c-2",
        "ChatCompletion:c-1",
      ]);
      expect(entities["ChatCompletion:c-1"].text).toBe(text);
    }
    await expect.poll(() => isOver).toBe(true);
    expect(results.at(-1)).toMatchObject(whole);
    expect(client.readFragment<Any>({ fragment, id: "ChatCompletion:c-1" })).toMatchObject(whole);
    await expect.poll(() => [...new Set(seen)]).toEqual(["", "Hel", "Hello"]);
    watched.unsubscribe();
    for (const spy of complaints) expect(spy).not.toHaveBeenCalled();
  },
);

const scalar = (name: string) => ({ alias: null, args: null, kind: "ScalarField", name, storageKey: null });
const linked = (name: string, concreteType: string, selections: object[], plural = false) => ({
  ...{ alias: null, args: null, concreteType, kind: "LinkedField", name, plural, selections, storageKey: null },
});

/** What Relay's compiler makes of the subscription: it asks for the id of all that has one. */
function compile(): Any {
  const text = `subscription Chat { ${CHAT} { soFar { id text usage { totalTokens } choices { index finishReason
    message { content toolCalls { id function { name arguments } } } } } id } }`;
  const selections = [
    linked("chat", "ChatCompletionChunk", [
      linked("soFar", "ChatCompletion", [
        scalar("id"),
        scalar("text"),
        linked("usage", "Usage", [scalar("totalTokens")]),
        linked(
          "choices",
          "ChatChoice",
          [
            scalar("index"),
            scalar("finishReason"),
            linked("message", "ChatMessage", [
              scalar("content"),
              linked(
                "toolCalls",
                "ToolCall",
                [scalar("id"), linked("function", "FunctionCall", [scalar("name"), scalar("arguments")])],
                true,
              ),
            ]),
          ],
          true,
        ),
      ]),
      scalar("id"),
    ]),
  ];
  const named = { argumentDefinitions: [], name: "Chat", selections };
  return {
    kind: "Request",
    fragment: { ...named, abstractKey: null, kind: "Fragment", metadata: null, type: "Subscription" },
    operation: { ...named, kind: "Operation" },
    params: { cacheID: "chat", id: null, metadata: {}, name: "Chat", operationKind: "subscription", text },
  };
}

test("Relay, with types in its ids: one record grows, and the last result is the whole answer", async () => {
  const complaints = [vi.spyOn(console, "error"), vi.spyOn(console, "warn")];
  onTestFinished(() => complaints.forEach((spy) => void spy.mockRestore()));
  const { server, next } = await startStepped();
  const client = createClient({ url: server.url, retryAttempts: 0 });
  onTestFinished(() => client.dispose());
  const environment = new relay.Environment({
    network: relay.Network.create(
      () => Promise.reject(new Error("Nothing is asked for but the stream.")),
      ({ text }) => relay.Observable.create((sink) => client.subscribe({ query: text ?? "" }, sink as Any)),
    ),
    store: new relay.Store(new relay.RecordSource()),
    // A chunk has the id of its answer.
    getDataID: ({ id }: Any, typeName: string) => (id ? `${typeName}:${id}` : undefined),
  } as Any);
  const results: Any[] = [];
  let isOver = false;
  relay.requestSubscription(environment, {
    subscription: compile(),
    variables: {},
    onNext: (result: Any) => void results.push(result.chat.soFar),
    onCompleted: () => {
      isOver = true;
    },
  });
  for (const [place, text] of texts.entries()) {
    await next();
    await expect.poll(() => results.length).toBe(place + 1);
    const records = environment.getStore().getSource().toJSON() as Record<string, Any>;
    expect(
      Object.keys(records).filter((key) => key.startsWith("ChatCompletion:") && !key.includes(":choices")),
    ).toEqual(["ChatCompletion:c-1"]);
    expect(records["ChatCompletion:c-1"].text).toBe(text);
  }
  await expect.poll(() => isOver).toBe(true);
  expect(results.at(-1)).toEqual(whole);
  for (const spy of complaints) expect(spy).not.toHaveBeenCalled();
});

/** Types whose objects belong to the one that holds them. Graphcache warns of each that it is not told of. */
const EMBEDDED = ["ChatCompletionChunk", "ChatChoice", "ChatMessage", "FunctionCall", "Usage"];

test("urql's Graphcache: one entity grows, and the last result is the whole answer", async () => {
  const complaints = [vi.spyOn(console, "error"), vi.spyOn(console, "warn")];
  onTestFinished(() => complaints.forEach((spy) => void spy.mockRestore()));
  const { server, next } = await startStepped();
  const sse = createClient({ url: server.url, retryAttempts: 0 });
  onTestFinished(() => sse.dispose());
  const inCache: (string | undefined)[] = [];
  const cache = cacheExchange({
    keys: Object.fromEntries(EMBEDDED.map((name) => [name, () => null])),
    updates: {
      Subscription: {
        chat: (_, __, cache) =>
          void inCache.push(
            cache.readFragment<Any>(urqlGql(ANSWER), { __typename: "ChatCompletion", id: "c-1" })?.text,
          ),
      },
    },
  });
  const stream = subscriptionExchange({
    forwardSubscription: ({ query = "" }) => ({
      subscribe: (sink) => ({ unsubscribe: sse.subscribe({ query }, sink as Any) }),
    }),
  });
  const client = new UrqlClient({ url: server.url, preferGetMethod: false, exchanges: [cache, stream] });
  const results: Any[] = [];
  let isOver = false;
  client.subscription<Any>(`subscription { ${CHAT} { soFar { ...Answer } } } ${ANSWER}`, {}).subscribe((result) => {
    expect(result.error).toBeUndefined();
    if (result.hasNext) results.push(result.data.chat.soFar);
    else isOver = true;
  });
  for (const [place, text] of texts.entries()) {
    await next();
    await expect.poll(() => results.length).toBe(place + 1);
    expect(inCache[place]).toBe(text);
    expect(results.at(-1).text).toBe(text);
  }
  await expect.poll(() => isOver).toBe(true);
  expect(results.at(-1)).toMatchObject(whole);
  for (const spy of complaints) expect(spy).not.toHaveBeenCalled();
});
