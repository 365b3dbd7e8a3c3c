// The tables that are made of the source, of errors and limits, and the list of client keys.
import { expect, test } from "vitest";
import { writtenFiles } from "../../.build/tables.ts";
import { errorCodes } from "../../src/errors/codes.ts";
import { callerLimits } from "../../src/schema/shared/caller-limits.ts";
import { findBlock, readPage } from "../support/docs.ts";
import { startTestServer } from "../support/server.ts";

test("the error table is the schema's", () => {
  const rows = Object.entries(errorCodes).map(([code, { cause, remedy, status, isOperationStatus, paid, retry }]) => {
    const http = `${status ?? ""}${isOperationStatus ? "\\*" : ""}`;
    return `| \`${code}\` | ${cause} | ${remedy} | ${http} | ${paid} | ${retry} |`;
  });
  expect(readPage("docs/errors.md")).toContain(`\n${rows.join("\n")}\n\n`);
});

test("the table of a caller's limits is the source's", () => {
  const rows = Object.entries(callerLimits).map(([name, { absent, appliesTo, code, description }]) => {
    return `| \`${name}\` | ${description} Absent: ${absent}. | ${appliesTo} | \`${code}\` |`;
  });
  expect(readPage("docs/security.md")).toContain(`\n${rows.join("\n")}\n\n`);
});

test("the list of client keys is one, and its owners may do what it says", async () => {
  const server = await startTestServer("http://127.0.0.1:1/v1", {
    CLIENT_KEYS: findBlock("docs/security.md", "json", "keySha256"),
  });
  const headers = { authorization: "Bearer a-long-random-text" };
  const { body } = await server.query("{ viewer { id limits { operations } } }", {}, { headers });
  expect(body.data.viewer).toEqual({ id: "reports", limits: { operations: ["Query", "Mutation.chat"] } });
});

test("what `npm run tables` writes is there already", () => {
  for (const [path, text] of writtenFiles()) expect(readPage(path), path).toBe(text);
});
