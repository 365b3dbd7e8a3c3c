// The variables that limit one request, one operation, and all callers together. Limits of a single caller are not
// variables: see schema/shared/caller-limits.ts.
import { variable, whole } from "./variable.ts";

export const limitVariables = {
  MAX_CONCURRENT: variable(
    "a whole number, at least 1",
    whole(1).default(256),
    "Most upstream calls at once, over all callers and transports; more are refused with `OVERLOADED`.",
  ),
  MAX_CONCURRENT_READS: variable(
    "a whole number, at least 1",
    whole(1).default(64),
    "Most of these calls that cost nothing, such as those for `models`, so that paid ones find room; each caller may have half of them.",
  ),
  MAX_INFLIGHT_BYTES: variable(
    "a whole number of bytes, at least 1",
    whole(1).default(256 * 2 ** 20),
    "Most bytes of requests and answers that a process holds at once, over all callers; each caller may hold a quarter of them. More are refused with `OVERLOADED`, and upstream answers wait.",
  ),
  MAX_PAID_FIELDS: variable(
    "a whole number, at least 1",
    whole(1).default(4),
    "Most root fields of a mutation or subscription in one operation.",
  ),
  MAX_N: variable(
    "a whole number, at least 1",
    whole(1).default(10),
    "Most choices or images that one field may ask for.",
  ),
  MAX_MESSAGES: variable("a whole number, at least 1", whole(1).default(256), "Most messages in a chat."),
  MAX_INPUTS: variable(
    "a whole number, at least 1",
    whole(1).default(2048),
    "Most texts in one `embed` or `moderate`, or parts in one `moderate`. OpenAI itself allows 2048.",
  ),
  MAX_OUTPUT_TOKENS: variable(
    "a whole number, at least 1",
    whole(1).optional(),
    "Most output tokens that one choice may ask for. If set, each chat or completion must name its own maximum, up to this one. Unset: no limit.",
  ),
  MAX_BODY_BYTES: variable(
    "a whole number of bytes, at least 1",
    whole(1).default(8 * 2 ** 20),
    "Largest JSON request body, or `operations` field of an upload.",
  ),
  MAX_RESPONSE_BYTES: variable(
    "a whole number of bytes, at least 1",
    whole(1).default(64 * 2 ** 20),
    "Largest answer to an operation, or one event of a stream; each of its values counts as 64 bytes at least. A whole stream may have 16 times as many.",
  ),
  MAX_UPLOAD_BYTES: variable(
    "a whole number of bytes, at least 1",
    whole(1).default(50 * 2 ** 20),
    "Largest uploaded file.",
  ),
  MAX_FILES: variable("0 to 1000", whole(0, 1000).default(20), "Most files in a request; an image edit may have 17."),
  MAX_ATTACHMENT_BYTES: variable(
    "a whole number of bytes, at least 1",
    whole(1).default(8 * 2 ** 20),
    "Largest file that is read whole, as it is sent inside JSON: `upload` in a message or a moderation, and what a URL of this server stands for there.",
  ),
  MEDIA_TTL_SECONDS: variable(
    "a whole number of seconds, 0 to 86400",
    whole(0, 86_400).default(600),
    "How long pictures and sounds that come without a URL are served below `/media/`: from memory or, if `REDIS_URL` is set, from Redis. 0, or several `WORKERS` without Redis: each `url` is a `data:` URL.",
  ),
  MEDIA_MAX_BYTES: variable(
    "a whole number of bytes, at least 1",
    whole(1).default(64 * 2 ** 20),
    "Most bytes of these pictures and sounds that a process keeps. The oldest of the caller who has most give way first; the `url` of a larger one is a `data:` URL.",
  ),
  IDEMPOTENCY_TTL_SECONDS: variable(
    "a whole number of seconds, 0 to 604800",
    whole(0, 604_800).default(86_400),
    "How long the answer to a mutation with an `Idempotency-Key` is kept: in memory or, where `REDIS_URL` is set, in Redis. 0: keys mean nothing, and no answer is kept.",
  ),
  IDEMPOTENCY_MAX_BYTES: variable(
    "a whole number of bytes, at least 1",
    whole(1).default(64 * 2 ** 20),
    "Most bytes of such answers that a process keeps in memory. Those of the caller who has most give way first; of more than 1 MiB none is kept.",
  ),
  MAX_QUERY_LENGTH: variable(
    "a whole number, at least 1",
    whole(1).default(2 ** 20),
    "Longest document, in characters. Prompts in variables do not count.",
  ),
  MAX_QUERY_TOKENS: variable(
    "a whole number, at least 1",
    whole(1).default(1000),
    "Most lexical tokens of a document.",
  ),
  MAX_DEPTH: variable("a whole number, at least 1", whole(1).default(10), "Deepest nesting of fields in a document."),
  MAX_ALIASES: variable(
    "a whole number",
    whole(0).default(30),
    "Most aliases in a document; a fragment's count each time it is used.",
  ),
  MAX_DIRECTIVES: variable(
    "a whole number",
    whole(0).default(50),
    "Most directives in a document; a fragment's count each time it is used.",
  ),
  MAX_REPRESENTATIONS: variable(
    "a whole number, at least 1",
    whole(1).default(1000),
    "Most references that a gateway may send in one `_entities` field, with `FEDERATION`.",
  ),
} as const;
