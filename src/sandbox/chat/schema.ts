// Owns the fields of a chat completion request and their ranges; the rules between fields are in request.ts.
// https://platform.openai.com/docs/api-reference/chat/create
import * as zod from "zod";
import { decimal, integer } from "../shared/request-schema.ts";

const toolName = zod.string().regex(/^[a-zA-Z0-9_-]+$/, "^[a-zA-Z0-9_-]+$");
const part = zod.looseObject({ type: zod.string(), text: zod.string().nullish() });
const message = zod.looseObject({
  role: zod.enum(["system", "assistant", "user", "function", "tool", "developer"]),
  content: zod.union([zod.string(), zod.array(part)]).nullish(),
  tool_calls: zod.array(zod.looseObject({ id: zod.string(), type: zod.enum(["function", "custom"]) })).nullish(),
  tool_call_id: zod.string().nullish(),
});
const tool = zod.looseObject({
  type: zod.enum(["function", "custom"]),
  function: zod.looseObject({ name: toolName, parameters: zod.looseObject({}).nullish() }).optional(),
  custom: zod.looseObject({ name: toolName }).optional(),
});
const toolChoice = zod.union([
  zod.enum(["none", "auto", "required"]),
  zod.looseObject({
    type: zod.enum(["function", "custom", "allowed_tools"]),
    function: zod.looseObject({ name: zod.string() }).optional(),
    custom: zod.looseObject({ name: zod.string() }).optional(),
    allowed_tools: zod
      .looseObject({ mode: zod.enum(["auto", "required"]), tools: zod.array(zod.looseObject({})) })
      .optional(),
  }),
]);
const responseFormat = zod.looseObject({
  type: zod.enum(["text", "json_object", "json_schema"]),
  json_schema: zod
    .looseObject({ name: toolName, schema: zod.looseObject({}).optional(), strict: zod.boolean().nullish() })
    .optional(),
});
const ignored = zod.unknown().optional();

/** The request as zod checks it: unknown fields are refused, null counts as absent. */
export const chatRequest = zod.strictObject({
  model: zod.string(),
  messages: zod.array(message).min(1),
  temperature: decimal(0, 2),
  top_p: decimal(0, 1),
  frequency_penalty: decimal(-2, 2),
  presence_penalty: decimal(-2, 2),
  n: integer(1, 128),
  max_tokens: integer(1),
  max_completion_tokens: integer(1),
  logprobs: zod.boolean().nullish(),
  top_logprobs: integer(0, 20),
  seed: zod.number().nullish(),
  stop: zod.union([zod.string(), zod.array(zod.string()).max(4)]).nullish(),
  stream: zod.boolean().nullish(),
  stream_options: zod
    .strictObject({ include_usage: zod.boolean().nullish(), include_obfuscation: zod.boolean().nullish() })
    .nullish(),
  tools: zod.array(tool).min(1).max(128).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: zod.boolean().nullish(),
  response_format: responseFormat.nullish(),
  metadata: zod.record(zod.string(), zod.string()).nullish(),
  store: zod.boolean().nullish(),
  user: zod.string().nullish(),
  logit_bias: zod.record(zod.string(), zod.number().min(-100, "decimal").max(100, "decimal")).nullish(),
  service_tier: zod.enum(["auto", "default", "flex", "scale", "priority", "fast"]).nullish(),
  reasoning_effort: zod.enum(["none", "minimal", "low", "medium", "high", "xhigh", "max"]).nullish(),
  verbosity: zod.enum(["low", "medium", "high"]).nullish(),
  modalities: zod.array(zod.enum(["text", "audio"])).nullish(),
  audio: ignored,
  functions: ignored,
  function_call: ignored,
  moderation: ignored,
  prediction: ignored,
  prompt_cache_key: zod.string().nullish(),
  prompt_cache_options: ignored,
  prompt_cache_retention: ignored,
  safety_identifier: zod.string().nullish(),
  web_search_options: ignored,
});

export type ChatRequest = zod.output<typeof chatRequest>;
export type ChatMessage = ChatRequest["messages"][number];
export type ChatTool = NonNullable<ChatRequest["tools"]>[number];

/** All text of a message, whose content is a string or parts. */
export function messageText({ content }: ChatMessage): string {
  if (content == null) return "";
  return typeof content === "string" ? content : content.map((entry) => entry.text ?? "").join(" ");
}
