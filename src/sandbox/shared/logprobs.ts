// Owns log probabilities, made up but plausible: negative, falling, and always the same for a token at a place.
import { hashText } from "./ids.ts";
import { showToken, type Token, type Tokenizer } from "./tokens.ts";

/** One token of chat's logprobs. */
interface ChatLogprob {
  token: string;
  logprob: number;
  bytes: number[];
  top_logprobs: object[];
}

/** Parallel lists with an entry for each token. The first token of a text has no probability: null. */
export interface LegacyLogprobs {
  tokens: string[];
  token_logprobs: (number | null)[];
  /** In characters. */
  text_offset: number[];
  /** null if the request asks for no alternatives. */
  top_logprobs: (Record<string, number> | null)[] | null;
}

interface Ranked {
  token: Token;
  logprob: number;
}

/** Chat's form: one entry per token, each with its alternatives, the chosen token first. */
export function chatLogprobs(tokens: readonly Token[], topCount: number, tokenizer: Tokenizer): ChatLogprob[] {
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

/** The legacy form. Offsets count from the start of the prompt; the first token of an echoed prompt has no logprob. */
export function legacyLogprobs(
  tokens: readonly Token[],
  span: { topCount: number; firstOffset: number },
  tokenizer: Tokenizer,
): LegacyLogprobs {
  const { topCount, firstOffset } = span;
  const unlikely = (place: number) => firstOffset === 0 && place === 0;
  let offset = firstOffset;
  return {
    tokens: tokens.map((token) => showToken(token, "bytes:")),
    token_logprobs: tokens.map((token, place) => (unlikely(place) ? null : logprobOf(token, place))),
    text_offset: tokens.map((token) => {
      const start = offset;
      offset += countCharacters(token);
      return start;
    }),
    top_logprobs:
      topCount === 0 ? null : tokens.map((token, place) => (unlikely(place) ? null : rankedRecord(token, place))),
  };

  function rankedRecord(token: Token, place: number): Record<string, number> {
    const ranked = rankTokens(token, place, topCount, tokenizer);
    return Object.fromEntries(ranked.map((candidate) => [showToken(candidate.token, "bytes:"), candidate.logprob]));
  }
}

function describe(token: Token, place: number): Omit<ChatLogprob, "top_logprobs"> {
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

/** How many characters begin in this token: UTF-8 continuation bytes, 10xxxxxx, begin none. */
function countCharacters(token: Token): number {
  return token.bytes.reduce((count, byte) => count + ((byte & 0xc0) === 0x80 ? 0 : 1), 0);
}
