// Owns when the sandbox calls tools, which ones, and with which arguments.
// https://platform.openai.com/docs/guides/function-calling
import { createId } from "../shared/ids.ts";
import { quote } from "../shared/quote.ts";
import { isRecord } from "../shared/request-body.ts";
import { scenarioOf } from "../shared/scenarios.ts";
import { jsonFromSchema } from "./json-from-schema.ts";
import { type ChatRequest, type ChatTool, messageText } from "./schema.ts";

/** A call of a tool; arguments and input are text, which need not be JSON. */
export type ToolCall =
  | { id: string; type: "function"; function: { name: string; arguments: string } }
  | { id: string; type: "custom"; custom: { name: string; input: string } };

const maxParallelCalls = 2;

/** What the scenario calls if the request has no tools, as if it had these. */
const ownTools: readonly ChatTool[] = ["Paris", "Tokyo"].map((city) => ({
  type: "function",
  function: { name: "get_weather", parameters: { type: "object", properties: { city: { const: city } } } },
}));

/** The calls of one choice. None if the answer is text: without tools, with tool_choice none, after a tool's result. */
export function callTools(request: ChatRequest): ToolCall[] {
  if (request.messages.at(-1)?.role === "tool") return [];
  const { callsTools = false } = scenarioOf(request.model);
  const question = request.messages.findLast((message) => message.role === "user");
  const topic = question === undefined ? "" : quote(messageText(question), 60);
  const callCount = request.parallel_tool_calls === false ? 1 : maxParallelCalls;
  const chosen = callsTools && request.tools == null ? ownTools : chooseTools(request);
  const [only] = chosen;
  const tools = callsTools && only !== undefined && chosen.length === 1 ? [only, only] : chosen;
  return tools.slice(0, callCount).map((tool) => callTool(tool, topic));
}

function chooseTools(request: ChatRequest): readonly ChatTool[] {
  const tools = request.tools ?? [];
  const choice = request.tool_choice ?? "auto";
  if (choice === "none") return [];
  if (typeof choice === "string") return tools;
  if (choice.type === "allowed_tools") {
    const allowed = choice.allowed_tools?.tools.map(nameOf) ?? [];
    return tools.filter((tool) => allowed.includes(nameOf(tool)));
  }
  return tools.filter((tool) => tool.type === choice.type && nameOf(tool) === nameOf(choice)).slice(0, 1);
}

function nameOf(tool: Record<string, unknown>): unknown {
  const definition = tool.type === "custom" ? tool.custom : tool.function;
  return isRecord(definition) ? definition.name : undefined;
}

function callTool(tool: ChatTool, topic: string): ToolCall {
  const id = createId("call_", 24);
  const name = String(nameOf(tool));
  if (tool.type === "custom") return { id, type: "custom", custom: { name, input: `sandbox input: ${topic}` } };
  const schema = tool.function?.parameters ?? { type: "object", properties: {} };
  return { id, type: "function", function: { name, arguments: JSON.stringify(jsonFromSchema(schema, topic)) } };
}
