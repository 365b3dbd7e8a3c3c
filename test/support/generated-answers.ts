// Generated streams of whole answers: all that a chat or a completion may bring, in pieces, several choices at once.
import type { Random } from "./random.ts";

type Fields = Record<string, unknown>;

const TEXTS = ["Hel", "lo", " ", "", "é", "🙂", '"', "\\", "\n", "0-first-probe-0", "stop", "世界"];
const someText = (random: Random) => Array.from({ length: random.below(3) }, () => random.pick(TEXTS)).join("");

/** Plain pieces of a text under one name. */
const pieces = (random: Random, name: string, most: number): Fields[] =>
  Array.from({ length: random.below(most) }, () => ({ [name]: someText(random) }));

function callsOf(random: Random, choice: number): Fields[] {
  const numbers = Array.from({ length: random.below(4) }, (_, number) => number);
  return numbers.flatMap((index) => {
    const id = `call_${choice}_${index}`;
    const isCustom = random.oneIn(4);
    const place = isCustom ? "custom" : "function";
    const text = isCustom ? "input" : "arguments";
    const begun = {
      ...{ index, id, type: place, [place]: { name: `tool_${index}`, [text]: "" } },
      ...(random.oneIn(3) && { extra_content: { signature: `s${index}` } }),
    };
    const rest = Array.from({ length: random.below(5) }, () => ({ index, [place]: { [text]: someText(random) } }));
    return [begun, ...rest].map((call) => ({ tool_calls: [call] }));
  });
}

const logprobOf = (token: string) => ({
  token,
  logprob: -0.5,
  bytes: [...Buffer.from(token)],
  top_logprobs: [{ token, logprob: -0.5, bytes: null }],
});

/** The deltas of one choice, in their order. */
function deltasOf(random: Random, choice: number): Fields[] {
  const sound = random.oneIn(3)
    ? [
        { audio: { id: `audio_${choice}`, expires_at: 1_800_000_000 } },
        ...["ab", "c", "defgh"].map((data) => ({ audio: { data: Buffer.from(data).toString("base64") } })),
        { audio: { transcript: "ab" } },
        { audio: { transcript: "c" } },
      ]
    : [];
  const beside = [
    { annotations: [{ type: "url_citation", url_citation: { url: "https://a.example", title: "A", start_index: 0 } }] },
    { images: [{ type: "image_url", image_url: { url: "data:image/png;base64,AA==" } }] },
    { vendor: "x" },
    { content: null, refusal: null, function_call: null },
  ].filter(() => random.oneIn(3));
  const called = random.oneIn(4)
    ? [{ function_call: { name: "f", arguments: "" } }, { function_call: { arguments: '{"a":' } }]
    : [];
  return [
    { role: "assistant", content: "" },
    ...pieces(random, random.pick(["reasoning_content", "reasoning"]), 6),
    ...pieces(random, "content", 12),
    ...pieces(random, "refusal", 3),
    ...callsOf(random, choice),
    ...called,
    ...sound,
    ...beside,
  ];
}

function createHead(isChat: boolean): Fields {
  const object = isChat ? "chat.completion.chunk" : "text_completion";
  return { id: "answer-1", object, created: 1_700_000_000, model: "m-1", system_fingerprint: "fp" };
}

function choicesOf(random: Random, isChat: boolean, number: number): Fields[] {
  const hasLogprobs = random.oneIn(3);
  const isNull = random.oneIn(2);
  const parts = isChat
    ? deltasOf(random, number).map((delta) => ({
        delta,
        ...(hasLogprobs && typeof delta.content === "string" && { logprobs: { content: [logprobOf(delta.content)] } }),
      }))
    : pieces(random, "text", 12).map(({ text }) => ({
        text,
        ...(hasLogprobs && {
          logprobs: { tokens: [text], token_logprobs: [-0.5], text_offset: [0], top_logprobs: [{ [String(text)]: 0 }] },
        }),
      }));
  const last = { ...(isChat ? { delta: {} } : { text: "" }), finish_reason: random.pick(["stop", "length", "eos"]) };
  return [...parts, { ...last, ...(random.oneIn(3) && { stop_reason: 2 }) }].map((part) => ({
    index: number,
    ...(isNull && { finish_reason: null }),
    ...part,
  }));
}

/** The events of one answer, as they come, with `n` choices. */
export function createAnswerEvents(isChat: boolean, random: Random, n: number): Fields[] {
  const head = createHead(isChat);
  const left = Array.from({ length: n }, (_, number) => choicesOf(random, isChat, number));
  const events: Fields[] = [];
  while (left.some((choices) => choices.length > 0)) {
    const open = left.filter((choices) => choices.length > 0);
    const choice = random.pick(open).shift();
    events.push({
      ...head,
      choices: [choice],
      ...(random.oneIn(3) && { usage: null }),
      ...(random.oneIn(6) && { citations: ["https://a.example"], provider: "P" }),
      ...(random.oneIn(3) && { obfuscation: "xyz" }),
      ...(random.oneIn(8) && { service_tier: "default" }),
      ...(random.oneIn(8) && { moderation: { flagged: false } }),
    });
  }
  const usage = {
    ...{ prompt_tokens: 3, completion_tokens: 9, total_tokens: 12 },
    completion_tokens_details: { reasoning_tokens: 4 },
  };
  if (random.oneIn(3)) Object.assign(events.at(-1) ?? {}, { usage });
  else events.push({ ...head, choices: [], usage });
  return events;
}
