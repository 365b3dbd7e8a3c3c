// The types of a chat answer's message: text, tool calls, citations, audio. Knows neither request nor stream.
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

/** The function of a tool call, whole or in pieces. */
export const FunctionCall = builder.objectRef<OpenAIFunctionCall>("FunctionCall").implement({
  description: "The function that the model calls.",
  fields: (t) => ({
    name: t.string({ description: "The function's name.", resolve: (call) => readString(call.name) }),
    arguments: t.string({
      description: "Its arguments: JSON text as the model wrote it. It may be invalid, so parse it with care.",
      resolve: (call) => readString(call.arguments),
    }),
  }),
});

/** The custom tool of a tool call, whole or in pieces. */
export const CustomToolCall = builder.objectRef<OpenAICustomToolCall>("CustomToolCall").implement({
  description: "The custom tool that the model calls.",
  fields: (t) => ({
    name: t.string({ description: "The tool's name.", resolve: (call) => readString(call.name) }),
    input: t.string({
      description: "The text that the model passes to it.",
      resolve: (call) => readString(call.input),
    }),
  }),
});

const ToolCall = builder.objectRef<OpenAIToolCall>("ToolCall").implement({
  description: "A tool that the model calls. Run it and send the result in a TOOL message.",
  fields: (t) => ({
    id: t.id({ description: "The call's id, to be repeated in `toolCallId`.", resolve: (call) => readString(call.id) }),
    type: t.string({ description: "`function` or `custom`.", resolve: (call) => readString(call.type) }),
    function: t.field({
      type: FunctionCall,
      description: "The function. Null if the tool is not a function.",
      resolve: (call) => readObject<OpenAIFunctionCall>(call.function),
    }),
    custom: t.field({
      type: CustomToolCall,
      description: "The custom tool. Null if the tool is a function.",
      resolve: (call) => readObject<OpenAICustomToolCall>(call.custom),
    }),
  }),
});

const UrlCitation = builder.objectRef<OpenAIUrlCitation & { url: string }>("UrlCitation").implement({
  description: "A web page that the answer cites.",
  fields: (t) => ({
    url: t.string({ nullable: false, description: "The page's URL.", resolve: (citation) => citation.url }),
    title: t.string({ description: "The page's title.", resolve: (citation) => readString(citation.title) }),
    startIndex: t.int({
      description: "Index of the first character in `content` of the text that cites the page.",
      resolve: (citation) => readInt(citation.start_index),
    }),
    endIndex: t.int({
      description: "Index of the last character in `content` of the text that cites the page.",
      resolve: (citation) => readInt(citation.end_index),
    }),
  }),
});

/** The audio of an answer, whole or in pieces. */
export const ChatAudio = builder.objectRef<OpenAIChatAudio>("ChatAudio").implement({
  description: "The answer as audio.",
  fields: (t) => ({
    id: t.id({
      description: "The id of the audio, for `audioId` of a later message.",
      resolve: (audio) => readString(audio.id),
    }),
    data: t.string({
      description: "The audio in base64, in the requested format.",
      resolve: (audio) => readString(audio.data),
    }),
    transcript: t.string({ description: "The spoken text.", resolve: (audio) => readString(audio.transcript) }),
    expiresAt: t.field({
      type: "DateTime",
      description: "Until when the upstream accepts the id.",
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
      description: "ASSISTANT. Null if the upstream sends no role, or one that this schema does not know.",
      resolve: (message) => readChatRole(message.role),
    }),
    content: t.string({
      description: "The text. Null if the model refuses or calls tools.",
      resolve: (message) => readContent(message.content),
    }),
    refusal: t.string({
      description: "Why the model refuses. Null if it does not.",
      resolve: (message) => readString(message.refusal),
    }),
    reasoning: t.string({
      description: "The model's reasoning, if a compatible server sends it (as `reasoning_content` or `reasoning`).",
      resolve: (message) => readString(message.reasoning_content) ?? readString(message.reasoning),
    }),
    toolCalls: t.field({
      type: [ToolCall],
      description: "The tools that the model calls. Null if it calls none.",
      resolve: (message) => readObjects<OpenAIToolCall>(message.tool_calls),
    }),
    functionCall: t.field({
      type: FunctionCall,
      description:
        "The function that the model calls in the deprecated `function_call` format, which a request uses by `functions` in `extraBody`. Null if there is none.",
      resolve: (message) => readObject<OpenAIFunctionCall>(message.function_call),
    }),
    annotations: t.field({
      type: [UrlCitation],
      description: "The web pages that the answer cites, after a web search. Null if the upstream reports none.",
      resolve: (message) =>
        readObjects<{ url_citation?: unknown }>(message.annotations)?.flatMap(({ url_citation }) => {
          const citation = readObject<OpenAIUrlCitation>(url_citation);
          const url = readString(citation?.url);
          return citation && url !== null ? [{ ...citation, url }] : [];
        }),
    }),
    audio: t.field({
      type: ChatAudio,
      description: "The answer as audio. Null unless the request asks for it.",
      resolve: (message) => readObject<OpenAIChatAudio>(message.audio),
    }),
  }),
});
