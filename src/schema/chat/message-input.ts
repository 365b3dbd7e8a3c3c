// The messages of a chat request: their input types, checks and wire form.
import type { ChatMessageParam, FileParam, ImageUrlParam, InputAudioParam } from "../../openai/chat.ts";
import { builder } from "../shared/builder.ts";
import { checkLength, refuse } from "../shared/checks.ts";
import { readExtraInput } from "../shared/extra.ts";
import { given } from "../shared/wire-body.ts";
import { ChatRole } from "./role.ts";

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
      description: "An `https:` URL that the upstream fetches, or a `data:` URL. This server never fetches it.",
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
    fileData: t.string({ description: "The file as a base64 `data:` URL." }),
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
  }),
});

const FunctionCallInput = builder.inputType("FunctionCallInput", {
  description: "A function call that the model made earlier.",
  fields: (t) => ({
    name: t.string({ required: true, description: "The function's name." }),
    arguments: t.string({
      required: true,
      description: "Its arguments: the JSON text that the model wrote, unchanged.",
    }),
  }),
});

const EXTRA_INPUT =
  "The `extra` of the answer, unchanged, where the model needs it back. Fields that this API has a place for are refused in it.";

const ToolCallInput = builder.inputType("ToolCallInput", {
  description: "A call of a function tool that the model made earlier.",
  fields: (t) => ({
    id: t.id({
      required: true,
      description: "The call's id. The TOOL message with the result repeats it in `toolCallId`.",
    }),
    function: t.field({ type: FunctionCallInput, required: true, description: "What was called." }),
    extra: t.field({ type: "JSONObject", description: EXTRA_INPUT }),
  }),
});

const CustomToolCallInput = builder.inputType("CustomToolCallInput", {
  description: "A call of a custom tool that the model made earlier.",
  fields: (t) => ({
    id: t.id({
      required: true,
      description: "The call's id. The TOOL message with the result repeats it in `toolCallId`.",
    }),
    name: t.string({ required: true, description: "The custom tool's name." }),
    input: t.string({ required: true, description: "The text that the model passed to it, unchanged." }),
  }),
});

/** One message of a chat request. */
export const ChatMessageInput = builder.inputType("ChatMessageInput", {
  description: "One message of the conversation. Give either `content` or `parts`.",
  fields: (t) => ({
    role: t.field({ type: ChatRole, required: true, description: "Who wrote the message." }),
    content: t.string({
      description: "The whole text. Null if `parts` is given, or in an ASSISTANT message that only calls tools.",
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
    toolCallId: t.id({ description: "In a TOOL message: the id of the call that it answers." }),
    audioId: t.id({ description: "In an ASSISTANT message: the id of the model's audio answer." }),
    reasoning: t.string({
      description: "In an ASSISTANT message: the model's reasoning. It goes out as `reasoning_content`.",
    }),
    extra: t.field({ type: "JSONObject", description: EXTRA_INPUT }),
  }),
});

type Message = typeof ChatMessageInput.$inferInput;
type ToolCall = typeof ToolCallInput.$inferInput;
type Part = typeof ContentPartInput.$inferInput;

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
  const functionCalls = message.toolCalls?.map((call, place) => createWireCall(call, index, place));
  const customCalls = message.customToolCalls?.map(({ id, name, input }) => ({
    id,
    type: "custom",
    custom: { name, input },
  }));
  const wire = given<ChatMessageParam>({
    role: message.role,
    content: message.content ?? message.parts?.map(createWirePart),
    name: message.name,
    refusal: message.refusal,
    tool_calls: functionCalls || customCalls ? [...(functionCalls ?? []), ...(customCalls ?? [])] : null,
    tool_call_id: message.toolCallId,
    audio: typeof message.audioId === "string" ? { id: message.audioId } : null,
    reasoning_content: message.reasoning,
  });
  if (!message.extra) return wire;
  return { ...wire, ...readExtraInput(`input.messages[${index}].extra`, message.extra, MESSAGE_FIELDS) };
}

/** The fields of a message and of a tool call in it that have places in their inputs. */
const MESSAGE_FIELDS = [
  ...["role", "content", "name", "refusal", "tool_calls", "tool_call_id", "audio", "reasoning_content"],
];
const TOOL_CALL_FIELDS = ["index", "id", "type", "function", "custom"];

function createWireCall({ id, function: { name, arguments: text }, extra }: ToolCall, index: number, place: number) {
  const call = { id, type: "function", function: { name, arguments: text } };
  if (!extra) return call;
  const field = `input.messages[${index}].toolCalls[${place}].extra`;
  return { ...call, ...readExtraInput(field, extra, TOOL_CALL_FIELDS) };
}

function createWirePart({ text, refusal, imageUrl, inputAudio, file }: Part) {
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
