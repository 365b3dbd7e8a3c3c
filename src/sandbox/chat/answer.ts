// Owns what the sandbox answers in a chat: text built from the prompt. The same request gets the same text; each of its
// choices gets another.
import { hashText } from "../shared/ids.ts";
import { quote } from "../shared/quote.ts";
import { scenarioOf } from "../shared/scenarios.ts";
import { jsonFromSchema } from "./json-from-schema.ts";
import { type ChatMessage, type ChatRequest, messageText } from "./schema.ts";

const maxQuoteLength = 240;
const closings = [
  "A model would have more to say about it; set an API key, and one answers here.",
  "I know nothing about it myself, and you pay nothing; only with an API key does a model answer here.",
  "What a model thinks of it you learn with an API key; until then this free answer is all there is here.",
  "My answers are made up from your words; with an API key a real model writes what you read here.",
  "I am not a model, so this costs nothing; with an API key a real model answers here.",
] as const;

/** The assistant's text for one choice: prose, or JSON if response_format asks for it. */
export function answerChat(request: ChatRequest, choiceIndex: number): string {
  const format = request.response_format;
  const asked = lastMessage(request, "user");
  const topic = asked === undefined ? "" : quote(messageText(asked), 60);
  if (format?.type === "json_schema") return JSON.stringify(jsonFromSchema(format.json_schema?.schema, topic));
  if (format?.type === "json_object") return JSON.stringify({ sandbox: true, choice: choiceIndex, answer: topic });
  const latest = request.messages.at(-1);
  if (latest?.role === "tool" || latest?.role === "function") return answerToolResult(request, choiceIndex);
  return scenarioOf(request.model).text ?? answerProse(asked, request.messages.length, choiceIndex);
}

function answerProse(asked: ChatMessage | undefined, messageCount: number, choiceIndex: number): string {
  const said = asked === undefined ? "" : quote(messageText(asked), maxQuoteLength);
  const openings = [
    `Hello from the sandbox! You said: "${said}".`,
    `The sandbox read your message, "${said}", with pleasure.`,
    `"${said}": a fine thing to ask a sandbox.`,
  ];
  const opening = openings[choiceIndex] ?? `Choice ${choiceIndex + 1} of the sandbox answers "${said}".`;
  const imageCount = countParts(asked, "image_url");
  const pictures = imageCount === 0 ? "" : ` I also see ${imageCount} image${imageCount > 1 ? "s" : ""}.`;
  const place = messageCount > 1 ? ` That was message ${messageCount} of our conversation.` : "";
  const closing = closings[hashText(said) % closings.length];
  return `${opening}${pictures}${place} ${closing}`;
}

function answerToolResult(request: ChatRequest, choiceIndex: number): string {
  const results = request.messages.slice(request.messages.findLastIndex((entry) => entry.role === "assistant") + 1);
  const quoted = results.map((result) => `"${quote(messageText(result), maxQuoteLength)}"`).join(" and ");
  const opening = choiceIndex === 0 ? "According to the tool" : `According to the tool (choice ${choiceIndex + 1})`;
  return `${opening}: ${quoted}. The sandbox only repeats what the tool said.`;
}

function lastMessage(request: ChatRequest, role: string): ChatMessage | undefined {
  return request.messages.findLast((entry) => entry.role === role);
}

function countParts(asked: ChatMessage | undefined, type: string): number {
  return Array.isArray(asked?.content) ? asked.content.filter((part) => part.type === type).length : 0;
}
