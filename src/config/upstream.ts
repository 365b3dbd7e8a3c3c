// The variables of the upstream: its address, the account used there, and how long calls may take.
import * as z from "zod";
import { headerFields } from "./headers.ts";
import { httpUrl, milliseconds, nameList, proxyUrl, text, variable, whole, word } from "./variable.ts";

export const upstreamVariables = {
  OPENAI_API_KEY: variable(
    "text without spaces",
    word.optional(),
    "The upstream's key. Needed for OpenAI, optional with `OPENAI_BASE_URL`.",
  ),
  OPENAI_API_KEY_FILE: variable(
    "a path",
    text.optional(),
    "A file with the upstream's key, in place of `OPENAI_API_KEY`; it is read again when it changes and on SIGHUP.",
  ),
  OPENAI_BASE_URL: variable(
    "an http(s) URL",
    httpUrl.optional(),
    "The root of the upstream's API. Unset: `https://api.openai.com/v1`, or the sandbox if no key is set either.",
  ),
  OPENAI_ORG_ID: variable("text without spaces", word.optional(), "Sent as `OpenAI-Organization`."),
  OPENAI_PROJECT_ID: variable("text without spaces", word.optional(), "Sent as `OpenAI-Project`."),
  UPSTREAM_HEADERS: variable(
    "a JSON object of strings",
    headerFields.optional(),
    "Further header fields of every upstream call by name, such as `api-key`. Their values are secrets. Not sent with `AUTH=passthrough`.",
  ),
  UPSTREAM_STREAM_USAGE: variable(
    "auto, always or never",
    z.enum(["auto", "always", "never"]).default("auto"),
    "Whether a stream asks the upstream for its usage (`stream_options`). `auto`: until the upstream refuses that.",
  ),
  HTTP_PROXY: variable(
    "an http(s) URL",
    proxyUrl.optional(),
    "The proxy on the way to an `http:` upstream, and to an `https:` one if `HTTPS_PROXY` is not set. Or `http_proxy`.",
    "http_proxy",
  ),
  HTTPS_PROXY: variable(
    "an http(s) URL",
    proxyUrl.optional(),
    "The proxy on the way to an `https:` upstream. Or `https_proxy`.",
    "https_proxy",
  ),
  NO_PROXY: variable(
    "host names, separated by commas",
    text.optional(),
    "Upstreams that are reached without a proxy: hosts with all below them, `host:port`, or `*` for all. Or `no_proxy`.",
    "no_proxy",
  ),
  OUTPUT_CAP_FIELD: variable(
    "max_tokens, max_completion_tokens or both",
    z.enum(["max_tokens", "max_completion_tokens", "both"]).optional(),
    "The cap on a chat's length that the upstream obeys. A cap under another name does not lower what is reserved of a caller's tokens. `both`: the cap that a caller gives is sent under both names, which OpenAI itself refuses. Unset: both at OpenAI and in the sandbox, neither at any other upstream.",
  ),
  EXTRA_BODY: variable(
    "on, off or names, separated by commas",
    nameList.optional(),
    "The fields that `extraBody` may hold; `*` stands for any run of characters. A client key can have its own list. Unset: on, off in production.",
  ),
  IMAGE_VARIATIONS_VIA: variable(
    "variations or edits",
    z.enum(["variations", "edits"]).default("variations"),
    "The endpoint that serves `imageVariations`. OpenAI itself has retired `variations`.",
  ),
  IMAGE_VARIATIONS_MODEL: variable(
    "text",
    text.default("gpt-image-1"),
    "The model for `edits` if the caller names none.",
  ),
  IMAGE_VARIATIONS_PROMPT: variable(
    "text",
    text.default("Create a variation of this image: keep its subject and style, change the details."),
    "The prompt for `edits`; variations have no prompt.",
  ),
  MODELS_TTL_SECONDS: variable(
    "a whole number of seconds, 0 to 86400",
    whole(0, 86_400).default(60),
    "How long the answers to `models` and `model` are kept; callers with the same upstream account share them. 0: not at all.",
  ),
  UPSTREAM_HEADERS_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(600_000),
    "Longest wait for the head of an upstream answer. The head of a chat answer that is not streamed comes only when the answer is complete.",
  ),
  UPSTREAM_IDLE_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(120_000),
    "Longest silence within an upstream answer, and longest wait for the upstream to accept more of an upload.",
  ),
  UPSTREAM_TOTAL_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(600_000),
    "Longest time that an upstream call may take, including retries and the waits between them.",
  ),
  MAX_RETRIES: variable(
    "0 to 10",
    whole(0, 10).default(2),
    "How often a call is repeated after a failure that may be temporary.",
  ),
  MAX_UPSTREAM_BYTES: variable(
    "a whole number of bytes, at least 1",
    whole(1).default(64 * 2 ** 20),
    "Largest upstream answer.",
  ),
  MAX_UPSTREAM_VALUES: variable(
    "a whole number, at least 1",
    whole(1).default(1_000_000),
    "Most values of an upstream answer, or of one event of a stream: members of objects and entries of lists.",
  ),
} as const;
