// Owns POST /completions, the legacy endpoint: choices for every prompt, whole or streamed. Knows no HTTP.
// https://platform.openai.com/docs/api-reference/completions/create
import { cutAnswer, groupWords } from "../shared/cut-answer.ts";
import { createId, unixSeconds } from "../shared/ids.ts";
import { type LegacyLogprobs, legacyLogprobs } from "../shared/logprobs.ts";
import { fullNameOf } from "../shared/models.ts";
import { interleave, type Pace } from "../shared/pace.ts";
import { scenarioOf } from "../shared/scenarios.ts";
import { decodeTokens, loadTokenizer, type Token, type Tokenizer } from "../shared/tokens.ts";
import { createUsage } from "../shared/usage.ts";
import { continuePrompt } from "./answer.ts";
import { type CompletionRequest, readCompletionRequest } from "./request.ts";

const defaultMaxTokens = 16;

interface Continuation {
  /** With the prompt's tokens first, if the request says `echo`. */
  tokens: Token[];
  finishReason: "stop" | "length" | "content_filter";
  completionTokens: number;
  logprobs: LegacyLogprobs | null;
}

/** The completion, or its chunks if the request says `stream`. Throws HttpError before the first chunk only. */
export async function createCompletion(
  body: Record<string, unknown>,
  pace: Pace,
): Promise<object | AsyncIterable<object>> {
  const tokenizer = await loadTokenizer();
  const { request, prompts } = readCompletionRequest(body, tokenizer);
  const choiceCount = request.n ?? 1;
  const continuations = prompts.flatMap((prompt, place) =>
    Array.from({ length: choiceCount }, (_slot, copy) =>
      continueTokens(request, prompt, place * choiceCount + copy, tokenizer),
    ),
  );
  const usage = createUsage(
    prompts.reduce((sum, prompt) => sum + prompt.length, 0),
    continuations.reduce((sum, continuation) => sum + continuation.completionTokens, 0),
  );
  const frame = {
    id: createId("cmpl-"),
    object: "text_completion" as const,
    created: unixSeconds(),
    model: fullNameOf(request.model),
    system_fingerprint: "fp_sandbox0000",
  };
  if (request.stream === true) return streamChunks(request, continuations, frame, usage, pace);
  return { ...frame, choices: continuations.map(wholeChoice), usage };
}

function continueTokens(
  request: CompletionRequest,
  prompt: Token[],
  index: number,
  tokenizer: Tokenizer,
): Continuation {
  const promptText = decodeTokens(prompt);
  const scenario = scenarioOf(request.model);
  const maxTokens = request.max_tokens ?? defaultMaxTokens;
  const cut = cutAnswer(
    scenario.text ?? continuePrompt(promptText, request.suffix, index),
    { stop: request.stop, maxTokens: Math.min(maxTokens, scenario.maxTokens ?? maxTokens) },
    tokenizer,
  );
  const echo = request.echo === true;
  const tokens = echo ? [...prompt, ...cut.tokens] : cut.tokens;
  const firstOffset = echo ? 0 : Array.from(promptText).length;
  return {
    tokens,
    finishReason: scenario.finishReason ?? cut.finishReason,
    completionTokens: cut.tokens.length,
    logprobs:
      request.logprobs == null ? null : legacyLogprobs(tokens, { topCount: request.logprobs, firstOffset }, tokenizer),
  };
}

function wholeChoice({ tokens, logprobs, finishReason }: Continuation, index: number): object {
  return { text: decodeTokens(tokens), index, logprobs, finish_reason: finishReason };
}

async function* streamChunks(
  request: CompletionRequest,
  continuations: readonly Continuation[],
  frame: object,
  usage: object,
  pace: Pace,
): AsyncGenerator<object> {
  const includeUsage = request.stream_options?.include_usage === true;
  for await (const choice of interleave(continuations.map(choiceChunks), pace)) {
    yield { ...frame, choices: [choice], ...(includeUsage ? { usage: null } : {}) };
  }
  if (includeUsage) yield { ...frame, choices: [], usage };
}

function choiceChunks({ tokens, logprobs, finishReason }: Continuation, index: number): object[] {
  let place = 0;
  const words = groupWords(tokens).map((group) => {
    const start = place;
    place += group.length;
    const part = logprobs === null ? null : sliceLogprobs(logprobs, start, place);
    return { text: decodeTokens(group), index, logprobs: part, finish_reason: null };
  });
  return [...words, { text: "", index, logprobs: null, finish_reason: finishReason }];
}

function sliceLogprobs(logprobs: LegacyLogprobs, start: number, end: number): LegacyLogprobs {
  return {
    tokens: logprobs.tokens.slice(start, end),
    token_logprobs: logprobs.token_logprobs.slice(start, end),
    text_offset: logprobs.text_offset.slice(start, end),
    top_logprobs: logprobs.top_logprobs?.slice(start, end) ?? null,
  };
}
