// The adapter of the chat endpoint: POST /chat/completions.
// https://platform.openai.com/docs/api-reference/chat/create
import type {
  ChatCompletionContentPart,
  ChatCompletionContentPartImage,
  ChatCompletionContentPartInputAudio,
  ChatCompletionCreateParamsBase,
  ChatCompletionCustomTool,
  ChatCompletionMessageParam,
  ChatCompletionAudio as OpenAIChatAudio,
  ChatCompletion as OpenAIChatCompletion,
  ChatCompletionChunk as OpenAIChatCompletionChunk,
  ChatCompletionMessage as OpenAIChatMessage,
  ChatCompletionTokenLogprob as OpenAITokenLogprob,
} from "openai/resources/chat/completions";
import type { FunctionDefinition, ResponseFormatJSONSchema } from "openai/resources/shared";
import { isRecord, type Unchecked } from "../json/json.ts";
import { CHOICE_FIELDS, CHOICE_PARTS, estimateChoices, hasOutput, readAddedContent } from "./choices.ts";
import { ChunkStream } from "./chunk-stream.ts";
import { readChunks } from "./chunks.ts";
import { expectAnswer, withId } from "./client/answer.ts";
import type { OpenAIClient } from "./client/client.ts";
import { defineEndpoint } from "./client/endpoint.ts";
import { createChatEvents, normaliseChat } from "./dialects/normal-form.ts";
import { joinEvents, type Stream } from "./joining/every.ts";
import { countFields, countText, TOKENS_PER_MEDIUM } from "./token-count.ts";

/** A JSON object whose inside is the caller's. */
type Opaque = Readonly<Record<string, unknown>>;

/** OpenAI's request fields that callers cannot set here, each with its reason. */
interface LeftOut {
  function_call: "deprecated in favour of tool_choice";
  functions: "deprecated in favour of tools";
  prompt_cache_retention: "deprecated in favour of prompt_cache_options";
  stream: "the server decides: a mutation asks for the whole answer, a subscription for the stream";
  stream_options: "the server decides: streams always ask for usage";
}

/** Fields that are typed here by hand: opaque JSON, and values newer than the `openai` package for Node 20. */
interface ByHand {
  messages: readonly ChatMessageParam[];
  logit_bias: Opaque;
  metadata: Opaque;
  moderation: Opaque;
  prompt_cache_options: Opaque;
  reasoning_effort: string;
  response_format: Opaque;
  service_tier: string;
  tool_choice: string | Opaque;
  tools: readonly Opaque[];
  web_search_options: Opaque;
  audio: { format: string; voice: string };
}

type Params = Omit<ChatCompletionCreateParamsBase, keyof LeftOut>;

/** The wire body. A field of OpenAI's that is neither here nor in LeftOut does not compile where the body is built. */
export type ChatCompletionRequest = { [Key in keyof Params]: Key extends keyof ByHand ? ByHand[Key] : Params[Key] };

type KeyOf<Union> = Union extends unknown ? keyof Union : never;
/** The fields of any of a union's members, each to be named where the object is built. */
type FieldsOf<Union> = { [Key in KeyOf<Union>]?: unknown };

/** A message's fields, whatever its role. */
export type ChatMessageParam = FieldsOf<ChatCompletionMessageParam> & {
  /** DeepSeek's, of which compatible servers want back what they have sent. */
  reasoning_content?: unknown;
};
/** Left out everywhere: `prompt_cache_breakpoint`, which marks a part and which the parts' oneOf input has no place for. */
export type ImageUrlParam = FieldsOf<ChatCompletionContentPartImage.ImageURL>;
export type InputAudioParam = FieldsOf<ChatCompletionContentPartInputAudio.InputAudio>;
export type FileParam = FieldsOf<ChatCompletionContentPart.File.File>;
export type FunctionParam = FieldsOf<FunctionDefinition>;
export type CustomToolParam = FieldsOf<ChatCompletionCustomTool.Custom>;
export type JsonSchemaParam = FieldsOf<ResponseFormatJSONSchema.JSONSchema>;

/** An answer with an id and at least one choice. Every other field is as the upstream sent it, if it did. */
export type ChatCompletion = Unchecked<OpenAIChatCompletion & { metadata: Opaque; citations: readonly string[] }> & {
  id: string;
};
/** A piece of an answer. */
export type ChatCompletionChunk = Unchecked<OpenAIChatCompletionChunk & { citations: readonly string[] }> & {
  id: string;
};
export type ChatChunkChoice = Unchecked<OpenAIChatCompletionChunk.Choice>;
export type ChatDelta = Unchecked<
  OpenAIChatCompletionChunk.Choice.Delta & OthersSaid & { audio: ChatAudio; annotations: readonly object[] }
