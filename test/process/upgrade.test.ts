// Requests that offer to upgrade the connection to something that is not WebSocket.
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

test("an offer of h2c is passed over: the request is answered as any other", async () => {
  const upstream = await startUpstream(json({}));
  const server = await startTestServer(upstream.url);
  const body = '{"query":"{ __typename }"}';
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade, HTTP2-Settings, close\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAoAAAAAIAAAAA\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 .*\{"data":\{"__typename":"Query"\}\}/s);
});
