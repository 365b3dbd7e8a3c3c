// Log probabilities, of which chats have one object for each token and completions parallel lists; some servers send the one
// for the other.
import { isRecord } from "../../json/json.ts";

type Fields = Record<string, unknown>;

/** Brings the log probabilities of a chat's choice into OpenAI's form: one object for each token. */
export function putLogprobs(choice: Fields): void {
  const { logprobs } = choice;
  if (Array.isArray(logprobs)) choice.logprobs = { content: readEntries(logprobs) };
  else if (!isRecord(logprobs)) return;
  else if (Array.isArray(logprobs.content)) {
    if (!logprobs.content.every(isPlain)) choice.logprobs = { ...logprobs, content: readEntries(logprobs.content) };
  } else if (Array.isArray(logprobs.tokens))
    choice.logprobs = { ...logprobs, content: joined(logprobs, logprobs.tokens) };
}

/** Brings the log probabilities of a completion's choice into OpenAI's form: parallel lists. */
export function putCompletionLogprobs(choice: Fields): void {
  const { logprobs } = choice;
  const { content = logprobs, tokens = undefined, top_logprobs = undefined } = isRecord(logprobs) ? logprobs : {};
  if (Array.isArray(tokens)) {
    if (Array.isArray(top_logprobs) && top_logprobs.some(Array.isArray))
      choice.logprobs = { ...(logprobs as Fields), top_logprobs: top_logprobs.map((top) => mapOf(top) ?? top) };
    return;
  }
  if (!Array.isArray(content)) return;
  const entries = content.filter(isRecord);
  choice.logprobs = {
    ...(isRecord(logprobs) && logprobs),
    tokens: entries.map(({ token }) => token),
    token_logprobs: entries.map(({ logprob }) => logprob),
    top_logprobs: entries.map(({ top_logprobs: top }) => (isRecord(top) ? top : mapOf(top))),
  };
}

/** `[{"token": "a", "logprob": -0.1}]` as `{"a": -0.1}`. */
function mapOf(top: unknown): Fields | null {
  if (!Array.isArray(top)) return null;
  return Object.fromEntries(top.filter(isRecord).map(({ token, logprob }) => [String(token), logprob]));
}

function isPlain(entry: unknown): boolean {
  return isRecord(entry) && typeof entry.token === "string" && !isRecord(entry.top_logprobs);
}

function readEntries(entries: readonly unknown[]): Fields[] {
  return entries
    .filter(isRecord)
    .map((entry) => ({ ...entry, token: readToken(entry.token), top_logprobs: readTop(entry.top_logprobs) }));
}

function joined({ token_logprobs, top_logprobs }: Fields, tokens: readonly unknown[]): Fields[] {
  return tokens.map((token, place) => ({
    token: readToken(token),
    logprob: entryOf(token_logprobs, place),
    bytes: null,
    top_logprobs: readTop(entryOf(top_logprobs, place)),
  }));
}

/** A number is the text of it, or the token's id where there is no other. */
function readToken(token: unknown): unknown {
  return typeof token === "number" ? String(token) : token;
}

function entryOf(list: unknown, place: number): unknown {
  return Array.isArray(list) ? list[place] : undefined;
}

/** `{"token": -0.1}`, or a list in OpenAI's form. */
function readTop(top: unknown): unknown[] {
  if (Array.isArray(top)) return top;
  return isRecord(top) ? Object.entries(top).map(([token, logprob]) => ({ token, logprob, bytes: null })) : [];
}
