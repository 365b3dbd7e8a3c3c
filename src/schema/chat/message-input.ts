// The messages of a chat request: their input types, checks and wire form.
import type { ChatMessageParam, FileParam, ImageUrlParam, InputAudioParam } from "../../openai/chat.ts";
import { builder } from "../shared/builder.ts";
import { checkLength, refuse } from "../shared/checks.ts";
import { readExtraInput } from "../shared/extra.ts";
import { given } from "../shared/wire-body.ts";
import { MESSAGE_INPUT_FIELDS } from "./answer-fields.ts";
import { ChatRole } from "./role.ts";
import {
  CustomToolCallInput,
  createWireCalls,
  EXTRA_INPUT,
  FunctionCallInput,
  ToolCallInput,
} from "./tool-call-input.ts";

const ImageDetail = builder.enumType("ImageDetail", {
  description: "How closely the model looks at an image.",
  values: {
    AUTO: { value: "auto", description: "The model decides." },
    LOW: { value: "low", description: "Coarse and cheap." },
    HIGH: { value: "high", description: "In detail." },
    ORIGINAL: { value: "original", description: "At the image's own resolution." },
  },
});

const ImageUrlInput = builder.inputType("ImageUrlInput", {
  description: "An image for the model to look at.",
  fields: (t) => ({
    url: t.string({
      required: true,
      description:
        "An `https:` URL that the upstream fetches, a `data:` URL, or a `url` that this server has given, which stands for its bytes. This server fetches none of them.",
    }),
    detail: t.field({ type: ImageDetail, description: "How closely to look. Null means the upstream's default." }),
  }),
});

const InputAudioInput = builder.inputType("InputAudioInput", {
  description: "Audio for the model to listen to.",
  fields: (t) => ({
    data: t.string({ required: true, description: "The audio in base64." }),
    format: t.string({ required: true, description: "Its format, such as `wav` or `mp3`." }),
  }),
});

const FilePartInput = builder.inputType("FilePartInput", {
  description: "A document for the model to read: the id of an uploaded file, or the file itself.",
  fields: (t) => ({
    fileId: t.id({ description: "The id of a file that was uploaded to the upstream." }),
    fileData: t.string({ description: "The file as a base64 `data:` URL, or a `url` that this server has given." }),
    filename: t.string({ description: "The file's name, given with `fileData`." }),
  }),
});

const ContentPartInput = builder.inputType("ContentPartInput", {
  description: "One part of a message. Give exactly one field.",
  isOneOf: true,
  fields: (t) => ({
    text: t.string({ description: "Text." }),
    refusal: t.string({ description: "The model's refusal, in an ASSISTANT message." }),
    imageUrl: t.field({ type: ImageUrlInput, description: "An image." }),
    inputAudio: t.field({ type: InputAudioInput, description: "Audio." }),
    file: t.field({ type: FilePartInput, description: "A document." }),
    upload: t.field({
      type: "Upload",
      description:
        "A file: a part of a multipart request, a `data:` URL, or a `url` that this server has given. By its content type it leaves as an image, as audio or as a document. Read whole, up to `MAX_ATTACHMENT_BYTES`.",
    }),
  }),
});

/** One message of a chat request. */
export const ChatMessageInput = builder.inputType("ChatMessageInput", {
  description: "One message of the conversation. Give either `content` or `parts`.",
  fields: (t) => ({
    role: t.field({ type: ChatRole, required: true, description: "Who wrote the message." }),
    content: t.string({
      description:
        "The whole text. Null if `parts` is given, or in an ASSISTANT message without a text, such as one that only calls tools.",
    }),
    parts: t.field({
      type: [ContentPartInput],
      description: "Text, images, audio and documents, at least one part, instead of `content`.",
    }),
    name: t.string({ description: "The participant's name, to distinguish participants with the same role." }),
    refusal: t.string({ description: "The model's refusal, in an ASSISTANT message." }),
    toolCalls: t.field({ type: [ToolCallInput], description: "The function calls that an ASSISTANT message made." }),
    customToolCalls: t.field({
      type: [CustomToolCallInput],
      description: "The custom tool calls that an ASSISTANT message made.",
    }),
    functionCall: t.field({
      type: FunctionCallInput,
      description: "The call that an ASSISTANT message made in the deprecated `function_call` format.",
    }),
    toolCallId: t.id({ description: "In a TOOL message: the id of the call that it answers." }),
    audioId: t.id({ description: "In an ASSISTANT message: the id of the model's audio answer." }),
    reasoning: t.string({
      description: "In an ASSISTANT message: the model's reasoning. It goes out as `reasoning_content`.",
    }),
    extra: t.field({ type: "JSONObject", description: EXTRA_INPUT }),
  }),
});

/** A message as resolvers get it. */
export type Message = typeof ChatMessageInput.$inferInput;
/** One part of a message as resolvers get it. */
export type ContentPart = typeof ContentPartInput.$inferInput;

/** Throws BAD_USER_INPUT for a message with both `content` and `parts`, or with neither if its role needs one. */
export function checkChatMessages(messages: readonly Message[], maxMessages: number): void {
  checkLength("input.messages", messages, [1, maxMessages]);
  for (const [index, { role, content, parts }] of messages.entries()) {
    const hasContent = typeof content === "string";
    if (hasContent && parts) refuse(`input.messages[${index}]`, "must have content or parts; got both.");
    if (!hasContent && !parts && role !== "assistant" && role !== "function") {
      refuse(`input.messages[${index}]`, "must have content or parts; got neither.");
    }
    if (parts) checkLength(`input.messages[${index}].parts`, parts, [1, Number.POSITIVE_INFINITY]);
  }
}

/** The wire form of a message. https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages */
export function createWireMessage(message: Message, index: number): ChatMessageParam {
  const wire = given<ChatMessageParam>({
    role: message.role,
    content: message.content ?? message.parts?.map(createWirePart),
    name: message.name,
    refusal: message.refusal,
    tool_calls: createWireCalls(message, index),
    function_call: message.functionCall,
    tool_call_id: message.toolCallId,
    audio: typeof message.audioId === "string" ? { id: message.audioId } : null,
    reasoning_content: message.reasoning,
  });
  // As the model's own message has it: some servers need the field. One that leaves it out means to.
  if (message.content === null && message.role === "assistant" && !message.parts) wire.content = null;
  if (!message.extra) return wire;
  return { ...wire, ...readExtraInput(`input.messages[${index}].extra`, message.extra, MESSAGE_INPUT_FIELDS) };
}

function createWirePart({ text, refusal, imageUrl, inputAudio, file }: ContentPart) {
  if (imageUrl)
    return { type: "image_url", image_url: given<ImageUrlParam>({ url: imageUrl.url, detail: imageUrl.detail }) };
  if (inputAudio)
    return {
      type: "input_audio",
      input_audio: given<InputAudioParam>({ data: inputAudio.data, format: inputAudio.format }),
    };
  if (file) {
    const { fileId, fileData, filename } = file;
    return { type: "file", file: given<FileParam>({ file_id: fileId, file_data: fileData, filename }) };
  }
  return typeof refusal === "string" ? { type: "refusal", refusal } : { type: "text", text };
}
