// The answers of the fake upstream, as values: the upstream sends them, and the load generator checks against them.

/** A mark that prompts contain and their answers repeat. */
const NONCE = "nonce-0000000000";
let nonces = 0;

/** A new nonce, always of the same length. */
export function createNonce() {
  return `nonce-${(++nonces).toString().padStart(NONCE.length - 6, "0")}`;
}

/** The first nonce in a body, as `[from, to]`, or undefined. */
export function findNonce(body) {
  const from = body.indexOf("nonce-");
  return from === -1 ? undefined : [from, from + NONCE.length];
}

const CREATED = 1_790_000_000;
const USAGE = {
  prompt_tokens: 19,
  completion_tokens: 78,
  total_tokens: 97,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
};
const TEXT =
  'A bridge holds when what it carries and what carries it are equal.\n\n1. Span: 120 m – measured "bank to bank".\n' +
  "2. Load: people, wind, its own weight, and each of them at its worst on the same day.\n3. Café tables do not count 🙂.\n";

/** `POST /chat/completions`. */
export function chatAnswer(nonce) {
  return {
    id: `chatcmpl-${nonce}`,
    object: "chat.completion",
    created: CREATED,
    model: "gpt-4o-mini-2024-07-18",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: `${nonce}: ${TEXT}`, refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: USAGE,
    service_tier: "default",
    system_fingerprint: "fp_0123456789",
  };
}

/** `GET /models`: 60 of them. */
export const MODELS_ANSWER = {
  object: "list",
  data: Array.from({ length: 60 }, (_, index) => ({
    id: `gpt-${index}-mini-2026-01-${(index % 28) + 1}`,
    object: "model",
    created: CREATED + index,
    owned_by: index % 3 ? "system" : "openai",
  })),
};

const WORDS = TEXT.split(/(?= )/);
/** The role first, then the words, the reason to end, and the usage. */
const DELTAS = [{ role: "assistant", content: "" }, ...Array.from({ length: 197 }, (_, i) => WORDS[i % WORDS.length])];

const chunkHead = (nonce) => ({
  id: `chatcmpl-${nonce}`,
  object: "chat.completion.chunk",
  created: CREATED,
  model: "gpt-4o-mini",
});
const chunkChoices = (delta, finish_reason) => [{ index: 0, delta, logprobs: null, finish_reason }];

/** `POST /chat/completions` with `stream: true`: 200 events. */
export function chatEvents(nonce) {
  const head = chunkHead(nonce);
  return [
    ...DELTAS.map((delta) => ({
      ...head,
      choices: chunkChoices(typeof delta === "string" ? { content: delta } : delta, null),
      usage: null,
    })),
    { ...head, choices: chunkChoices({}, "stop"), usage: null },
    { ...head, choices: [], usage: USAGE },
  ];
}

/** An event of a stream that stays open. */
export function openEvent(nonce, stamp) {
  return { ...chunkHead(nonce), choices: chunkChoices({ content: `${nonce} ${stamp} ` }, null), usage: null };
}

/** Ends every uploaded file. */
export const LAST_BYTES = "the last bytes!!";

/** `POST /images/variations`: repeats the file's nonce and the number of bytes that came. */
export function variationAnswer(nonce, bytes) {
  return { created: CREATED, data: [{ url: `https://images.test/${nonce}/${bytes}.png` }] };
}
