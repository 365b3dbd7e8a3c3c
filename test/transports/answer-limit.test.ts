// MAX_RESPONSE_BYTES: a larger answer is refused over every transport, once its upstream call has been made and counted.
import { describe, expect, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";
import { greetWebSocket, subscribeMessage } from "../support/websocket.ts";

const MAX_RESPONSE_BYTES = "100000";
const content = "a".repeat(10_000);
const upstreamAnswer = json({ id: "c", choices: [{ index: 0, message: { content }, finish_reason: "stop" }] });

function ask(aliases: number, more = ""): string {
  const fields = Array.from({ length: aliases }, (_, index) => `a${index}: text`).join(" ");
  return `mutation { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { ${fields} ${more} } }`;
}

const plugin = { onExecute() {} };

describe.each([
  ["without plugins", []],
  ["with a plugin", [plugin]],
])("%s,", (_, plugins) => {
  async function start() {
    const upstream = await startUpstream(upstreamAnswer);
    return { upstream, server: await startTestServer(upstream.url, { MAX_RESPONSE_BYTES }, [], plugins) };
  }

  test.each(["application/json", "application/graphql-response+json", "text/event-stream"])(
    "an answer as %s is refused above the limit, and comes whole below it",
    async (accept) => {
      const { upstream, server } = await start();
      const refused = await server.query(ask(11), {}, { headers: { accept } });
      expect(refused.text).toContain('"code":"OPERATION_TOO_COMPLEX"');
      expect(refused.text.length).toBeLessThan(1_000);
      const whole = await server.query(ask(9), {}, { headers: { accept } });
      expect(whole.text.split(content)).toHaveLength(10);
      expect(upstream.requests).toHaveLength(2);
      expect(server.faults).toEqual([]);
    },
  );

  test("a result over WebSocket is refused above the limit, and comes whole below it", async () => {
    const { upstream, server } = await start();
    const { socket, messages, send } = await greetWebSocket(server.url);
    const completed = (count: number) =>
      new Promise<void>((resolve) => {
        const look = () => messages.filter(({ type }) => type === "complete").length === count && resolve();
        socket.on("message", look);
      });
    send(subscribeMessage(ask(11), "large"));
    await completed(1);
    send(subscribeMessage(ask(9), "whole"));
    await completed(2);
    const payloads = messages.filter(({ type }) => type === "next").map(({ payload }) => payload);
    expect(payloads[0]).toMatchObject({ data: null, errors: [{ extensions: { code: "OPERATION_TOO_COMPLEX" } }] });
    expect(payloads[1]).toEqual({
      data: { chat: Object.fromEntries(Array.from({ length: 9 }, (__, index) => [`a${index}`, content])) },
    });
    expect(upstream.requests).toHaveLength(2);
  });
});

test("errors beside large data are kept", async () => {
  const upstream = await startUpstream(upstreamAnswer);
  const server = await startTestServer(upstream.url, { MAX_RESPONSE_BYTES });
  const second = `bad: chat(input: { model: "", messages: [] }) { text }`;
  const { body } = await server.query(ask(9).replace(/\}$/, `${second} }`));
  expect(body.data).toMatchObject({ chat: { a8: content }, bad: null });
  expect(body.errors).toMatchObject([{ path: ["bad"], extensions: { code: "BAD_USER_INPUT" } }]);
  expect(body.errors[0].extensions).not.toHaveProperty("http");
});
