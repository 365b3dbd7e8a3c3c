// Makes an upstream's own words safe to pass on: masks what looks like a key or an internal address, drops pages and
// stack traces. Knows neither requests nor errors.

const MAX_LENGTH = 2_000;

const PAGE = /<(?:!doctype|html|head|body|title|script)\b/i;
const STACK = /^[ \t]+at .+[:(]|^[ \t]*Traceback \(most recent|^[ \t]*File ".+", line \d+|^Caused by: |^goroutine \d+/m;

const KEYS = [
  /\bBearer\s+[^\s"',;]+/gi,
  /\b(?:sk|pk|rk|gsk|xai|sess|org|proj|key|api[_-]?key|token|secret|password)[-_=:][\w*.+/=-]{6,}/gi,
  /\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g,
  /\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{28,}\b/g,
];

const ADDRESSES = [
  // URLs with credentials, with an address, or with a host that has no public name.
  /\b[a-z][a-z+.-]*:\/\/[^\s/@"']+@[^\s"'<>)]+/gi,
  /\b(?:https?|wss?|tcp|grpc):\/\/(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\]|[\w-]+(?=[:/\s"'<>)]|$)|[\w.-]+\.(?:internal|local|localdomain|lan|intra|corp|svc|cluster))[^\s"'<>)]*/gi,
  /\b[\w-]+(?:\.[\w-]+)*\.(?:internal|local|localdomain|lan|intra|corp|svc)(?::\d+)?\b/gi,
  /\blocalhost(?::\d+)?\b/gi,
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g,
  /\[[\da-f]*:[\da-f:.]+\](?::\d+)?/gi,
  /(?<![\w.])\/(?:usr|home|opt|root|var|app|etc|srv|tmp|mnt|workspace|proc)\/[^\s"'<>)]+/g,
];

/**
 * Returns `text` as one short message without keys, internal addresses and stack traces; `""` where nothing safe is
 * left, as of an HTML page. `secrets` are masked wherever they stand, whatever they look like.
 */
export function redact(text: string, secrets: readonly string[]): string {
  if (PAGE.test(text)) return "";
  const stack = text.search(STACK);
  let safe = (stack === -1 ? text : text.slice(0, stack)).slice(0, MAX_LENGTH * 2);
  for (const secret of secrets) safe = safe.replaceAll(secret, "[masked]");
  for (const key of KEYS) safe = safe.replace(key, "[masked]");
  for (const address of ADDRESSES) safe = safe.replace(address, "[address]");
  return safe
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, MAX_LENGTH);
}
