// An upstream that takes no byte of an upload: the client waits behind it, and nothing shows whether it has left.
import { expect, test } from "vitest";
import { startTestServer } from "../../support/server.ts";
import { startUpstream } from "../../support/upstream.ts";

test("is given up after UPSTREAM_IDLE_TIMEOUT_MS with UPSTREAM_TIMEOUT, and its connection is closed", async () => {
  let takeRest = () => {};
  const upstream = await startUpstream(
    (_request, _res, req) => {
      takeRest = () => req.resume();
    },
    { streamBodies: true },
  );
  const server = await startTestServer(upstream.url, { UPSTREAM_IDLE_TIMEOUT_MS: "300" });
  const operations = {
    query: "mutation ($image: Upload!) { imageVariations(input: { image: $image }) { created } }",
    variables: { image: null },
  };
  const image = new Blob([new Uint8Array(30 * 2 ** 20)], { type: "image/png" });
  const { body } = await server.upload(operations, { 0: ["variables.image"] }, { 0: image });
  expect(body.errors).toMatchObject([
    { message: "The upstream took no byte of the upload for 300 ms.", extensions: { code: "UPSTREAM_TIMEOUT" } },
  ]);
  takeRest();
  await upstream.requests[0]?.closed;
  expect(upstream.requests).toHaveLength(1);
});
