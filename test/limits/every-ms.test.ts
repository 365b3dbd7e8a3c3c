// `everyMs` changes what a client gets, and when: not what a call costs, nor what is noted of it.
import { describe, expect, test } from "vitest";
import type { Observer, OperationRecord } from "../../src/telemetry/operation-record.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { startTestServer } from "../support/server.ts";
import { chunk, done, event, openStream, streams, write } from "../support/stream.ts";
import { subscribeSse } from "../support/subscribe.ts";
import { type Answer, startUpstream } from "../support/upstream.ts";

const messages = '[{ role: USER, content: "hi" }]';
const chat = (more: string, caps = "") =>
  `subscription { chat(${more} input: { model: "m", ${caps} messages: ${messages} }) { text } }`;
const complete = (more: string, caps = "") =>
  `subscription { complete(${more} input: { model: "m", ${caps} prompt: "hi" }) { text } }`;
const LONG = "everyMs: 5000,";

async function start(answer: Answer) {
  const records: OperationRecord[] = [];
  const observer: Observer = { operationEnds: (record) => void records.push(record) };
  const upstream = await startUpstream(answer);
  const environment = { ...aliceWith({ tokensPerDay: 100_000 }), OUTPUT_CAP_FIELD: "both", MAX_RETRIES: "0" };
  const server = await startTestServer(upstream.url, environment, [observer]);
  const readUsed = async () => {
    const { body } = await server.query("{ viewer { used { tokens } } }", {}, alice);
    return body.data.viewer.used.tokens as number;
  };
  /** Runs a stream to its end. */
  const run = async (query: string) => {
    const before = await readUsed();
    records.length = 0;
    const { results, ended } = await subscribeSse(server.url, query, {}, alice.headers);
    await ended;
    await expect.poll(() => records).toHaveLength(1);
    const [call] = records[0]?.calls ?? [];
    const texts = results.map(({ data }) => (data?.chat ?? data?.complete)?.text ?? "");
    return { results, text: texts.join(""), record: records[0], call, used: (await readUsed()) - before };
  };
  return { upstream, server, run };
}

const piece = (text: string, finish_reason: string | null = null) => ({
  id: "c",
  choices: [{ index: 0, text, finish_reason }],
});
const usage = event({ id: "c", choices: [], usage: { prompt_tokens: 5, completion_tokens: 70, total_tokens: 75 } });

describe.each([
  ["chat", chat, chunk],
  ["complete", complete, piece],
] as const)("%s", (_, query, make) => {
  const words = Array.from({ length: 30 }, (_word, place) => event(make(`word${place} `)));

  test.each([
    ["with the usage that the upstream reports", [...words, event(make("", "stop")), usage, done]],
    ["without any", [...words, event(make("", "stop")), done]],
  ])("costs the same %s", async (__, pieces) => {
    const { run } = await start(streams(...pieces));
    const plain = await run(query(""));
    const joined = await run(query(LONG));
    expect(joined.text).toBe(plain.text);
    expect(joined.results.length).toBeLessThan(plain.results.length);
    expect(joined.used).toBe(plain.used);
    expect(joined.used).toBeGreaterThan(30);
    for (const name of ["inputTokens", "outputTokens", "decision", "failure"] as const)
      expect(joined.call?.[name]).toBe(plain.call?.[name]);
    for (const { call, record } of [plain, joined]) {
      expect(record?.outcome).toBe("OK");
      expect(call?.firstTokenAt).toBeLessThanOrEqual(call?.endedAt ?? 0);
    }
  });

  test("a stream that passes its cap is ended at the same word, with the text before it", async () => {
    // One read brings all of it, so that both streams end at the same event.
    const { upstream, run } = await start(async (__, res) => {
      openStream(res);
      await write(res, words.join(""));
    });
    const plain = await run(query("", "maxTokens: 5,"));
    const joined = await run(query(LONG, "maxTokens: 5,"));
    for (const { results } of [plain, joined])
      expect(results.at(-1).errors[0].extensions.code).toBe("UPSTREAM_INVALID_RESPONSE");
    expect(joined.text).toBe(plain.text);
    expect(joined.text).toContain("word5");
    expect(joined.used).toBe(plain.used);
    for (const { closed } of upstream.requests) await closed;
  });
});
