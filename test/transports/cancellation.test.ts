// The client leaves: the upstream call ends with it, nothing further is called, nothing is reported or left behind.
import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { calls, chat, chatAnswer } from "../support/calls.ts";
import { countResources, listenForWarnings } from "../support/own-process.ts";
import { startServed } from "../support/served-upstream.ts";
import type { TestServer } from "../support/server.ts";
import { noticed } from "../support/stream.ts";
import { type Answer, failure, inTurn, json, type Upstream } from "../support/upstream.ts";

const silence: Answer = () => {};
const soon = { "retry-after-ms": "1" };

/** An answer that begins, and drips on without an end. */
const drip: Answer = async (_, res) => {
  await new Promise((resolve) => res.writeHead(200).write("{", resolve));
  const timer = setInterval(() => res.write(" "), 10);
  res.once("close", () => clearInterval(timer));
};

/** Sends operations over one connection, one after the other without waiting. */
function send(server: TestServer, ...operations: string[]): Socket {
  const client = connect(Number(new URL(server.url).port), "127.0.0.1");
  onTestFinished(() => void client.destroy());
  client.on("error", () => {});
  for (const query of operations) {
    const body = JSON.stringify({ query });
    const head = `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
    client.write(`${head}\r\n\r\n${body}`);
  }
  return client;
}

/** Expects every upstream connection so far to close within a second, and the next request to be of another client. */
async function expectNothingFurther({ upstream, server }: { upstream: Upstream; server: TestServer }) {
  const left = performance.now();
  const seen = upstream.requests.length;
  await Promise.all(upstream.requests.map(({ closed }) => closed));
  expect(performance.now() - left).toBeLessThan(1_000);
  upstream.answer = json({ data: [{ id: "m" }] });
  expect((await server.query("{ models { id } }")).body).toEqual({ data: { models: [{ id: "m" }] } });
  expect(upstream.requests.slice(seen).map(({ path }) => path)).toEqual(["/v1/models"]);
  expect(server.faults).toEqual([]);
}

describe("a client that leaves ends the upstream call", () => {
  test.each(calls)("before the answer to $field", async ({ operation }) => {
    const { answer, arrived } = noticed(silence);
    const running = await startServed(answer);
    const client = send(running.server, operation);
    await arrived;
    client.destroy();
    await expectNothingFurther(running);
  });

  test.each(calls)("in the middle of the answer to $field", async ({ operation }) => {
    const { answer, arrived } = noticed(drip);
    const running = await startServed(answer);
    const client = send(running.server, operation);
    await arrived;
    client.destroy();
    await expectNothingFurther(running);
  });

  test.each<[string, (client: Socket) => void]>([
    ["a reset", (client) => client.resetAndDestroy()],
    ["an orderly end", (client) => client.end()],
  ])("by %s", async (_, leave) => {
    const { answer, arrived } = noticed(silence);
    const running = await startServed(answer);
    const client = send(running.server, chat);
    await arrived;
    leave(client);
    await expectNothingFurther(running);
  });

  test("between two fields of a mutation: the second is never called", async () => {
    const { answer, arrived } = noticed(silence);
    const running = await startServed(answer);
    const client = send(running.server, chat.replace("{", "{ first:").replace(/}$/, chat.slice(10)));
    await arrived;
    client.destroy();
    await expectNothingFurther(running);
  });

  test("all of them, where fields of a query run at once", async () => {
    const { answer, arrived } = noticed(silence, 30);
    const running = await startServed(answer);
    const fields = Array.from({ length: 30 }, (_, number) => `m${number}: model(id: "m${number}") { id }`);
    const warnings = listenForWarnings();
    const client = send(running.server, `{ ${fields.join(" ")} }`);
    await arrived;
    client.destroy();
    await expectNothingFurther(running);
    expect(warnings).toEqual([]);
  });

  test("those of pipelined requests too", async () => {
    const { answer, arrived } = noticed(silence, 3);
    const running = await startServed(answer);
    const client = send(running.server, chat, "{ models { id } }", chat);
    await arrived;
    client.destroy();
    await expectNothingFurther(running);
  });

  test("of a request that waits behind an answered one", async () => {
    const { answer, arrived } = noticed(inTurn(json(chatAnswer, 200, { connection: "close" }), silence), 2);
    const running = await startServed(answer);
    const client = send(running.server, chat, chat);
    await arrived;
    client.destroy();
    await expectNothingFurther(running);
  });
});

test("a client that leaves during the wait for a retry ends the wait: nothing is sent any more", async () => {
  const { answer, arrived } = noticed(failure(503, {}, { "retry-after-ms": "300", connection: "close" }));
  const { upstream, server } = await startServed(answer);
  const client = send(server, chat);
  await arrived;
  await upstream.requests[0]?.closed;
  client.destroy();
  // A later call that waits longer has its second attempt after the first one's would have come.
  upstream.answer = inTurn(failure(503, {}, { "retry-after-ms": "600" }), json({ data: [] }));
  expect((await server.query("{ models { id } }")).body).toEqual({ data: { models: [] } });
  expect(upstream.requests.map(({ path }) => path)).toEqual(["/v1/chat/completions", "/v1/models", "/v1/models"]);
  expect(server.faults).toEqual([]);
});

test("a client that leaves after its answer disturbs nobody", async () => {
  const { upstream, server } = await startServed(json(chatAnswer));
  const client = send(server, chat);
  await new Promise((resolve) => client.once("data", resolve));
  client.destroy();
  expect((await server.query(chat)).body).toEqual({ data: { chat: { text: "hello" } } });
  expect(upstream.requests).toHaveLength(2);
  expect(server.faults).toEqual([]);
});

test("after 150 aborts no socket, timer or listener is left", async () => {
  const { upstream, server } = await startServed(silence);
  const warnings = listenForWarnings();
  const before = countResources();
  const leaveAll = async (operation: string, given: Answer) => {
    const { answer, arrived } = noticed(given, 50);
    upstream.answer = answer;
    const clients = Array.from({ length: 50 }, () => send(server, operation));
    await arrived;
    for (const client of clients) client.destroy();
    await Promise.all(upstream.requests.map(({ closed }) => closed));
  };
  await leaveAll(chat, silence);
  await leaveAll("{ models { id } }", drip);
  await leaveAll(chat, failure(503, {}, { "retry-after-ms": "60000", connection: "close" }));
  // undici keeps idle connections for 4 seconds.
  await expect
    .poll(() => countResources().sockets <= before.sockets && countResources().timers <= before.timers, {
      timeout: 8_000,
    })
    .toBe(true);
  expect(upstream.requests).toHaveLength(150);
  expect(server.faults).toEqual([]);
  expect(warnings).toEqual([]);
});

test("20 calls one after the other use one connection to the upstream, failed ones among them", async () => {
  const { upstream, server } = await startServed(inTurn(failure(400, {}), failure(503, {}, soon), json(chatAnswer)));
  let connections = 0;
  upstream.server.on("connection", () => connections++);
  const warnings = listenForWarnings();
  for (let call = 0; call < 20; call++) await server.query(chat);
  expect(upstream.requests).toHaveLength(21);
  expect(connections).toBe(1);
  expect(warnings).toEqual([]);
});
