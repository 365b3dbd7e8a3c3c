// The tool calls that a model made earlier, as a request gives them back: their input types and their wire form.
import { builder } from "../shared/builder.ts";
import { readExtraInput } from "../shared/extra.ts";
import { TOOL_CALL_FIELDS } from "./answer-fields.ts";

/** The function of a call. */
export const FunctionCallInput = builder.inputType("FunctionCallInput", {
  description: "A function call that the model made earlier.",
  fields: (t) => ({
    name: t.string({ required: true, description: "The function's name." }),
    arguments: t.string({
      required: true,
      description: "Its arguments: the JSON text that the model wrote, unchanged.",
    }),
  }),
});

/** The description of an `extra` that a request gives back. */
export const EXTRA_INPUT =
  "The `extra` of the answer, unchanged, where the model needs it back. Fields that this API has a place for are refused in it.";

/** A call of a function. */
export const ToolCallInput = builder.inputType("ToolCallInput", {
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

/** A call of a custom tool. */
export const CustomToolCallInput = builder.inputType("CustomToolCallInput", {
  description: "A call of a custom tool that the model made earlier.",
  fields: (t) => ({
    id: t.id({
      required: true,
      description: "The call's id. The TOOL message with the result repeats it in `toolCallId`.",
    }),
    name: t.string({ required: true, description: "The custom tool's name." }),
    input: t.string({ required: true, description: "The text that the model passed to it, unchanged." }),
    extra: t.field({ type: "JSONObject", description: EXTRA_INPUT }),
  }),
});

type ToolCall = typeof ToolCallInput.$inferInput;
type CustomToolCall = typeof CustomToolCallInput.$inferInput;

interface Calls {
  readonly toolCalls?: readonly ToolCall[] | null | undefined;
  readonly customToolCalls?: readonly CustomToolCall[] | null | undefined;
}

/**
 * The wire form of a message's calls. Null if there are none: upstreams refuse an empty list, even those that send one. Throws
 * BAD_USER_INPUT for an `extra` with a field that has its own place.
 */
export function createWireCalls({ toolCalls, customToolCalls }: Calls, index: number): readonly object[] | null {
  if (!toolCalls?.length && !customToolCalls?.length) return null;
  const functions = (toolCalls ?? []).map(({ id, function: { name, arguments: text }, extra }, place) => ({
    ...{ id, type: "function", function: { name, arguments: text } },
    ...readExtraInput(`input.messages[${index}].toolCalls[${place}].extra`, extra, TOOL_CALL_FIELDS),
  }));
  const customs = (customToolCalls ?? []).map(({ id, name, input, extra }, place) => ({
    ...{ id, type: "custom", custom: { name, input } },
    ...readExtraInput(`input.messages[${index}].customToolCalls[${place}].extra`, extra, TOOL_CALL_FIELDS),
  }));
  return [...functions, ...customs];
}
