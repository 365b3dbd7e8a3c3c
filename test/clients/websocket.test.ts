// Operations over WebSocket, message by message.
// https://github.com/graphql/graphql-over-http/blob/main/rfcs/GraphQLOverWebSocket.md
import { describe, expect, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { chat, chunk, done, event, hello, startStreaming, streams } from "../support/stream.ts";
import { connectWs, summary } from "../support/subscribe.ts";
import { greetWebSocket, type Message, subscribeMessage } from "../support/websocket.ts";

describe("an operation", () => {
  test.each<[string, Message, string, string]>([
    ["with broken syntax", subscribeMessage("{"), "error", "GRAPHQL_PARSE_FAILED"],
    ["that does not fit the schema", subscribeMessage("subscription { nope }"), "error", "GRAPHQL_VALIDATION_FAILED"],
    [
      "of no known name",
      subscribeMessage("query A { __typename }", "1", { operationName: "B" }),
      "error",
      "BAD_REQUEST",
    ],
    [
      "with a variable that does not fit",
      subscribeMessage("query ($id: ID!) { model(id: $id) { id } }"),
      "next",
      "BAD_USER_INPUT",
    ],
    ["with a value out of range", subscribeMessage(chat.replace('"m"', '"m", n: 0')), "next", "BAD_USER_INPUT"],
  ])(
    "%s is an error with its code, without its HTTP status, and the socket goes on",
    async (_, message, type, code) => {
      const { upstream, server } = await startStreaming(streams(hello));
      const { messages, send } = await greetWebSocket(server.url);
      send(message);
      await expect.poll(() => messages.length).toBe(type === "error" ? 1 : 2);
      expect(messages[0].type).toBe(type);
      const [{ extensions }] = messages[0].payload.errors ?? messages[0].payload;
      expect(extensions).toMatchObject({ code });
      expect(extensions).not.toHaveProperty("http");
      send(subscribeMessage("{ __typename }", "2"));
      await expect.poll(() => messages.at(-1)).toEqual({ id: "2", type: "complete" });
      expect(upstream.requests).toEqual([]);
    },
  );

  test("gives the messages of the protocol and no more", async () => {
    const { server } = await startStreaming(streams(hello));
    const { messages, send } = await greetWebSocket(server.url);
    send({ type: "ping", payload: { sent: 1 } });
    await expect.poll(() => messages.splice(0)).toEqual([{ type: "pong", payload: { sent: 1 } }]);
    send({ id: "unknown", type: "complete" });
    send(subscribeMessage(chat));
    await expect.poll(() => messages.length).toBe(3);
    expect(messages).toEqual([
      { id: "1", type: "next", payload: { data: { chat: { text: "Hel" } } } },
      { id: "1", type: "next", payload: { data: { chat: { text: "lo" } } } },
      { id: "1", type: "complete" },
    ]);
    send(subscribeMessage(chat));
    await expect.poll(() => messages.length).toBe(6);
  });

  test("shares its socket with a hundred others, each with its own answer", async () => {
    const { upstream, server } = await startStreaming((request, res) => {
      const { user } = request.json() as { user: string };
      return streams(event(chunk(user)), event(chunk("!", "stop")), done)(request, res, res.req);
    });
    const { subscribe } = await connectWs(server.url);
    const streamOf = (user: number) => chat.replace('"m"', `"m", user: "${user}"`);
    const summaries = await Promise.all(Array.from({ length: 100 }, (_, user) => summary(subscribe(streamOf(user)))));
    expect(summaries).toEqual(Array.from({ length: 100 }, (_, user) => [`${user}`, "!", "complete"]));
    expect(upstream.requests).toHaveLength(100);
  });

  test("may be a query or a mutation", async () => {
    const server = await startTestServer("http://127.0.0.1:9/v1", { MAX_RETRIES: "0" });
    const { messages, send } = await greetWebSocket(server.url);
    send(subscribeMessage("{ __typename }", "query"));
    send(subscribeMessage(chat.replace("subscription", "mutation"), "mutation"));
    await expect.poll(() => messages.length).toBe(4);
    expect(messages).toContainEqual({ id: "query", type: "next", payload: { data: { __typename: "Query" } } });
    const failed = messages.find(({ id, type }) => id === "mutation" && type === "next");
    expect(failed.payload).toMatchObject({
      data: { chat: null },
      errors: [{ path: ["chat"], extensions: { code: "UPSTREAM_UNAVAILABLE" } }],
    });
  });
});
