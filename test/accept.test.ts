// The Accept header: what takes none of the served media types is told so, and nothing is paid for.
import { expect, test } from "vitest";
import { calls } from "./support/calls.ts";
import { startTestServer } from "./support/server.ts";
import { chat } from "./support/stream.ts";
import { json, startUpstream } from "./support/upstream.ts";

test.each([
  ...calls.map(({ operation }) => [operation, 406, "BAD_REQUEST"] as const),
  [chat, 406, "BAD_REQUEST"] as const,
  ["{ nonsense }", 400, "GRAPHQL_VALIDATION_FAILED"] as const,
  ["{", 400, "GRAPHQL_PARSE_FAILED"] as const,
])("with Accept: text/html %s is %d, with a reason in JSON, and calls no upstream", async (operation, status, code) => {
  const upstream = await startUpstream(json({}));
  const server = await startTestServer(upstream.url);
  const answer = await server.query(operation, undefined, { headers: { accept: "text/html" } });
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toContain("application/json");
  expect(answer.body.errors[0].extensions).toEqual({ code });
  expect(upstream.requests).toEqual([]);
});
