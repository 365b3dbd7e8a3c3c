// The types of a model's tool calls, whole and in pieces.
import type {
  CustomToolCall as OpenAICustomToolCall,
  FunctionCall as OpenAIFunctionCall,
  ToolCall as OpenAIToolCall,
  ToolCallDelta as OpenAIToolCallDelta,
} from "../../openai/chat.ts";
import { builder } from "../shared/builder.ts";
import { createReadExtra, EXTRA } from "../shared/extra.ts";
import { readObject, readString } from "../shared/lenient.ts";
import { TOOL_CALL_FIELDS } from "./answer-fields.ts";

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
const CustomToolCall = builder.objectRef<OpenAICustomToolCall>("CustomToolCall").implement({
  description: "The custom tool that the model calls.",
  fields: (t) => ({
    name: t.string({ description: "The tool's name.", resolve: (call) => readString(call.name) }),
    input: t.string({
      description: "The text that the model passes to it.",
      resolve: (call) => readString(call.input),
    }),
  }),
});

/** A tool call of a whole answer. */
export const ToolCall = builder.objectRef<OpenAIToolCall>("ToolCall").implement({
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
    extra: t.field({
      type: "JSONObject",
      description: `${EXTRA} Some models need it back: see \`ToolCallInput.extra\`.`,
      resolve: createReadExtra(TOOL_CALL_FIELDS),
    }),
  }),
});

/** A piece of a tool call. */
export const ToolCallDelta = builder.objectRef<OpenAIToolCallDelta & { index: number }>("ToolCallDelta").implement({
  description: "A piece of a tool call. Pieces with the same `index` belong together: join their texts in order.",
  fields: (t) => ({
    index: t.exposeInt("index", { nullable: false, description: "The call's number in its choice, from 0." }),
    id: t.id({ description: "The call's id, on its first piece.", resolve: (call) => readString(call.id) }),
    type: t.string({
      description: "`function` or `custom`, on its first piece.",
      resolve: (call) => readString(call.type),
    }),
    function: t.field({
      type: FunctionCall,
      description: "A piece of the function call: the name is on the first piece, the arguments are spread over all.",
      resolve: (call) => readObject<OpenAIFunctionCall>(call.function),
    }),
    custom: t.field({
      type: CustomToolCall,
      description: "A piece of the custom tool call.",
      resolve: (call) => readObject<OpenAICustomToolCall>(call.custom),
    }),
    extra: t.field({ type: "JSONObject", description: EXTRA, resolve: createReadExtra(TOOL_CALL_FIELDS) }),
  }),
});
