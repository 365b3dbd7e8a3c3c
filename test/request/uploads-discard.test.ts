// A file that is not sent on, for any reason, does not hold up the files after it.
import { expect, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { failure, inTurn, json, startUpstream } from "../support/upstream.ts";

const TWO = `mutation ($a: Upload!, $b: Upload!, $n: Int) {
  first: imageVariations(input: { image: $a, n: $n }) { created }
  second: imageVariations(input: { image: $b }) { created }
}`;
const images = json({ created: 1, data: [{ url: "https://example.com/1.png" }] });
const large = new Blob([new Uint8Array(3 * 2 ** 20)], { type: "image/png" });

function upload(server: Awaited<ReturnType<typeof startTestServer>>, n: number | null) {
  const operations = { query: TWO, variables: { a: null, b: null, n } };
  return server.upload(operations, { 0: ["variables.a"], 1: ["variables.b"] }, { 0: large, 1: large });
}

test("after a refusal at the door the next large file is sent", async () => {
  const upstream = await startUpstream(images);
  const server = await startTestServer(upstream.url);
  const { body } = await upload(server, 11);
  expect(body.data).toMatchObject({ first: null, second: { created: expect.any(String) } });
  expect(body.errors).toMatchObject([{ path: ["first"], extensions: { code: "BAD_USER_INPUT" } }]);
  expect(upstream.requests).toHaveLength(1);
});

test("after an upstream's refusal the next large file is sent", async () => {
  const upstream = await startUpstream(inTurn(failure(400, { message: "Not square" }), images));
  const server = await startTestServer(upstream.url);
  const { body } = await upload(server, null);
  expect(body.data).toMatchObject({ first: null, second: { created: expect.any(String) } });
  expect(body.errors).toMatchObject([{ path: ["first"], extensions: { code: "UPSTREAM_BAD_REQUEST" } }]);
  expect(upstream.requests).toHaveLength(2);
});

test("one large file in two fields: the second use says so, also where the first was refused at the door", async () => {
  const upstream = await startUpstream(images);
  const server = await startTestServer(upstream.url);
  const query = TWO.replace("$b: Upload!, ", "").replace("$b", "$a");
  for (const n of [1, 11]) {
    const operations = { query, variables: { a: null, n } };
    const { body } = await server.upload(operations, { 0: ["variables.a"] }, { 0: large });
    expect(body.data.second).toBeNull();
    expect(body.errors.at(-1)).toMatchObject({ path: ["second"], extensions: { code: "BAD_USER_INPUT" } });
  }
  expect(upstream.requests).toHaveLength(1);
});
