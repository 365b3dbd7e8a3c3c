// Owns the rules between the fields of a chat completion request: OpenAI refuses some combinations of valid fields.
// https://platform.openai.com/docs/api-reference/chat/create

import { HttpError } from "../shared/http-error.ts";
import { requireModel } from "../shared/models.ts";
import { parseRequest } from "../shared/request-schema.ts";
import { type ChatMessage, type ChatRequest, chatRequest, messageText } from "./schema.ts";

/** The checked request. Throws 400 or 404 in OpenAI's words. */
export function readChatRequest(body: Record<string, unknown>): ChatRequest {
  const request = parseRequest(chatRequest, body);
  requireModel(request.model, "chat");
  request.messages.forEach((_message, index) => {
    checkMessage(request.messages, index);
  });
  checkTools(request);
  checkFields(request);
  return request;
}

function checkMessage(messages: readonly ChatMessage[], index: number): void {
  const current = messages[index];
  if (current === undefined) return;
  const { role, content } = current;
  if (role === "tool" && current.tool_call_id == null) {
    const text = "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.";
    throw new HttpError(400, text, { param: `messages.[${index}].tool_call_id` });
  }
  if (role === "tool" && !answersToolCalls(messages, index)) {
    const text =
      "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
    throw new HttpError(400, text, { param: `messages.[${index}].role` });
  }
  if (content == null && role !== "assistant" && role !== "function") {
    const text = "Invalid value for 'content': expected a string, got null.";
    throw new HttpError(400, text, { param: `messages.[${index}].content` });
  }
}

function answersToolCalls(messages: readonly ChatMessage[], index: number): boolean {
  let asked = index - 1;
  while (messages[asked]?.role === "tool") asked -= 1;
  return (messages[asked]?.tool_calls?.length ?? 0) > 0;
}

function checkTools({ tools, tool_choice: choice }: ChatRequest): void {
  for (const [index, { type, [type]: definition }] of (tools ?? []).entries()) {
    if (definition !== undefined) continue;
    const param = `tools[${index}].${type}`;
    throw new HttpError(400, `Missing required parameter: '${param}'.`, { param, code: "missing_required_parameter" });
  }
  if (choice == null || choice === "none") return;
  const param = "tool_choice";
  if (tools == null) {
    const text = "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.";
    throw new HttpError(400, text, { param });
  }
  if (typeof choice === "string" || choice.type === "allowed_tools") return;
  const name = choice[choice.type]?.name;
  if (tools.some((candidate) => candidate.type === choice.type && candidate[candidate.type]?.name === name)) return;
  throw new HttpError(
    400,
    `Invalid value for 'tool_choice': no ${choice.type} named '${name}' was specified in 'tools'.`,
    {
      param,
    },
  );
}

function checkFields(request: ChatRequest): void {
  if (request.top_logprobs != null && request.logprobs !== true) {
    const text = "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.";
    throw new HttpError(400, text, { param: "top_logprobs" });
  }
  if (request.stream_options != null && request.stream !== true) {
    const text = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
    throw new HttpError(400, text, { param: "stream_options" });
  }
  if (request.max_tokens != null && request.max_completion_tokens != null) {
    const text = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
    throw new HttpError(400, text, { param: "max_tokens", code: "invalid_parameter_combination" });
  }
  checkResponseFormat(request);
}

function checkResponseFormat({ response_format: format, messages }: ChatRequest): void {
  if (format?.type === "json_schema") {
    if (format.json_schema === undefined) {
      const param = "response_format.json_schema";
      throw new HttpError(400, `Missing required parameter: '${param}'.`, {
        param,
        code: "missing_required_parameter",
      });
    }
    const { name, schema, strict } = format.json_schema;
    if (strict === true && schema?.type !== "object") {
      const text =
        `Invalid schema for response_format '${name}': schema must be a JSON Schema of 'type: "object"', ` +
        `got 'type: "${String(schema?.type ?? "None")}"'.`;
      throw new HttpError(400, text, { param: "response_format", code: "invalid_json_schema" });
    }
  }
  if (format?.type === "json_object" && !messages.some((entry) => /json/i.test(messageText(entry)))) {
    const text =
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.";
    throw new HttpError(400, text, { param: "messages" });
  }
}
