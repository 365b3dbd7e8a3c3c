// Log probabilities of a chat's tokens, which some servers send as completions have them: as parallel lists.
import { isRecord } from "../../json/json.ts";

type Fields = Record<string, unknown>;

/** Brings a choice's log probabilities into OpenAI's form for chats: one object for each token. */
export function putLogprobs(choice: Fields): void {
  const { logprobs } = choice;
  if (!isRecord(logprobs) || Array.isArray(logprobs.content) || !Array.isArray(logprobs.tokens)) return;
  const { tokens, token_logprobs, top_logprobs } = logprobs;
  const content = tokens.map((token, place) => ({
    token,
    logprob: entryOf(token_logprobs, place),
    bytes: null,
    top_logprobs: readTop(entryOf(top_logprobs, place)),
  }));
  choice.logprobs = { ...logprobs, content };
}

function entryOf(list: unknown, place: number): unknown {
  return Array.isArray(list) ? list[place] : undefined;
}

/** `{"token": -0.1}`, or a list in OpenAI's form. */
function readTop(top: unknown): unknown[] {
  if (Array.isArray(top)) return top;
  return isRecord(top) ? Object.entries(top).map(([token, logprob]) => ({ token, logprob, bytes: null })) : [];
}
