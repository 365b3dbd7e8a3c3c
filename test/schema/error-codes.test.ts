// Query.errorCodes: the closed list of error codes, as clients read it.
import { expect, test } from "vitest";
import { errorCodes } from "../../src/errors/codes.ts";
import { schema } from "../../src/schema/index.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { apolloManifest, writeManifest } from "../support/manifest.ts";
import { startServed } from "../support/served-upstream.ts";
import { request, startTestServer } from "../support/server.ts";
import { transports } from "../support/subscribe.ts";
import { json } from "../support/upstream.ts";

const QUERY = "{ errorCodes { code cause remedy httpStatus paid retry } }";
const table = Object.entries(errorCodes).map(([code, { cause, remedy, paid, retry, ...row }]) => ({
  code,
  cause,
  remedy,
  httpStatus: "status" in row ? row.status : null,
  paid: paid.toUpperCase(),
  retry: retry.toUpperCase(),
}));
const answer = { data: { errorCodes: table } };

test("it is the server's own table, the first time and later, without an upstream call", async () => {
  const { server, upstream } = await startServed(json({}));
  for (let time = 0; time < 3; time++) expect((await server.query(QUERY)).body).toEqual(answer);
  expect((await request(`${server.url}?query=${encodeURIComponent(QUERY)}`)).body).toEqual(answer);
  const { body } = await server.query(
    `query ($yes: Boolean!) { ...Codes @include(if: $yes) } fragment Codes on Query
    { errorCodes { __typename code } }`,
    { yes: true },
  );
  expect(body.data.errorCodes).toEqual(table.map(({ code }) => ({ __typename: "ErrorCodeInfo", code })));
  expect(upstream.requests).toHaveLength(0);
});

test("it is the same over SSE, WebSocket and with an embedder's plugins", async () => {
  const { server, upstream } = await startServed(json({}));
  for (const { subscribe } of transports) {
    const subscription = await subscribe(server.url, QUERY);
    expect([await subscription.ended, subscription.results]).toEqual(["complete", [answer]]);
  }
  const plugged = await startTestServer(upstream.url, {}, [], [{ onExecute() {} }]);
  expect((await plugged.query(QUERY)).body).toEqual(answer);
  expect(upstream.requests).toHaveLength(0);
});

test("its enum has every code, in the table's order", () => {
  const type = schema.getType("ErrorCode");
  const { values } = type && "getValues" in type ? { values: type.getValues() } : { values: [] };
  expect(values.map(({ name }) => name)).toEqual(table.map(({ code }) => code));
});

test("it uses up no request and no token of a caller", async () => {
  const limits = { requestsPerMinute: 1, tokensPerDay: 1, maxConcurrent: 1 };
  const { server } = await startServed(json({}), aliceWith(limits));
  for (let time = 0; time < 3; time++) expect((await server.query(QUERY, {}, alice)).body).toEqual(answer);
  const { body } = await server.query("{ viewer { used { requests tokens } } }", {}, alice);
  expect(body.data.viewer.used).toEqual({ requests: 0, tokens: 0 });
});

test.each([
  ["Mutation", "FORBIDDEN"],
  ["models", "FORBIDDEN"],
  ["Query.errorCodes", undefined],
  ["Query", undefined],
])("to a caller whose operations are %s the code is %s", async (operation, code) => {
  const { server } = await startServed(json({}), aliceWith({ operations: [operation] }));
  const { body } = await server.query(QUERY, {}, alice);
  expect(body.errors?.[0].extensions.code).toBe(code);
  expect(body.data).toEqual(code ? undefined : answer.data);
});

test("a caller without a key does not get it from a server that asks for one", async () => {
  const { server } = await startServed(json({}), aliceWith());
  expect((await server.query(QUERY)).body.errors[0].extensions.code).toBe("UNAUTHENTICATED");
});

test("it can be a trusted document, and is refused where it is none", async () => {
  const file = writeManifest(apolloManifest({ codes: QUERY }));
  const environment = { PERSISTED_OPERATIONS_FILE: file, PERSISTED_OPERATIONS_ONLY: "true" };
  const { server } = await startServed(json({}), environment);
  const extensions = { persistedQuery: { version: 1, sha256Hash: "codes" } };
  const init = { method: "POST", headers: { "content-type": "application/json" } };
  expect((await request(server.url, { ...init, body: JSON.stringify({ extensions }) })).body).toEqual(answer);
  const { body } = await server.query("{ errorCodes { code } }");
  expect(body.errors[0].extensions.code).toBe("FORBIDDEN");
});
