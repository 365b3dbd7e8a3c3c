// docs/sandbox.md: its operation answers as it says, and the names in it are this server's.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { variables } from "../../src/config/variables.ts";
import { errorCodes } from "../../src/errors/codes.ts";
import { startProcess } from "../support/process.ts";
import { request } from "../support/server.ts";

const page = readFileSync(new URL("../../docs/sandbox.md", import.meta.url), "utf8");

test("its operation is refused on the sandbox, as it says", async () => {
  const [, query] = /^```graphql\n(.*?)^```/ms.exec(page) ?? [];
  const { body } = await request(await startProcess({ PORT: "0" }).url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  const message = { content: null, refusal: expect.stringMatching(/^I'm sorry/) };
  expect(body).toEqual({ data: { chat: { choices: [{ finishReason: "STOP", message }] } } });
});

test("each variable and error code that it names exists", () => {
  const finishReasons = ["TOOL_CALLS", "CONTENT_FILTER"];
  const known = new Set([...Object.keys(variables), ...Object.keys(errorCodes), ...finishReasons]);
  const named = [...page.matchAll(/\b[A-Z][A-Z\d]*(?:_[A-Z\d]+)+\b/g)].map(([name]) => name);
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});
