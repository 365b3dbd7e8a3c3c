// Owns made-up but lawful log probabilities: negative, falling, the same for the same token at the same place.
import type { ChatCompletionTokenLogprob } from "openai/resources/chat/completions";
import type { CompletionChoice } from "openai/resources/completions";
import { hashText } from "./hash.ts";
import { showToken, type Token, type Tokenizer } from "./tokens.ts";

/** The legacy form of logprobs, never null. */
export type LegacyLogprobs = NonNullable<CompletionChoice["logprobs"]>;

interface Ranked {
  token: Token;
  logprob: number;
}

/** Chat's form: one entry per token, each with its alternatives, the chosen token first. */
export function chatLogprobs(
  tokens: readonly Token[],
  topCount: number,
  tokenizer: Tokenizer,
): ChatCompletionTokenLogprob[] {
  return tokens.map((token, place) => {
    const ranked = rankTokens(token, place, topCount, tokenizer);
    const entries = ranked.map((candidate) => ({
      token: showToken(candidate.token),
      logprob: candidate.logprob,
      bytes: Array.from(candidate.token.bytes),
    }));
    return { ...describe(token, place), top_logprobs: entries };
  });
}

/** The legacy form: parallel lists; offsets count characters from where the prompt began. */
export function legacyLogprobs(
  tokens: readonly Token[],
  topCount: number,
  firstOffset: number,
  tokenizer: Tokenizer,
): LegacyLogprobs {
  let offset = firstOffset;
  const shown = tokens.map((token) => showToken(token, "bytes:"));
  return {
    tokens: shown,
    token_logprobs: tokens.map((token, place) => logprobOf(token, place)),
    text_offset: tokens.map((token) => {
      const start = offset;
      offset += countCharacters(token);
      return start;
    }),
    top_logprobs: tokens.map((token, place) =>
      Object.fromEntries(
        rankTokens(token, place, topCount, tokenizer).map((ranked) => [
          showToken(ranked.token, "bytes:"),
          ranked.logprob,
        ]),
      ),
    ),
  };
}

function describe(token: Token, place: number): Omit<ChatCompletionTokenLogprob, "top_logprobs"> {
  return { token: showToken(token), logprob: logprobOf(token, place), bytes: Array.from(token.bytes) };
}

function rankTokens(token: Token, place: number, topCount: number, tokenizer: Tokenizer): Ranked[] {
  const chosen = { token, logprob: logprobOf(token, place) };
  const seed = hashText(`${showToken(token)} ${place}`);
  const ranked: Ranked[] = topCount > 0 ? [chosen] : [];
  const shown = new Set([showToken(token)]);
  for (let step = 0; ranked.length < topCount; step += 1) {
    const other = tokenizer.wordAt(seed + step * 7919);
    if (shown.has(showToken(other))) continue;
    shown.add(showToken(other));
    ranked.push({ token: other, logprob: round(chosen.logprob - 1.5 - ranked.length * 0.75) });
  }
  return ranked;
}

/** Between -0.7 and -0.001: the chosen token is always the likeliest. */
function logprobOf(token: Token, place: number): number {
  return round(-0.001 - (hashText(`${place}:${showToken(token)}`) % 700) / 1000);
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** Characters that begin in this token: UTF-8 continuation bytes are 10xxxxxx. */
function countCharacters(token: Token): number {
  return token.bytes.reduce((count, byte) => count + ((byte & 0xc0) === 0x80 ? 0 : 1), 0);
}
