// What a caller is charged, by all the ways in which servers tell the tokens of a call: what is told, or else what is seen.
import { describe, expect, test } from "vitest";
import { alice, aliceWith } from "../support/keys.ts";
import { shared } from "../support/lifetime.ts";
import { startServed } from "../support/served-upstream.ts";
import { done, event, streams } from "../support/stream.ts";
import { subscribeSse } from "../support/subscribe.ts";
import { json } from "../support/upstream.ts";

const served = shared(() => startServed(json({}), aliceWith({ tokensPerDay: 1_000_000_000 })));

/** About 100 tokens, as they are estimated. */
const TEXT = "word ".repeat(60);
const counts = { prompt_tokens: 1_000, completion_tokens: 200, total_tokens: 1_200 };

// biome-ignore lint/suspicious/noExplicitAny: bodies of any shape
type Json = any;

async function readUsed(): Promise<number> {
  const { body } = await served().server.query("{ viewer { used { tokens } } }", {}, alice);
  return body.data.viewer.used.tokens;
}

/** The tokens that one operation is charged. */
async function charge(query: string, events: Json[] | undefined, answer: Json): Promise<number> {
  const { upstream, server } = served();
  upstream.answer = events ? streams(...events.map(event), done) : json(answer);
  const before = await readUsed();
  if (!events) await server.query(query, {}, alice);
  else expect(await (await subscribeSse(server.url, query, {}, alice.headers)).ended).toBe("complete");
  return (await readUsed()) - before;
}

const chat = 'chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { choices { index } }';
const complete = 'complete(input: { model: "m", prompt: "hi" }) { choices { index } }';

const ways: [name: string, charge: (around: Json, inChoice: Json) => Promise<number>][] = [
  [
    "a chat",
    (around, inChoice) =>
      charge(`mutation { ${chat} }`, undefined, {
        choices: [{ index: 0, message: { content: TEXT }, finish_reason: "stop", ...inChoice }],
        ...around,
      }),
  ],
  [
    "a chat's stream",
    (around, inChoice) =>
      charge(
        `subscription { ${chat} }`,
        [
          { choices: [{ index: 0, delta: { content: TEXT } }] },
          { choices: [{ index: 0, delta: {}, finish_reason: "stop", ...inChoice }], ...around },
        ],
        undefined,
      ),
  ],
  [
    "a completion",
    (around, inChoice) =>
      charge(`mutation { ${complete} }`, undefined, {
        choices: [{ index: 0, text: TEXT, finish_reason: "stop", ...inChoice }],
        ...around,
      }),
  ],
  [
    "a completion's stream",
    (around, inChoice) =>
      charge(
        `subscription { ${complete} }`,
        [
          { choices: [{ index: 0, text: TEXT }] },
          { choices: [{ index: 0, text: "", finish_reason: "stop", ...inChoice }], ...around },
        ],
        undefined,
      ),
  ],
];

describe.each(ways)("%s is charged", (_, chargeOf) => {
  test.each<[name: string, around: Json, inChoice: Json]>([
    ["what is told", { usage: counts }, {}],
    ["fractions, rounded", { usage: { prompt_tokens: 1_000.2, completion_tokens: 199.8, total_tokens: 1_200 } }, {}],
    ["what a choice tells", {}, { usage: counts }],
    ["what x_groq tells", { x_groq: { usage: counts } }, {}],
    ["both parts where there is no total", { usage: { prompt_tokens: 1_000, completion_tokens: 200 } }, {}],
    ["the total where it is alone", { usage: { total_tokens: 1_200 } }, {}],
    ["other names", { usage: { input_tokens: 1_000, output_tokens: 200 } }, {}],
    ["a total below its parts as its parts", { usage: { ...counts, total_tokens: 3 } }, {}],
  ])("%s", async (_, around, inChoice) => {
    expect(await chargeOf(around, inChoice)).toBe(1_200);
  });

  test.each<[name: string, usage: Json]>([
    ["nothing is told", null],
    ["nothing is in it", {}],
    ["it is negative", { prompt_tokens: -5, completion_tokens: -5, total_tokens: -10 }],
    ["it is not finite", { prompt_tokens: "Infinity", completion_tokens: "NaN", total_tokens: "1e309" }],
    ["it is more than ten million", { prompt_tokens: 2e7, completion_tokens: 2e7, total_tokens: 4e7 }],
    ["its parts make more than ten million", { prompt_tokens: 9e6, completion_tokens: 9e6, total_tokens: 18e6 }],
    ["it is text", { prompt_tokens: "1000", completion_tokens: "200", total_tokens: "1200" }],
    ["it is zero", { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }],
    ["it is a list", [counts]],
  ])("for what is seen, if %s", async (_, usage) => {
    const charged = await chargeOf({ usage }, {});
    expect(charged).toBeGreaterThanOrEqual(90);
    expect(charged).toBeLessThan(150);
  });
});
