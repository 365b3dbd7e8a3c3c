// The names of models, in every place that takes one: a name stands for one model, whatever a router makes of its signs.
import { expect, test } from "vitest";
import { chatAnswer } from "../support/calls.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { shared } from "../support/lifetime.ts";
import { startServed } from "../support/served-upstream.ts";
import { subscribeSse } from "../support/subscribe.ts";
import { json } from "../support/upstream.ts";

const messages = [{ role: "USER", content: "hi" }];
const PLACES = {
  chat: [
    "mutation ($input: ChatInput!) { chat(input: $input) { id } }",
    (model: string) => ({ input: { model, messages } }),
  ],
  complete: [
    "mutation ($input: CompleteInput!) { complete(input: $input) { id } }",
    (model: string) => ({ input: { model, prompt: "hi" } }),
  ],
  embed: [
    "mutation ($input: EmbedInput!) { embed(input: $input) { model } }",
    (model: string) => ({ input: { model, input: "hi" } }),
  ],
  moderate: [
    "mutation ($input: ModerateInput!) { moderate(input: $input) { model } }",
    (model: string) => ({ input: { model, input: "hi" } }),
  ],
  imageVariations: [
    "mutation ($input: ImageVariationsInput!) { imageVariations(input: $input) { created } }",
    (model: string) => ({ input: { model, image: "data:image/png;base64,aGk=" } }),
  ],
  model: ["query ($id: ID!) { model(id: $id) { id } }", (id: string) => ({ id })],
} as const;
const places = Object.keys(PLACES) as (keyof typeof PLACES)[];
const STREAMS = ["chat", "complete"] as const;

const served = shared(() =>
  startServed(json({ ...chatAnswer, data: [{ embedding: [1] }], results: [{}] }), aliceWith({ models: ["a*"] })),
);

/** Names that an allow-list of `a*` lets through, and that routers take for several models, for none or for another. */
const SEVERAL = [
  "a,b",
  "a, b",
  "a;b",
  "a|b",
  "a||b",
  "a b",
  "a\tb",
  "a\u00a0b",
  "a\u2003b",
  "a\u3000b",
  "a\uff0cb",
  "a\uff1bb",
  "a\uff5cb",
  "a\nb",
  "a\r\nb",
  "a\u0000b",
  "a\u0085b",
  "a\u2028b",
  "a\u200bb",
  "a\u202eb",
  "a\ud800b",
  "a,",
  "a ",
  "a/../b",
  "a\\..\\b",
  "a/\uff0e\uff0e/b",
  `a${"b".repeat(256)}`,
];

test.each(places.flatMap((place) => SEVERAL.map((name) => [place, name] as const)))(
  "%s refuses %j",
  async (place, name) => {
    const { upstream, server } = served();
    const [query, variables] = PLACES[place];
    const { body } = await server.query(query, variables(name), alice);
    expect(body.errors[0].extensions.code).toBe("BAD_USER_INPUT");
    expect(upstream.requests).toEqual([]);
  },
);

test.each(STREAMS.flatMap((place) => ["a,b", "a;b", "a b", "a\u0000b"].map((name) => [place, name] as const)))(
  "a subscription to %s refuses %j",
  async (place, name) => {
    const { upstream, server } = served();
    const [query, variables] = PLACES[place];
    const stream = query.replace("mutation", "subscription");
    const { results, ended } = await subscribeSse(server.url, stream, variables(name), alice.headers);
    expect(await ended).toBe("complete");
    expect(results[0].errors[0].extensions.code).toBe("BAD_USER_INPUT");
    expect(upstream.requests).toEqual([]);
  },
);

/** Names that are in use. */
const SINGLE = [
  "openrouter/x:free",
  "ft:gpt-4o:org::id",
  "accounts/fireworks/models/x",
  "gpt-4o@2024",
  "model+suffix",
  "@cf/meta/llama-3.1-8b-instruct",
  "anthropic.claude-3-5-sonnet-20241022-v2:0",
  "hf.co/bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M",
  "~/models/x.gguf",
  "model#1&2=3?",
  "model%2C",
  "(model)[1]{2}",
  "qwen-\u6a21\u578b",
  "a..b",
];

test.each(places.flatMap((place) => SINGLE.map((name) => [place, name] as const)))(
  "%s takes %j",
  async (place, name) => {
    const { upstream, server } = await startServed(json({ ...chatAnswer, data: [{ embedding: [1] }], results: [{}] }));
    const [query, variables] = PLACES[place];
    const { body } = await server.query(query, variables(name));
    expect(body.errors).toBeUndefined();
    const { path, body: sent } = upstream.requests[0] ?? { path: "", body: "" };
    expect(decodeURIComponent(path) + sent).toContain(name);
  },
);
