// What an upstream's error says of the account with which it was called: whether its credit is used up, or its key refused.
import type { OpenAIError } from "./errors.ts";

/**
 * `quota`: waiting does not help, somebody has to pay or to raise a limit; `key`: the upstream does not know the key;
 * `permission`: the key may not do this.
 */
export type AccountFault = "quota" | "key" | "permission";

const QUOTA_CODE =
  /^(?:insufficient_?(?:quota|balance|credits?|funds)|credit_balance_exhausted|exceeded_current_quota(?:_error)?|billing_(?:hard_limit_reached|not_active)|arrearage)$/i;
/** What is said where there is nothing left to pay with, whatever the status: Anthropic's is 400, xAI's 403. */
const NOTHING_LEFT =
  /\binsufficient (?:account )?(?:balance|credits?|funds|quota)\b|\bbalance is (?:too low|insufficient|not enough|negative)\b|\b(?:out of|not enough|no more|any) credits?\b|\bused all (?:of )?(?:your )?(?:available |prepaid )?credits?\b|\b(?:spending|billing|key|hard) limit (?:has been |was |is )?(?:reached|exceeded)\b|\breached (?:its|your) (?:specified |monthly |workspace )*(?:spending|billing|api usage) limits?\b|\baccount is not active\b|余额不足|欠费/i;
/** Statuses that come with such words. */
const UNPAYABLE: ReadonlySet<number> = new Set([400, 403, 429]);
const CREDIT = /(?<![a-z])(?:credits?|balance)(?![a-z])/i;
const QUOTA = /(?<![a-z])quotas?(?![a-z])/i;
/** Google's quota of something that the account does not have at all. */
const NEVER_ANY = /\blimit: 0\b/;
/** A limit that is there again after a while, whatever else is said of it. */
const COMES_BACK =
  /\brate[ _-]?limit|per[ _-]?(?:second|minute|min|hour|day)(?![a-z])|\b[rt]p[smhd]\b|\b(?:hourly|daily)\b|\b(?:try(?:ing)? again|retry(?:ing)?) (?:in|after) \d/i;

const KEY_CODE = /^(?:invalid_api_key|api_key_invalid|authentication_error)$/i;
/** Gemini and xAI refuse a key with 400. Only the beginning counts: other errors quote what the caller has sent. */
const KEY_WORDS = /^(?:incorrect|invalid) api key\b|^(?:the )?api[ _-]?key (?:is )?(?:not valid|invalid|expired)\b/i;
/** OpenRouter refuses with 403 what its moderation finds in the prompt, which is the caller's. */
const OF_THE_PROMPT = /\b(?:your|the) (?:input|prompt|request) (?:was|is|has been) flagged\b|\brequires moderation\b/i;

/** What an error with a status is about, if it is the account. */
export function findAccountFault(error: OpenAIError): AccountFault | undefined {
  const { reason, message, details } = error;
  const { status = 0, code = "", type = "" } = details;
  if (reason !== "status") return undefined;
  if (isQuotaExceeded(error)) return "quota";
  if (status === 401) return "key";
  if (status === 403) return OF_THE_PROMPT.test(message) ? undefined : "permission";
  return status === 400 && (KEY_CODE.test(code) || KEY_CODE.test(type) || KEY_WORDS.test(message)) ? "key" : undefined;
}

/** Whether the account is out of quota or credit. That is not a rate limit: waiting does not help. */
export function isQuotaExceeded({ message, details }: OpenAIError): boolean {
  const { status = 0, code = "", type = "", retryAfterMs } = details;
  if (status === 402) return true;
  if (!UNPAYABLE.has(status)) return false;
  if (QUOTA_CODE.test(code) || QUOTA_CODE.test(type) || NOTHING_LEFT.test(message)) return true;
  if (status !== 429 || code === "rate_limit_exceeded") return false;
  const words = `${message} ${code} ${type}`;
  if (NEVER_ANY.test(message)) return QUOTA.test(words);
  if (COMES_BACK.test(words)) return false;
  // Who says when a quota is there again does not mean the account's.
  return CREDIT.test(words) || (QUOTA.test(words) && retryAfterMs === undefined);
}
