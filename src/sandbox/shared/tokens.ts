// Owns tokens: splits text with OpenAI's o200k_base vocabulary, which is loaded on first use (about 0.2 s, 60 MB).

/** One token as bytes: several tokens may share a character. */
export interface Token {
  bytes: Uint8Array;
}

/** The loaded tokenizer. No method throws, whatever the text. */
export interface Tokenizer {
  encode(text: string): Token[];
  count(text: string): number;
  /** The tokens of these ranks, which a caller may send in place of text. An unknown rank yields an empty token. */
  fromRanks(ranks: readonly number[]): Token[];
  /** A common token that is whole text, chosen by any number. */
  wordAt(seed: number): Token;
}

// The merge loop is quadratic in the length of a run without a break: 100,000 ideographs took over a minute.
const longRun = /\S{64}|\s{64}/gu;
const commonRanks = { first: 1_000, count: 20_000 };
const noSpecialTokens = { disallowedSpecial: new Set<string>() };
let loading: Promise<Tokenizer> | undefined;

/** The one tokenizer of the process, loaded by the first call. */
export function loadTokenizer(): Promise<Tokenizer> {
  loading ??= createTokenizer();
  return loading;
}

/** The text of consecutive tokens; an incomplete last character is left out. */
export function decodeTokens(tokens: readonly Token[]): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.concat(tokens.map((token) => token.bytes)), {
    stream: true,
  });
}

/** One token as logprobs show it: its text, or the prefix and escaped bytes if it is not whole characters. */
export function showToken(token: Token, prefix = ""): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(token.bytes);
  } catch {
    return `${prefix}${Array.from(token.bytes, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}`;
  }
}

async function createTokenizer(): Promise<Tokenizer> {
  const [encoding, ranks] = await Promise.all([
    import("gpt-tokenizer/encoding/o200k_base"),
    import("gpt-tokenizer/bpeRanks/o200k_base"),
  ]);
  const encodeRanks = (text: string) => splitLongRuns(text).flatMap((run) => encoding.encode(run, noSpecialTokens));
  const tokenAt = (rank: number): Token => {
    const entry = ranks.default[rank] ?? "";
    return { bytes: typeof entry === "string" ? Buffer.from(entry) : Uint8Array.from(entry) };
  };
  return {
    encode: (text) => encodeRanks(text).map(tokenAt),
    count: (text) => encodeRanks(text).length,
    fromRanks: (wanted) => wanted.map(tokenAt),
    wordAt: (seed) => {
      let rank = commonRanks.first + (seed % commonRanks.count);
      while (typeof ranks.default[rank] === "object") rank += 1;
      return tokenAt(rank);
    },
  };
}

function splitLongRuns(text: string): string[] {
  const runs: string[] = [];
  let start = 0;
  for (const match of text.matchAll(longRun)) {
    runs.push(text.slice(start, match.index + match[0].length));
    start = match.index + match[0].length;
  }
  runs.push(text.slice(start));
  return runs;
}
