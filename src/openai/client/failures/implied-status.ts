// The HTTP status that an error inside HTTP 200 stands for.
import { isRecord } from "../../../json/json.ts";
import { isPlain } from "./error-words.ts";

/** By the error's type, code or status word. The first that fits counts. */
const BY_TYPE: readonly [RegExp, number][] = [
  [/insufficient_?(?:quota|balance|credit|funds)|credit_balance|payment/i, 402],
  [/quota|rate_?limit|too_?many|throttl|resource_?exhausted/i, 429],
  [/authentication|unauthenticated|unauthorized|invalid_?api_?key/i, 401],
  [/permission|forbidden|access_?denied/i, 403],
  [/not_?found|no_?such/i, 404],
  [/overloaded|unavailable|capacity/i, 503],
  [/timeout|deadline/i, 504],
  [
    /invalid|validation|bad_?request|context_?length|content_?(?:policy|filter)|unprocessable|unsupported|too_?large/i,
    400,
  ],
];

/** By its words, where neither of these tells. */
const BY_WORDS: readonly [RegExp, number][] = [
  [
    /\b(?:insufficient (?:balance|credits?|funds|quota)|exceeded your current quota|out of credits?|no credits? left)\b/i,
    402,
  ],
  [/\b(?:rate limit|too many requests)\b/i, 429],
  [
    /\b(?:invalid|incorrect|missing) api key\b|\bapi key (?:is )?(?:not valid|invalid|expired)\b|\bunauthorized\b/i,
    401,
  ],
  [/\b(?:permission denied|access denied|forbidden)\b/i, 403],
  [/\b(?:not found|does not exist|no such (?:model|path|route|file)|unknown model)\b/i, 404],
  [
    /\b(?:validation error|bad request|invalid (?:request|input|argument|parameter|value)|maximum context|context (?:length|window)|too long|must be|not supported)\b/i,
    400,
  ],
  [/\b(?:overloaded|at capacity|temporarily unavailable)\b/i, 503],
];

/** Words beyond this length are not looked at. */
const MAX_LENGTH = 2_000;

/** The error's own number from 400 to 599, or what its type, its code or its words stand for; 500 if nothing tells. */
export function impliedStatus(error: Readonly<Record<string, unknown>>, words: string): number {
  const { base_resp } = error;
  const { status_code } = isRecord(base_resp) ? base_resp : error;
  for (const value of [error.code, error.status, error.statusCode, status_code, error.http_status, error.error_code]) {
    const number = isPlain(value) && value !== "" ? Number(value) : Number.NaN;
    if (Number.isInteger(number) && number >= 400 && number <= 599) return number;
  }
  const types = [error.type, error.code, error.status, error.error_type, error.error_code, error.__type].filter(
    (type) => typeof type === "string",
  );
  return find(BY_TYPE, types.join(" ")) ?? find(BY_WORDS, words) ?? 500;
}

function find(statuses: readonly [RegExp, number][], text: string): number | undefined {
  const start = text.slice(0, MAX_LENGTH);
  return statuses.find(([pattern]) => pattern.test(start))?.[1];
}
