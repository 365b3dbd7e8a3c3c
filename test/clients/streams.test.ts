// Whole answers of the sandbox, and refusals, through the real clients.
import { describe, expect, onTestFinished, test } from "vitest";
import { startSandbox } from "../../src/sandbox/server.ts";
import { clients, httpClients, type Subscribe } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { chat, completeText, event, startStreaming, streamsThen } from "../support/stream.ts";

const CHAT = `subscription Chat {
  chat(input: { model: "gpt-4o-mini", messages: [{ role: USER, content: "Grüße — 🙂 from over there" }] }) {
    id
    text
    usage { totalTokens }
  }
}`;
const COMPLETE = `subscription Complete {
  complete(input: { model: "gpt-3.5-turbo-instruct", prompt: "Once upon a time" }) { id text usage { totalTokens } }
}`;

async function startOnSandbox(): Promise<TestServer> {
  const sandbox = await startSandbox({ delayMs: 1 });
  onTestFinished(() => sandbox.close());
  return startTestServer(sandbox.url, { OPENAI_API_KEY: "sandbox" });
}

/** Runs an operation to its end; `onResult` is called with each result and how to leave. */
function gather(subscribe: Subscribe, query: string, onResult: (leave: () => void) => void = () => {}) {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of any shape
  const results: any[] = [];
  return new Promise<typeof results>((resolve, reject) => {
    const leave = subscribe(query, {
      next(result) {
        results.push(result);
        onResult(leave);
      },
      complete: () => resolve(results),
      error: reject,
    });
  });
}

describe.each(Object.entries(clients))("%s", (_, connect) => {
  test.each([
    ["chat", CHAT],
    ["complete", COMPLETE],
  ])("%s is the text that the mutation gives, in chunks, with its usage last", async (field, query) => {
    const server = await startOnSandbox();
    const results = await gather(connect(server.url), query);
    const { body } = await server.query(query.replace("subscription", "mutation"));
    const { text, usage } = body.data[field];
    expect(results.length).toBeGreaterThan(5);
    expect(results.map(({ data }) => data[field].text ?? "").join("")).toBe(text);
    expect(results.findIndex(({ data }) => data[field].usage)).toBe(results.length - 1);
    expect(results.at(-1).data[field].usage).toMatchObject(usage);
  });

  test("complete that fails in the middle: the text so far, an error with its code, the end", async () => {
    const half = event({ id: "cmpl-1", choices: [{ index: 0, text: "Hel", finish_reason: null }] });
    const fault = event({ error: { message: "Too many.", type: "requests", code: "rate_limit_exceeded" } });
    const { server } = await startStreaming(streamsThen(half, (res) => res.end(fault)));
    const results = await gather(connect(server.url), completeText);
    expect(results).toMatchObject([
      { data: { complete: { text: "Hel" } } },
      { errors: [{ extensions: { code: expect.stringMatching(/^UPSTREAM_/) } }] },
    ]);
  });

  test("who leaves complete ends the upstream call", async () => {
    const half = event({ id: "cmpl-1", choices: [{ index: 0, text: "Hel", finish_reason: null }] });
    const { upstream, server } = await startStreaming(streamsThen(half, () => {}));
    gather(connect(server.url), completeText, (leave) => leave()).catch(() => {});
    await expect.poll(() => upstream.requests.length).toBe(1);
    await upstream.requests[0]?.closed;
    expect(server.faults).toEqual([]);
  });

  test.each([
    ["does not fit the schema", chat.replace("{ text }", "{ nonsense }"), "GRAPHQL_VALIDATION_FAILED"],
    ["has a value that is refused", chat.replace('model: "m"', 'model: "m", temperature: 9'), "BAD_USER_INPUT"],
  ])("what %s is an error with its code, and calls no upstream", async (_, query, code) => {
    const { upstream, server } = await startStreaming(() => {});
    expect(await gather(connect(server.url), query)).toMatchObject([{ errors: [{ extensions: { code } }] }]);
    expect(upstream.requests).toEqual([]);
  });
});

test.each(["graphql-sse", "graphql-ws"])("%s runs queries and mutations, too", async (name) => {
  const server = await startOnSandbox();
  const run = (query: string) => gather(clients[name]?.(server.url) as Subscribe, query);
  const [models] = await run("query Models { models { id } }");
  expect(models.data.models).toContainEqual({ id: "gpt-4o-mini" });
  const [answer] = await run(CHAT.replace("subscription", "mutation"));
  expect(answer.data.chat.text).toContain("🙂");
});

test.each(Object.entries(httpClients))("%s rejects a failed mutation with its code", async (_, run) => {
  const server = await startOnSandbox();
  const failing = CHAT.replace("subscription", "mutation").replace("gpt-4o-mini", "no-such-model");
  const error = await run(server.url, failing).catch((thrown) => thrown);
  const [{ extensions }] = error.errors ?? error.graphQLErrors;
  expect(extensions.code).toBe("UPSTREAM_NOT_FOUND");
});
