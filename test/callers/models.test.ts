// The models that a caller may use, in every place that names a model.
import { describe, expect, test } from "vitest";
import { isModelAllowed } from "../../src/callers/caller.ts";
import { calls, chatAnswer } from "../support/calls.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { createRandom } from "../support/random.ts";
import { startServed } from "../support/served-upstream.ts";
import { json } from "../support/upstream.ts";

const start = (models: string[] | undefined, environment: Record<string, string> = {}) =>
  startServed(json(chatAnswer), { ...aliceWith({ models }), ...environment });
const chatWith = (model: string) => ({ input: { model, messages: [{ role: "USER", content: "hi" }] } });
const chat = "mutation ($input: ChatInput!) { chat(input: $input) { text } }";

describe("models", () => {
  test.each<[string[] | undefined, string, boolean]>([
    [undefined, "anything", true],
    [["*"], "anything", true],
    [["gpt-4o-mini"], "gpt-4o-mini", true],
    [["gpt-4o-mini"], "gpt-4o", false],
    [["gpt-4o-mini"], "gpt-4o-mini-2", false],
    [["gpt-4o-mini"], "GPT-4o-mini", false],
    [["gpt-4o*"], "gpt-4o-2024-08-06", true],
    [["gpt-4o*"], "xgpt-4o", false],
    [["*/llama-?.1"], "meta/llama-3.1", false],
    [["a.c"], "abc", false],
    [["a+"], "aa", false],
    [["a", "b*d"], "bcd", true],
    [["a*"], "a\u2028b", true],
    [[], "a", false],
  ])("%j and %s: %s", async (models, model, isAllowed) => {
    const { upstream, server } = await start(models);
    const { status, body } = await server.query(chat, chatWith(model), alice);
    if (isAllowed) expect(body.data?.chat?.text ?? body.errors[0].extensions.code).toMatch(/hello|BAD_USER_INPUT/);
    else {
      expect([status, body.errors[0].extensions]).toEqual([403, { code: "FORBIDDEN" }]);
      expect(body.errors[0].message).not.toContain(model.length > 3 ? model : "\0");
    }
    expect(upstream.requests.length).toBe(isAllowed && body.data?.chat ? 1 : 0);
  });

  test.each(calls.filter(({ field }) => field !== "models"))("hold for $field", async ({ operation, answer }) => {
    const { upstream, server } = await start(["other"]);
    upstream.answer = json(answer);
    const { body } = await server.query(operation, {}, alice);
    expect(body.errors[0].extensions.code).toBe("FORBIDDEN");
    expect(upstream.requests).toHaveLength(0);
  });

  test("narrow down what `models` lists", async () => {
    const { upstream, server } = await start(["gpt-*"]);
    upstream.answer = json({ data: [{ id: "gpt-5" }, { id: "o3" }, { id: "gpt-4o" }] });
    expect((await server.query("{ models { id } }", {}, alice)).body.data.models).toEqual([
      { id: "gpt-5" },
      { id: "gpt-4o" },
    ]);
  });

  test("hold for the model that the operator chose for edits", async () => {
    const edits = { IMAGE_VARIATIONS_VIA: "edits", IMAGE_VARIATIONS_MODEL: "gpt-image-1" };
    const query = 'mutation { imageVariations(input: { image: "data:image/png;base64,aGk=" }) { data { url } } }';
    const allowed = await start(["gpt-image-*"], edits);
    allowed.upstream.answer = json({ data: [{ url: "https://images.example.com/1.png" }] });
    expect((await allowed.server.query(query, {}, alice)).body.errors).toBeUndefined();
    const forbidden = await start(["dall-e-2"], edits);
    expect((await forbidden.server.query(query, {}, alice)).body.errors[0].extensions.code).toBe("FORBIDDEN");
    expect(forbidden.upstream.requests).toHaveLength(0);
  });

  test("a model in another case of `extraBody` does not get past them", async () => {
    const { upstream, server } = await start(["small"]);
    const { body } = await server.query(
      chat,
      { input: { ...chatWith("small").input, extraBody: { MODEL: "large" } } },
      alice,
    );
    expect(body.errors[0].extensions.code).toBe("BAD_USER_INPUT");
    expect(upstream.requests).toHaveLength(0);
  });
});

test("a pattern allows what its expression would, and a long name takes no longer", () => {
  const random = createRandom(1);
  const write = (letters: string, length: number) => Array.from({ length }, () => random.pick([...letters])).join("");
  const allow = (models: string[], model: string) => isModelAllowed({ id: "a", key: "a", limits: { models } }, model);
  let allowed = 0;
  for (let round = 0; round < 5_000; round++) {
    const [pattern, model] = [write("ab*", random.below(6)), write("ab", random.below(8))];
    const expected = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(model);
    if (expected) allowed++;
    expect([pattern, model, allow([pattern], model)]).toEqual([pattern, model, expected]);
  }
  expect(allowed).toBeGreaterThan(200);
  // An expression would try some 10^20 ways.
  expect(allow(["*a*a*a*a*a*b"], `${"a".repeat(100_000)}c`)).toBe(false);
});
