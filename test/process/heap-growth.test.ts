// How often V8 collects the whole heap while uploads pass: the real process reports each collection.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { CONTENT_TYPE, filePart, variations, varied, varyFields, writeBody } from "../support/multipart.ts";
import { startProcess } from "../support/process.ts";
import { request } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const ROUNDS = 8;
const AT_ONCE = 8;

test("64 uploads of 4 MiB cost few collections of the whole heap", { timeout: 60_000 }, async () => {
  const upstream = await startUpstream(json(variations));
  const server = startProcess({ PORT: "0", OPENAI_BASE_URL: upstream.url }, [MAIN], "--trace-gc");
  const url = await server.url;
  const body = writeBody(...varyFields, filePart(Buffer.alloc(4 * 2 ** 20, 7)));
  const upload = async () => {
    const answer = await request(url, { method: "POST", headers: { "content-type": CONTENT_TYPE }, body });
    expect(answer.body).toEqual({ data: { imageVariations: varied } });
  };
  await upload();
  const before = server.output().length;
  for (let round = 0; round < ROUNDS; round++) await Promise.all(Array.from({ length: AT_ONCE }, upload));
  const collections =
    server
      .output()
      .slice(before)
      .match(/Mark-Compact/g) ?? [];
  console.info(`64 x 4 MiB: ${collections.length} collections`);
  expect(upstream.requests).toHaveLength(1 + ROUNDS * AT_ONCE);
  expect(collections.length).toBeLessThan(12);
});
