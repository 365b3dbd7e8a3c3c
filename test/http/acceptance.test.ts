// The Accept header: a request that accepts none of the served media types is refused, and costs nothing.
import { expect, test, vi } from "vitest";
import { readAcceptance } from "../../src/http/acceptance.ts";
import { calls, chatAnswer, chat as chatCall } from "../support/calls.ts";
import { startTestServer } from "../support/server.ts";
import { chat } from "../support/stream.ts";
import { json, startUpstream } from "../support/upstream.ts";

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

test.each([
  "application/json;q=0",
  "application/json ; Q=0.000, text/html",
  "*/*;q=0",
  "application/*; q=0, text/event-stream;q=0, multipart/*;q=0, */*;q=0",
  "application/json; charset=iso-8859-1",
  'application/json; charset="utf-8"',
  "*",
  ",",
])("Accept: %s takes nothing that is served: 406, and the upstream is not called", async (accept) => {
  const upstream = await startUpstream(json(chatAnswer));
  const server = await startTestServer(upstream.url);
  const answer = await server.query(chatCall, undefined, { headers: { accept } });
  expect(answer.status).toBe(406);
  expect(answer.body.errors[0].extensions).toEqual({ code: "BAD_REQUEST" });
  expect(upstream.requests).toEqual([]);
});

test.each(["application/json;q=0.5", "text/html;q=0, */*", "application/json; charset=UTF-8", "Application/JSON", ""])(
  "Accept: %j is answered in JSON",
  async (accept) => {
    const upstream = await startUpstream(json(chatAnswer));
    const server = await startTestServer(upstream.url);
    const answer = await server.query(chatCall, undefined, { headers: { accept } });
    expect(answer.body).toEqual({ data: { chat: { text: "hello" } } });
    expect(upstream.requests).toHaveLength(1);
  },
);

test("an Accept header of 14 KB is read once, and no further than its first 32 ranges", () => {
  const refused = "application/json;q=0, application/graphql-response+json;q=0";
  const hostile = `${refused}${", */*".repeat(2_800)}, application/json`;
  const ranges = vi.spyOn(String.prototype, "toLowerCase");
  const acceptance = readAcceptance(hostile);
  const rangesRead = ranges.mock.calls.length;
  ranges.mockRestore();
  expect(hostile.length).toBeGreaterThan(14_000);
  expect(rangesRead).toBeLessThanOrEqual(32);
  expect(acceptance).toEqual({ json: undefined, stream: true, isServed: true });
});

test.each([
  [31, "application/json"],
  [32, undefined],
])("behind %d other ranges, application/json is read as %s", (count, json) => {
  expect(readAcceptance(`${"image/png,".repeat(count)}application/json`).json).toBe(json);
});

test("what is wrong with a document is told whole, whatever the client accepts", async () => {
  const server = await startTestServer("http://127.0.0.1:9/v1");
  const ask = async (accept: string) => {
    const { status, body } = await server.query("{ one two }", undefined, { headers: { accept } });
    return [status, body];
  };
  const told = await ask("application/graphql-response+json");
  expect(told).toMatchObject([400, { errors: [{}, {}] }]);
  expect(await ask("text/html")).toEqual(told);
});
