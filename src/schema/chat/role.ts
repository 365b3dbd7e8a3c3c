// ChatRole: who wrote a message. Shared by the messages of requests and of answers.
import { builder } from "../shared/builder.ts";
import { readEnum } from "../shared/lenient.ts";

/** The GraphQL enum; its values are the upstream's words. */
export const ChatRole = builder.enumType("ChatRole", {
  description: "Who wrote a message.",
  values: {
    DEVELOPER: {
      value: "developer",
      description: "The application's instructions; reasoning models use it instead of SYSTEM.",
    },
    SYSTEM: { value: "system", description: "The application's instructions." },
    USER: { value: "user", description: "The end user." },
    ASSISTANT: { value: "assistant", description: "The model." },
    TOOL: { value: "tool", description: "The result of a tool call. Needs `toolCallId`." },
    FUNCTION: {
      value: "function",
      description: "The result of a call in the deprecated `function_call` format. Needs `name`.",
    },
  },
});

const known = new Set(["developer", "system", "user", "assistant", "tool", "function"] as const);

/** The role, or null for one that this schema does not know. */
export function readChatRole(value: unknown) {
  return readEnum(value, known);
}
