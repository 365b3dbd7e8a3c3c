// Tools, tool choice and response format of a chat request: inputs and their wire form.
import type { CustomToolParam, FunctionParam, JsonSchemaParam } from "../../openai/chat.ts";
import { builder } from "../shared/builder.ts";
import { given } from "../shared/wire-body.ts";

const FunctionToolInput = builder.inputType("FunctionToolInput", {
  description: "A function that the model may call; the caller runs it.",
  fields: (t) => ({
    name: t.string({ required: true, description: "Its name: letters, digits, `_` and `-`, up to 64." }),
    description: t.string({ description: "What it does, for the model to decide when to call it." }),
    parameters: t.field({
      type: "JSONObject",
      description: "Its parameters as a JSON Schema, passed on unchanged. Null: it has none.",
    }),
    strict: t.boolean({
      description: "Whether the arguments must follow the schema exactly. Null: the upstream's default.",
    }),
  }),
});

const CustomToolInput = builder.inputType("CustomToolInput", {
  description: "A tool that takes free text in place of JSON arguments.",
  fields: (t) => ({
    name: t.string({ required: true, description: "Its name." }),
    description: t.string({ description: "What it does, for the model to decide when to call it." }),
    format: t.field({
      type: "JSONObject",
      description: "The text's format as OpenAI spells it, such as a grammar, passed on unchanged. Null: any text.",
    }),
  }),
});

/** One tool of a chat request. */
export const ChatToolInput = builder.inputType("ChatToolInput", {
  description: "A tool that the model may call; exactly one field is given.",
  isOneOf: true,
  fields: (t) => ({
    function: t.field({ type: FunctionToolInput, description: "A function with JSON arguments." }),
    custom: t.field({ type: CustomToolInput, description: "A custom tool with free text." }),
  }),
});

const ToolChoiceMode = builder.enumType("ToolChoiceMode", {
  description: "Whether the model calls tools.",
  values: {
    NONE: { value: "none", description: "It calls none." },
    AUTO: { value: "auto", description: "It decides." },
    REQUIRED: { value: "required", description: "It calls at least one." },
  },
});

const AllowedToolsInput = builder.inputType("AllowedToolsInput", {
  description: "Narrows the tools of the request to some of them.",
  fields: (t) => ({
    mode: t.field({ type: ToolChoiceMode, required: true, description: "AUTO or REQUIRED." }),
    tools: t.field({
      type: ["JSONObject"],
      required: true,
      description:
        'The tools as OpenAI spells them, such as `{ type: "function", function: { name: "get_weather" } }`.',
    }),
  }),
});

/** The tool choice of a chat request. */
export const ChatToolChoiceInput = builder.inputType("ChatToolChoiceInput", {
  description: "Which tools the model may or must call; exactly one field is given.",
  isOneOf: true,
  fields: (t) => ({
    mode: t.field({ type: ToolChoiceMode, description: "Any of the request's tools." }),
    function: t.string({ description: "The name of the one function it must call." }),
    custom: t.string({ description: "The name of the one custom tool it must call." }),
    allowedTools: t.field({ type: AllowedToolsInput, description: "Some of the request's tools." }),
  }),
});

const ResponseFormatType = builder.enumType("ResponseFormatType", {
  description: "A response format without a schema.",
  values: {
    TEXT: { value: "text", description: "Plain text." },
    JSON_OBJECT: { value: "json_object", description: "Some JSON object; a message has to ask for JSON as well." },
  },
});

const JsonSchemaFormatInput = builder.inputType("JsonSchemaFormatInput", {
  description: "A JSON Schema that the answer follows.",
  fields: (t) => ({
    name: t.string({ required: true, description: "The format's name: letters, digits, `_` and `-`, up to 64." }),
    description: t.string({ description: "What the format is for." }),
    schema: t.field({ type: "JSONObject", description: "The JSON Schema, passed on unchanged." }),
    strict: t.boolean({
      description: "Whether the answer must follow the schema exactly. Null: the upstream's default.",
    }),
  }),
});

/** The response format of a chat request. */
export const ResponseFormatInput = builder.inputType("ResponseFormatInput", {
  description: "The form of the answer; exactly one field is given.",
  isOneOf: true,
  fields: (t) => ({
    type: t.field({ type: ResponseFormatType, description: "A form without a schema." }),
    jsonSchema: t.field({ type: JsonSchemaFormatInput, description: "JSON by a schema." }),
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