>;
export type ToolCallDelta = ToolCall & { readonly index?: unknown };
export type ChatChoice = Unchecked<OpenAIChatCompletion.Choice>;
export type ChatMessage = Unchecked<OpenAIChatMessage & OthersSaid>;
/** What compatible servers add to a message. */
export interface OthersSaid {
  reasoning_content: string;
  images: readonly object[];
}
export type UrlCitation = Unchecked<OpenAIChatMessage.Annotation.URLCitation>;
export type ChatAudio = Unchecked<OpenAIChatAudio>;
export type FunctionCall = Unchecked<{ name: string; arguments: string }>;
export type CustomToolCall = Unchecked<{ name: string; input: string }>;
export type ToolCall = Unchecked<{ id: string; type: string; function: FunctionCall; custom: CustomToolCall }>;
export type ChoiceLogprobs = Unchecked<OpenAIChatCompletion.Choice.Logprobs>;
export type TokenLogprob = Unchecked<OpenAITokenLogprob>;
export type TopLogprob = Unchecked<OpenAITokenLogprob.TopLogprob>;

/** Characters of base64 in a token of a sound or a document, of which much may be text. */
const BASE64_PER_TOKEN = 4;

/** The fields of a request that are counted by themselves, or are not text. */
const COUNTED_ELSEWHERE: ReadonlySet<string> = new Set(["messages", ...CHOICE_FIELDS]);
const CONTENT: ReadonlySet<string> = new Set(["content"]);

export const CHAT_COMPLETIONS = defineEndpoint({
  method: "POST",
  path: "/chat/completions",
  modelIn: "body",
  isPaid: true,
  operationName: "chat",
  estimate({ json }, obeyedCaps) {
    const body = isRecord(json) ? json : {};
    const prompt = countMessages(body.messages) + countFields(body, COUNTED_ELSEWHERE);
    return { prompt, ...estimateChoices(body, 1, obeyedCaps) };
  },
  normalise: normaliseChat,
  createEventNormaliser: createChatEvents,
  toEvent(body) {
    if (isRecord(body)) normaliseChat(body);
    const answer = expectAnswer<OpenAIChatCompletion>(body, "choices", CHAT_COMPLETIONS) as Record<string, unknown>;
    const choices = (answer.choices as unknown[]).filter(isRecord);
    const object = answer.object === "chat.completion" ? "chat.completion.chunk" : answer.object;
    return { ...answer, object, choices: choices.map(({ message, ...choice }) => ({ ...choice, delta: message })) };
  },
  ...CHOICE_PARTS,
  readAddedText: readAddedContent,
});

/** Asks for a whole answer. Throws OpenAIError, also if a 2xx holds no choice. */
export async function createChatCompletion(
  client: OpenAIClient,
  request: ChatCompletionRequest,
  signal: AbortSignal,
): Promise<ChatCompletion> {
  const body = await client.request({ endpoint: CHAT_COMPLETIONS, json: request }, signal);
  return withId(expectAnswer<OpenAIChatCompletion>(body, "choices", CHAT_COMPLETIONS), "chatcmpl");
}

/**
 * Asks for the answer in chunks, usage on the last one. Ends when the answer is complete; throws OpenAIError otherwise,
 * after the chunks so far. Leaving the stream ends the upstream call at once. `everyMs`: see Pace.
 */
export function streamChatCompletion(
  client: OpenAIClient,
  request: ChatCompletionRequest,
  callerSignal: AbortSignal,
  everyMs = 0,
): ChunkStream<ChatCompletionChunk> {
  const json = { ...request, stream: true, stream_options: { include_usage: true } };
  return new ChunkStream(callerSignal, (take, signal) => {
    const stream: Stream = (events) => client.stream({ endpoint: CHAT_COMPLETIONS, json }, signal, events);
    const joined = joinEvents(stream, { everyMs, hasOutput, signal });
    return readChunks<ChatCompletionChunk>(joined, "chatcmpl", take);
  });
}

function countMessages(messages: unknown): number {
  if (!Array.isArray(messages)) return 0;
  let tokens = 0;
  for (const message of messages.filter(isRecord)) {
    const { content } = message;
    tokens += countFields(message, CONTENT);
    if (!Array.isArray(content)) tokens += countText(content);
    else
      for (const part of content.filter(isRecord))
        tokens += "text" in part || "refusal" in part ? countText(part) : countMedium(part);
  }
  return tokens;
}

/** An image costs by its size in pixels, whatever its bytes; a sound and a document by their length. */
function countMedium({ input_audio, file }: Record<string, unknown>): number {
  const { data } = isRecord(input_audio) ? input_audio : {};
  const { file_data } = isRecord(file) ? file : {};
  const base64 = [data, file_data].find((text) => typeof text === "string") ?? "";
  return Math.max(TOKENS_PER_MEDIUM, Math.ceil(String(base64).length / BASE64_PER_TOKEN));
}
