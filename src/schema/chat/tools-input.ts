// The tools, tool choice and response format of a chat request: their input types and wire forms.
import type { CustomToolParam, FunctionParam, JsonSchemaParam } from "../../openai/chat.ts";
import { builder } from "../shared/builder.ts";
import { given } from "../shared/wire-body.ts";

const FunctionToolInput = builder.inputType("FunctionToolInput", {
  description: "A function that the model may call. The caller runs it.",
  fields: (t) => ({
    name: t.string({ required: true, description: "Its name: letters, digits, `_` and `-`, up to 64." }),
    description: t.string({ description: "What it does. The model uses it to decide when to call the tool." }),
    parameters: t.field({
      type: "JSONObject",
      description: "Its parameters as a JSON Schema, passed on unchanged. Null if it has none.",
    }),
    strict: t.boolean({
      description: "Whether the arguments must follow the schema exactly. Null means the upstream's default.",
    }),
  }),
});

const CustomToolInput = builder.inputType("CustomToolInput", {
  description: "A tool that takes free text instead of JSON arguments.",
  fields: (t) => ({
    name: t.string({ required: true, description: "Its name." }),
    description: t.string({ description: "What it does. The model uses it to decide when to call the tool." }),
    format: t.field({
      type: "JSONObject",
      description:
        "The format of the text, such as a grammar, in OpenAI's spelling. Passed on unchanged. Null means any text.",
    }),
  }),
});

/** One tool of a chat request. */
export const ChatToolInput = builder.inputType("ChatToolInput", {
  description: "A tool that the model may call. Give exactly one field.",
  isOneOf: true,
  fields: (t) => ({
    function: t.field({ type: FunctionToolInput, description: "A function with JSON arguments." }),
    custom: t.field({ type: CustomToolInput, description: "A custom tool with free text." }),
  }),
});

const ToolChoiceMode = builder.enumType("ToolChoiceMode", {
  description: "Whether the model calls tools.",
  values: {
    NONE: { value: "none", description: "The model calls no tools." },
    AUTO: { value: "auto", description: "The model decides." },
    REQUIRED: { value: "required", description: "The model calls at least one tool." },
  },
});

const AllowedToolsInput = builder.inputType("AllowedToolsInput", {
  description: "Limits the model to some of the request's tools.",
  fields: (t) => ({
    mode: t.field({ type: ToolChoiceMode, required: true, description: "AUTO or REQUIRED." }),
    tools: t.field({
      type: ["JSONObject"],
      required: true,
      description:
        'The allowed tools as OpenAI spells them, such as `{ type: "function", function: { name: "get_weather" } }`.',
    }),
  }),
});

/** The tool choice of a chat request. */
export const ChatToolChoiceInput = builder.inputType("ChatToolChoiceInput", {
  description: "Which tools the model may or must call. Give exactly one field.",
  isOneOf: true,
  fields: (t) => ({
    mode: t.field({ type: ToolChoiceMode, description: "A mode for all tools of the request." }),
    function: t.string({ description: "The name of the function that the model must call." }),
    custom: t.string({ description: "The name of the custom tool that the model must call." }),
    allowedTools: t.field({
      type: AllowedToolsInput,
      description: "Some of the request's tools, and a mode for them.",
    }),
  }),
});

const ResponseFormatType = builder.enumType("ResponseFormatType", {
  description: "A response format without a schema.",
  values: {
    TEXT: { value: "text", description: "Plain text." },
    JSON_OBJECT: { value: "json_object", description: "Any JSON object. A message must ask for JSON as well." },
  },
});

const JsonSchemaFormatInput = builder.inputType("JsonSchemaFormatInput", {
  description: "A JSON Schema for the answer.",
  fields: (t) => ({
    name: t.string({ required: true, description: "The format's name: letters, digits, `_` and `-`, up to 64." }),
    description: t.string({ description: "What the format is for." }),
    schema: t.field({ type: "JSONObject", description: "The JSON Schema, passed on unchanged." }),
    strict: t.boolean({
      description: "Whether the answer must follow the schema exactly. Null means the upstream's default.",
    }),
  }),
});

/** The response format of a chat request. */
export const ResponseFormatInput = builder.inputType("ResponseFormatInput", {
  description: "The format of the answer. Give exactly one field.",
  isOneOf: true,
  fields: (t) => ({
    type: t.field({ type: ResponseFormatType, description: "A format without a schema." }),
    jsonSchema: t.field({ type: JsonSchemaFormatInput, description: "JSON that follows a schema." }),
  }),
});

/** The wire form of a tool. */
export function createWireTool({ function: tool, custom }: typeof ChatToolInput.$inferInput) {
  if (tool) {
    const { name, description, parameters, strict } = tool;
    return { type: "function", function: given<FunctionParam>({ name, description, parameters, strict }) };
  }
  return {
    type: "custom",
    custom: given<CustomToolParam>({ name: custom?.name, description: custom?.description, format: custom?.format }),
  };
}

/** The wire form of a tool choice. */
export function createWireToolChoice(choice: typeof ChatToolChoiceInput.$inferInput) {
  const { mode, function: functionName, custom, allowedTools } = choice;
  if (allowedTools)
    return { type: "allowed_tools", allowed_tools: { mode: allowedTools.mode, tools: allowedTools.tools } };
  if (typeof functionName === "string") return { type: "function", function: { name: functionName } };
  if (typeof custom === "string") return { type: "custom", custom: { name: custom } };
  return mode;
}

/** The wire form of a response format. */
export function createWireResponseFormat({ type, jsonSchema }: typeof ResponseFormatInput.$inferInput) {
  if (!jsonSchema) return { type };
  const { name, description, schema, strict } = jsonSchema;
  return { type: "json_schema", json_schema: given<JsonSchemaParam>({ name, description, schema, strict }) };
}
