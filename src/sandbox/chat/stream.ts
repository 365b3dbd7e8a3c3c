// Owns the chunks of a streamed chat completion, and their order. Knows neither HTTP nor SSE.
// https://platform.openai.com/docs/api-reference/chat/streaming

import { groupWords } from "../shared/cut-answer.ts";
import { chatLogprobs } from "../shared/logprobs.ts";
import { interleave, type Pace } from "../shared/pace.ts";
import { decodeTokens, type Token, type Tokenizer } from "../shared/tokens.ts";
import type { Usage } from "../shared/usage.ts";
import type { ChatChoice } from "./choice.ts";
import type { ChatRequest } from "./schema.ts";
import type { ToolCall } from "./tool-calls.ts";

interface Stream {
  request: ChatRequest;
  choices: readonly ChatChoice[];
  /** The fields that every chunk repeats: id, created, model and so on. */
  frame: object;
  usage: Usage;
  tokenizer: Tokenizer;
}

interface ChunkChoice {
  index: number;
  delta: object;
  logprobs: object | null;
  finish_reason: string | null;
}

/**
 * Chunks of all choices in turn, then the usage chunk if the request asks for it. Throws the abort reason if the client
 * leaves.
 */
export async function* streamChunks(stream: Stream, pace: Pace): AsyncGenerator<object> {
  const includeUsage = stream.request.stream_options?.include_usage === true;
  const frame = { ...stream.frame, object: "chat.completion.chunk" };
  const queues = stream.choices.map((choice, index) => chunkChoices(choice, index, stream));
  for await (const choice of interleave(queues, pace)) {
    yield { ...frame, choices: [choice], ...(includeUsage ? { usage: null } : {}) };
  }
  if (includeUsage) yield { ...frame, choices: [], usage: stream.usage };
}

function chunkChoices(choice: ChatChoice, index: number, stream: Stream): ChunkChoice[] {
  const say = (delta: object, logprobs: object | null = null): ChunkChoice => ({
    index,
    delta,
    logprobs,
    finish_reason: null,
  });
  const content = choice.answer === null ? null : "";
  return [
    say({ role: "assistant", content, refusal: null }),
    ...words(choice.reasoning).map((text) => say({ reasoning_content: text })),
    ...words(choice.refusal ?? []).map((text) => say({ refusal: text })),
    ...wordChunks(choice, stream).map(({ text, logprobs }) => say({ content: text }, logprobs)),
    ...choice.toolCalls
      .flatMap((call, callIndex) => callDeltas(call, callIndex, stream.tokenizer))
      .map((delta) => say(delta)),
    { ...say({}), finish_reason: choice.finishReason },
  ];
}

function words(tokens: readonly Token[]): string[] {
  return groupWords(tokens).map(decodeTokens);
}

function wordChunks(choice: ChatChoice, { request, tokenizer }: Stream): { text: string; logprobs: object | null }[] {
  const tokens = choice.answer?.tokens ?? [];
  const all = request.logprobs === true ? chatLogprobs(tokens, request.top_logprobs ?? 0, tokenizer) : [];
  let place = 0;
  return groupWords(tokens).map((group) => {
    const content = all.slice(place, place + group.length);
    place += group.length;
    return { text: decodeTokens(group), logprobs: content.length > 0 ? { content, refusal: null } : null };
  });
}

/** First the id and the name with empty arguments, then the arguments in pieces. */
function callDeltas(call: ToolCall, index: number, tokenizer: Tokenizer): object[] {
  const input = call.type === "function" ? call.function.arguments : call.custom.input;
  const part = (piece: string) =>
    call.type === "function" ? { function: { arguments: piece } } : { custom: { input: piece } };
  const opening =
    call.type === "function"
      ? { ...call, function: { ...call.function, arguments: "" } }
      : { ...call, custom: { ...call.custom, input: "" } };
  const pieces = groupWords(tokenizer.encode(input)).map((group) => ({ index, ...part(decodeTokens(group)) }));
  return [{ index, ...opening }, ...pieces].map((toolCall) => ({ tool_calls: [toolCall] }));
}
