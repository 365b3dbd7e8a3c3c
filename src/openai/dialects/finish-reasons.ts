// Why a choice ended, in the words of OpenAI and of the servers that speak its API.

/** OpenAI's words: https://platform.openai.com/docs/api-reference/chat/object#chat-object-choices-finish_reason */
export type FinishReason = "stop" | "length" | "tool_calls" | "content_filter" | "function_call";

/** By their letters: servers write one word as `max_tokens`, `MAX_TOKENS`, `max-tokens` and `maxTokens`. */
const reasons: Readonly<Record<FinishReason, readonly string[]>> = {
  stop: [
    ...["eos", "eostoken", "eosfound", "eot", "eottoken", "endturn", "endofturn", "end", "endoftext"],
    ...["stopsequence", "stoptoken", "stopword", "stopwords", "stopstring"],
    ...["complete", "completed", "finish", "finished", "done", "normal"],
  ],
  length: [
    ...["maxtokens", "maxoutputtokens", "maxnewtokens", "maxtokensreached", "maxlength", "modellength"],
    ...["tokenlimit", "lengthlimit", "errorlimit", "truncated"],
    ...["modelcontextwindowexceeded", "contextlength", "contextlengthexceeded"],
  ],
  tool_calls: ["toolcall", "tooluse", "tools", "functioncalls"],
  content_filter: [
    ...["contentfiltered", "safety", "recitation", "blocklist", "blocked", "moderation", "contentpolicy", "errortoxic"],
    ...["prohibitedcontent", "spii", "imagesafety", "sensitive", "refusal", "guardrailintervened"],
  ],
  function_call: [],
};

const byLetters = new Map(
  Object.entries(reasons).flatMap(([reason, words]) =>
    [lettersOf(reason), ...words].map((word): [string, FinishReason] => [word, reason as FinishReason]),
  ),
);

/** Longer words are not looked up. */
const MAX_LENGTH = 64;

/** OpenAI's word for an upstream's; `unknown` for one that nobody knows, null if it sends none. */
export function readFinishReason(value: unknown): FinishReason | "unknown" | null {
  const word = rawFinishReason(value);
  if (word === null) return null;
  if (word === "stop") return word;
  return (word.length <= MAX_LENGTH ? byLetters.get(lettersOf(word)) : undefined) ?? "unknown";
}

/** A word without what servers write in different ways. */
function lettersOf(word: string): string {
  return word.toLowerCase().replace(/[_\s-]/g, "");
}

/** The upstream's own word; null if it sends none. Some servers send the text `null` while a choice goes on. */
export function rawFinishReason(value: unknown): string | null {
  return typeof value === "string" && value !== "" && value !== "null" ? value : null;
}
