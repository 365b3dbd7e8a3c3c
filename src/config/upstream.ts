// Which upstream is called, in whose name, and how long it may take.
import { z } from "zod";
import { httpUrl, milliseconds, text, variable, whole, word } from "./variable.ts";

export const upstreamVariables = {
  OPENAI_API_KEY: variable(
    "text without spaces",
    word.optional(),
    "The upstream's key. Needed for OpenAI, optional with `OPENAI_BASE_URL`.",
  ),
  OPENAI_BASE_URL: variable(
    "an http(s) URL",
    httpUrl.optional(),
    "The root of the upstream's API. Unset: `https://api.openai.com/v1`, or the sandbox where there is no key either.",
  ),
  OPENAI_ORG_ID: variable("text without spaces", word.optional(), "Sent as `OpenAI-Organization`."),
  OPENAI_PROJECT_ID: variable("text without spaces", word.optional(), "Sent as `OpenAI-Project`."),
  IMAGE_VARIATIONS_VIA: variable(
    "variations or edits",
    z.enum(["variations", "edits"]).default("variations"),
    "The endpoint that serves `imageVariations`. OpenAI itself has retired `variations`.",
  ),
  IMAGE_VARIATIONS_MODEL: variable(
    "text",
    text.default("gpt-image-1"),
    "The model for `edits` where the caller names none.",
  ),
  IMAGE_VARIATIONS_PROMPT: variable(
    "text",
    text.default("Create a variation of this image: keep its subject and style, change the details."),
    "The prompt for `edits`, which variations have not.",
  ),
  MODELS_TTL_SECONDS: variable(
    "a whole number of seconds, 0 to 86400",
    whole(0, 86_400).default(60),
    "How long the answers to `models` and `model` are kept, for all callers with the same account upstream. 0: not at all.",
  ),
  UPSTREAM_HEADERS_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(600_000),
    "Longest wait for the head of an upstream answer. A whole chat answer's head comes with its end.",
  ),
  UPSTREAM_IDLE_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(120_000),
    "Longest silence inside an upstream answer, and longest wait for the upstream to take more of an upload.",
  ),
  UPSTREAM_TOTAL_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(600_000),
    "Longest time for an upstream call, retries and waits included.",
  ),
  MAX_RETRIES: variable("0 to 10", whole(0, 10).default(2), "Attempts after the first, for failures that may pass."),
  MAX_UPSTREAM_BYTES: variable(
    "a whole number of bytes, at least 1",
    whole(1).default(128 * 2 ** 20),
    "Largest upstream answer.",
  ),
} as const;
