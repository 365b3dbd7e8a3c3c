// Owns cutting an answer: at the request's limits (`stop`, a number of tokens), and into words for a stream.
import { decodeTokens, type Token, type Tokenizer } from "./tokens.ts";

/** An answer within the request's limits. */
export interface CutAnswer {
  text: string;
  tokens: Token[];
  finishReason: "stop" | "length";
}

const maxTokensPerPiece = 4;

/** The text up to the first stop sequence, then to the token limit; null means no limit. */
export function cutAnswer(
  fullText: string,
  limits: { stop: string | readonly string[] | null | undefined; maxTokens: number | null | undefined },
  tokenizer: Tokenizer,
): CutAnswer {
  const stops = (typeof limits.stop === "string" ? [limits.stop] : (limits.stop ?? [])).filter((stop) => stop !== "");
  const ends = stops.map((stop) => fullText.indexOf(stop)).filter((place) => place >= 0);
  const text = fullText.slice(0, Math.min(fullText.length, ...ends));
  const tokens = tokenizer.encode(text);
  if (limits.maxTokens == null || tokens.length <= limits.maxTokens) return { text, tokens, finishReason: "stop" };
  const kept = tokens.slice(0, limits.maxTokens);
  return { text: decodeTokens(kept), tokens: kept, finishReason: "length" };
}

/** The tokens in groups of about a word, for a stream. No group ends inside a character. */
export function groupWords(tokens: readonly Token[]): Token[][] {
  const groups: Token[][] = [];
  let group: Token[] = [];
  for (const token of tokens) {
    const startsWord = token.bytes[0] === 0x20 || token.bytes[0] === 0x0a;
    if (group.length > 0 && (startsWord || group.length >= maxTokensPerPiece) && isWhole(group)) {
      groups.push(group);
      group = [];
    }
    group.push(token);
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

function isWhole(tokens: readonly Token[]): boolean {
  const bytes = Buffer.concat(tokens.map((token) => token.bytes));
  return Buffer.from(bytes.toString()).equals(bytes);
}
