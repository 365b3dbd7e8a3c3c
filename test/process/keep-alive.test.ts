// Idle connections between two requests, and the timers of a stop.
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { exchange, isWhole, portOf } from "../support/exchange.ts";
import { startTestServer } from "../support/server.ts";
import { chunk, done, event, startStreaming, streamsThen } from "../support/stream.ts";
import { subscribeSse, summary } from "../support/subscribe.ts";
import { greetWebSocket } from "../support/websocket.ts";

const GET = "GET /graphql?query={__typename} HTTP/1.1\r\nhost: localhost\r\ngraphql-require-preflight: 1\r\n\r\n";

test("a connection is kept for longer than the 60 seconds of load balancers", async () => {
  const server = await startTestServer("http://127.0.0.1:9/v1");
  const { text } = await exchange(server.url, GET, isWhole);
  expect(text).toMatch(/^connection: keep-alive\r\nkeep-alive: timeout=65\r$/im);
});

test("KEEP_ALIVE_MS says how long", async () => {
  const server = await startTestServer("http://127.0.0.1:9/v1", { KEEP_ALIVE_MS: "130000" });
  const { text } = await exchange(server.url, GET, isWhole);
  expect(text).toMatch(/^keep-alive: timeout=130\r$/im);
});

test("a stop closes connections that are kept, at once", async () => {
  const server = await startTestServer("http://127.0.0.1:9/v1", { DRAIN_MS: "60000" });
  const socket = connect(portOf(server.url), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await new Promise((resolve) => {
    socket.once("data", resolve);
    socket.write(GET);
  });
  const { closed: webSocketClosed } = await greetWebSocket(server.url);
  const began = performance.now();
  await server.stop();
  await closed;
  expect((await webSocketClosed)[0]).toBe(1001);
  expect(performance.now() - began).toBeLessThan(2_000);
});

test("with the longest DRAIN_MS a stop waits for a stream to end", async () => {
  let finish = () => {};
  const { server } = await startStreaming(
    streamsThen(event(chunk("Hel")), (res) => {
      finish = () => void res.end(event(chunk("lo", "stop")) + done);
    }),
    { DRAIN_MS: `${2 ** 31 - 1}` },
  );
  const subscription = await subscribeSse(server.url);
  await subscription.next();
  const stopped = server.stop();
  await expect
    .poll(() =>
      fetch(server.url).then(
        () => "answers",
        () => "stopping",
      ),
    )
    .toBe("stopping");
  finish();
  expect(await summary(subscription)).toEqual(["Hel", "lo", "complete"]);
  await stopped;
});
