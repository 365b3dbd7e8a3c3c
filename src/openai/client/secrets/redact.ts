// Makes an upstream's own words safe to pass on: masks what looks like a key or an internal address, drops pages and
// stack traces. Knows neither requests nor errors.

import type { Secrets } from "./secrets.ts";

/** Longest message, in characters. Twice as many are looked at: some are masked, or left out. */
const MAX_LENGTH = 2_000;

// Upstreams quote what callers send. Each pattern takes a time that depends on the text's length alone: what can repeat
// begins where nothing of its kind stands before it, so that a run is read once and not from each of its characters.

/** A page, from its first tag to the end of the text. */
const PAGE =
  /<(?:!doctype|!--|\?xml|html|head|body|script|style|title|center|div|pre|p|br|hr|table|form|meta|link|h[1-6])(?=[\s>/-]).*/is;

/** A stack trace, from its first line to the end of the text, also if its lines were joined into one. */
const STACKS = [
  // Node, Java, .NET
  /(?:^|\n)[ \t]+at [^\n]*[:(].*/s,
  /(?<!\s)(?:\\n\s*|\s+)at (?:async |new )?(?:\S{1,200} )?\(?(?:file:\/\/|node:|\/|[A-Z]:\\)\S*:\d+.*/s,
  /(?:\s|\\[nt])at [\w$.<>/]{1,200}\((?:[\w$]+\.(?:java|kt|scala|groovy)\b|Native Method|Unknown Source).*/s,
  /(?:^|\s|\\n)Caused by: [\w.$]+.*/s,
  // Python, Go, Rust
  /Traceback \(most recent.*/s,
  /\bFile \\?"[^"\n]+", line \d+.*/s,
  /\bgoroutine \d+ \[.*/s,
  /\bpanicked at .*/s,
];

const KEYS = [
  /\bBearer\s+(?!(?:auth\w*|tokens?|schemes?|keys?|credentials?|headers?)\b)[^\s"',;<>]+/gi,
  /\bBasic\s+(?=\S*(?:[\d=]|[a-z][A-Z]))[\w+/=-]{8,}/g,
  /\b(?:sk|pk|rk|sess)[-_][\w*-]{6,}(?:\.[\w*-]+)*/gi,
  /\b(?:gsk|csk|xai|hf|r8|pplx|nvapi)[-_]\w{16,}/gi,
  /(?<![\w-])(?:org|proj)[-_](?=[\w*-]*[\dA-Z*]|[a-z]{12})[\w*-]{6,}/g,
  /\b(?:AIza|AKIA)[\w-]{12,}/g,
  // A JWT, in a run that a dot and more follow.
  /(?<![\w-])(?=[\w-]+\.[\w-])[\w-]*?\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g,
  /\b(?:api[_-]?key|access[_-]?token|key|token|secret|password|pwd|sig(?:nature)?)=[^\s&"',;)]{4,}/gi,
  /\b(?:api[_ -]?key|access[_ -]?token|secret|password|authorization)["']?\s*:\s*["']?(?=[^\s"']{0,99}\d)[^\s"',;)}]{8,}/gi,
  // Shown in part, as in `abcd****wxyz`.
  /(?<![\w*-])(?=[\w*-]*?(?:[\w-]\*{3}|\*{3}[\w-]{2}))[\w*-]+/g,
];

/** Long and mixed enough to be a key; parts of public URLs often are and stay. */
const RANDOM = /\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{28,}\b/g;

const URLS = /(\b[a-z][a-z\d+.-]{0,31}:\/\/[^\s"'`<>(){}]+)/gi;
/** What a URL names before its path: a host and a port, perhaps with the sentence's punctuation behind. */
const AUTHORITY = /^(?:https?|wss?):\/\/([^:/?#@[]*)(?::\d*[.,;:!]*)?(?:[/?#]|$)/i;
const INTERNAL_HOST =
  /^(?:[^.]*|.*\.(?:internal|local|localdomain|localhost|lan|intra|intranet|corp|svc|cluster)|[\d.]+)$/i;

const ADDRESSES = [
  /(?<![\w.-])[\w.-]*[\w-]\.(?:internal|local|localdomain|localhost|lan|intra|intranet|corp|svc|cluster)(?::\d+)?\b(?!\.?[\w(])/gi,
  /\blocalhost(?::\d+)?\b/gi,
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g,
  /\[[\da-f]*:[\da-f:.]+(?:%\w+)?\](?::\d+)?/gi,
  /(?<![\w:./-])(?:(?=[\da-f:]*::)(?=:*[\da-f])[\da-f:]+|(?:[\da-f]{1,4}:){7}[\da-f]{1,4})(?:%\w+)?(?![\w:])/gi,
  /(?<=\b(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ETIMEDOUT) )[\w.-]+(?::\d+)?/g,
  /\bhost=\S+(?: port=\d+)?/gi,
  // A host with its port: one with a dash, a dot or a digit, which few other words have, or any after these words.
  /(?<![\w./:@-])(?=[\w-]{0,63}[-.\d])(?=[\d.-]{0,63}[a-z_])[\w.-]{1,253}:(?:80|443|\d{4,5})(?![\w-])/gi,
  /(?<=\b(?:host|to|tcp|from) )(?=[a-z])[\w.-]{1,253}:\d{2,5}(?![\w-])/gi,
  /(?<=\blookup )[\w.-]{1,253}(?= on )/gi,
  // File paths: below a directory of a server, of source code, of Windows.
  /(?<![\w.])\/(?:usr|home|opt|root|var|app|etc|srv|tmp|mnt|workspace|vllm-workspace|proc|Users|private|nix)\/[^\s"'`<>)]+/g,
  /(?<![\w.:/@-])(?:[\w.@-]*\/)+[\w.-]+\.(?:py|js|cjs|mjs|ts|go|java|rs|cpp|cc|rb|php|so)(?::\d+)*\b/g,
  /\b[A-Z]:\\[^\s"'`<>)]+/g,
];

/**
 * Returns `text` as one short message without keys, internal addresses and stack traces; `""` if nothing safe is
 * left, as of an HTML page or of bytes that are not text. `secrets` are masked wherever they stand, whatever they look
 * like. Public URLs stay, without the keys in them. The time does not depend on what the text says.
 */
export function redact(text: string, secrets: Secrets): string {
  if (/[\0\uFFFD]/.test(text.slice(0, MAX_LENGTH))) return "";
  return mask(secrets.mask(cutOff(text, MAX_LENGTH * 2)), [PAGE, ...STACKS], "")
    .split(URLS)
    .map((part, place) => (place % 2 === 1 ? redactUrl(part) : redactWords(part)))
    .join("")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, MAX_LENGTH);
}

/** The text up to `length`, without the word that would be cut in two. */
function cutOff(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, Math.max(0, text.lastIndexOf(" ", length)));
}

function redactUrl(url: string): string {
  const [, host] = AUTHORITY.exec(url) ?? [];
  const isPublic = host && !INTERNAL_HOST.test(host.replace(/(?<![.,;!])[.,;!]+$/, ""));
  return isPublic ? mask(url, KEYS, "[masked]") : "[address]";
}

function redactWords(text: string): string {
  return mask(mask(text, [...KEYS, RANDOM], "[masked]"), ADDRESSES, "[address]");
}

function mask(text: string, patterns: readonly RegExp[], by: string): string {
  return patterns.reduce((masked, pattern) => masked.replace(pattern, by), text);
}
