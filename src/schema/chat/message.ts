// What the model answered: message, tool calls, citations, sound. Knows neither request nor stream.
import type {
  ChatAudio as OpenAIChatAudio,
  ChatMessage as OpenAIChatMessage,
  CustomToolCall as OpenAICustomToolCall,
  FunctionCall as OpenAIFunctionCall,
  ToolCall as OpenAIToolCall,
  UrlCitation as OpenAIUrlCitation,
} from "../../openai/chat.ts";
import { builder } from "../shared/builder.ts";
import { readContent, readInt, readObject, readObjects, readString, readTime } from "../shared/lenient.ts";
import { ChatRole, readChatRole } from "./role.ts";

/** The function that a tool call calls, whole or in pieces. */
export const FunctionCall = builder.objectRef<OpenAIFunctionCall>("FunctionCall").implement({
  description: "The function that the model calls.",
  fields: (t) => ({
    name: t.string({ description: "The function's name.", resolve: (call) => readString(call.name) }),
    arguments: t.string({
      description: "Its arguments, JSON text as the model wrote it: it can be invalid, so parse it with care.",
      resolve: (call) => readString(call.arguments),
    }),
  }),
});

/** The custom tool that a tool call calls, whole or in pieces. */
export const CustomToolCall = builder.objectRef<OpenAICustomToolCall>("CustomToolCall").implement({
  description: "The custom tool that the model calls.",
  fields: (t) => ({
    name: t.string({ description: "The tool's name.", resolve: (call) => readString(call.name) }),
    input: t.string({ description: "The text that the model gives it.", resolve: (call) => readString(call.input) }),
  }),
});

const ToolCall = builder.objectRef<OpenAIToolCall>("ToolCall").implement({
  description: "A tool that the model calls: run it, and answer with a TOOL message.",
  fields: (t) => ({
    id: t.id({ description: "The call's id, for `toolCallId`.", resolve: (call) => readString(call.id) }),
    type: t.string({ description: "`function` or `custom`.", resolve: (call) => readString(call.type) }),
    function: t.field({
      type: FunctionCall,
      description: "Null: not a function.",
      resolve: (call) => readObject<OpenAIFunctionCall>(call.function),
    }),
    custom: t.field({
      type: CustomToolCall,
      description: "Null: not a custom tool.",
      resolve: (call) => readObject<OpenAICustomToolCall>(call.custom),
    }),
  }),
});

const UrlCitation = builder.objectRef<OpenAIUrlCitation & { url: string }>("UrlCitation").implement({
  description: "A web page that the answer rests on.",
  fields: (t) => ({
    url: t.string({ nullable: false, description: "The page's URL.", resolve: (citation) => citation.url }),
    title: t.string({ description: "The page's title.", resolve: (citation) => readString(citation.title) }),
    startIndex: t.int({
      description: "Index of the first character of `content` that cites it.",
      resolve: (citation) => readInt(citation.start_index),
    }),
    endIndex: t.int({
      description: "Index of the last character of `content` that cites it.",
      resolve: (citation) => readInt(citation.end_index),
    }),
  }),
});

/** The sound of an answer, whole or in pieces. */
export const ChatAudio = builder.objectRef<OpenAIChatAudio>("ChatAudio").implement({
  description: "The answer as sound.",
  fields: (t) => ({
    id: t.id({ description: "For `audioId` of a later message.", resolve: (audio) => readString(audio.id) }),
    data: t.string({
      description: "The sound, base64, in the format asked for.",
      resolve: (audio) => readString(audio.data),
    }),
    transcript: t.string({ description: "What is said.", resolve: (audio) => readString(audio.transcript) }),
    expiresAt: t.field({
      type: "DateTime",
      description: "Until when the upstream knows the id.",
      resolve: (audio) => readTime(audio.expires_at),
    }),
  }),
});

/** The message of a choice. */
export const ChatMessage = builder.objectRef<OpenAIChatMessage>("ChatMessage").implement({
  description: "What the model answered.",
  fields: (t) => ({
    role: t.field({
      type: ChatRole,
      description: "ASSISTANT. Null: not told, or a role that this schema does not know.",
      resolve: (message) => readChatRole(message.role),
    }),
    content: t.string({
      description: "The text. Null: the model refused or called tools.",
      resolve: (message) => readContent(message.content),
    }),
    refusal: t.string({
      description: "Why the model refused. Null: it did not.",
      resolve: (message) => readString(message.refusal),
    }),
    reasoning: t.string({
      description: "The model's reasoning, where a compatible server sends it (`reasoning_content` or `reasoning`).",
      resolve: (message) => readString(message.reasoning_content) ?? readString(message.reasoning),
    }),
    toolCalls: t.field({
      type: [ToolCall],
      description: "The tools that the model calls. Null: none.",
      resolve: (message) => readObjects<OpenAIToolCall>(message.tool_calls),
    }),
    functionCall: t.field({
      type: FunctionCall,
      description: "The function that the model calls, in the deprecated way (`functions` by `extraBody`). Null: none.",
      resolve: (message) => readObject<OpenAIFunctionCall>(message.function_call),
    }),
    annotations: t.field({
      type: [UrlCitation],
      description: "The web pages that the answer cites, after a web search. Null: not told.",
      resolve: (message) =>
        readObjects<{ url_citation?: unknown }>(message.annotations)?.flatMap(({ url_citation }) => {
          const citation = readObject<OpenAIUrlCitation>(url_citation);
          const url = readString(citation?.url);
          return citation && url !== null ? [{ ...citation, url }] : [];
        }),
    }),
    audio: t.field({
      type: ChatAudio,
      description: "The answer as sound. Null: none was asked for.",
      resolve: (message) => readObject<OpenAIChatAudio>(message.audio),
    }),
  }),
});
