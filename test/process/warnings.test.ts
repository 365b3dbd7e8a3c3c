// The warnings in the log at the start: each once, however many processes there are, and none for a start on loopback.
import { expect, test } from "vitest";
import { startProcess } from "../support/process.ts";

const RISKY = {
  PORT: "0",
  HOST: "0.0.0.0",
  OPENAI_BASE_URL: "http://models.invalid/v1",
};

function readLines(output: string): { level: string; msg: string }[] {
  return output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test.each(["1", "2"])("with WORKERS=%s each is one line, before the server's own", async (WORKERS) => {
  const server = startProcess({ ...RISKY, WORKERS });
  await server.url;
  expect(readLines(server.output())).toMatchObject([
    { level: "warn", msg: expect.stringMatching(/^HOST lets other machines call .*Set CLIENT_KEYS_FILE/) },
    { level: "warn", msg: expect.stringMatching(/^OPENAI_BASE_URL is http to another machine.*Use https/) },
    { level: "info", msg: expect.stringMatching(/^OpenAI GraphQL server at /) },
  ]);
  server.child.kill("SIGTERM");
  await server.ended;
  expect(readLines(server.output()).filter(({ level }) => level === "warn")).toHaveLength(2);
});

test("a start on loopback with a key has none", async () => {
  const server = startProcess({ PORT: "0", OPENAI_API_KEY: "sk-test-key-0123456789" });
  await server.url;
  expect(readLines(server.output()).map(({ level }) => level)).toEqual(["info"]);
});
