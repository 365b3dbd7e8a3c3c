// The types of a chat answer's message: text, tool calls, citations, audio. Knows neither request nor stream.
import type {
  ChatAudio as OpenAIChatAudio,
  ChatMessage as OpenAIChatMessage,
  FunctionCall as OpenAIFunctionCall,
  ToolCall as OpenAIToolCall,
} from "../../openai/chat.ts";
import { builder } from "../shared/builder.ts";
import { createReadExtra, EXTRA } from "../shared/extra.ts";
import { readContent, readObject, readObjects, readString, readTime } from "../shared/lenient.ts";
import { MESSAGE_FIELDS } from "./answer-fields.ts";
import { readUrlCitations, UrlCitation } from "./citations.ts";
import { ChatImage, readImages } from "./image.ts";
import { ChatRole, readChatRole } from "./role.ts";
import { FunctionCall, ToolCall } from "./tool-call.ts";

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
      resolve: (message) => readString(message.reasoning_content),
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
      resolve: (message) => readUrlCitations(message.annotations),
    }),
    audio: t.field({
      type: ChatAudio,
      description: "The answer as audio. Null unless the request asks for it.",
      resolve: (message) => readObject<OpenAIChatAudio>(message.audio),
    }),
    images: t.field({
      type: [ChatImage],
      description: "The pictures that the model has made, if a compatible server sends them. Null if there are none.",
      resolve: (message) => readImages(message.images),
    }),
    extra: t.field({
      type: "JSONObject",
      description: `${EXTRA} Some models need it back: see \`ChatMessageInput.extra\`.`,
      resolve: createReadExtra(MESSAGE_FIELDS),
    }),
  }),
});
