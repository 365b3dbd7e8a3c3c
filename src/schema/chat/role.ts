// ChatRole: who speaks; shared by the messages that go up and those that come back.
import { builder } from "../shared/builder.ts";
import { readEnum } from "../shared/lenient.ts";

/** The enum, with the upstream's words as values. */
export const ChatRole = builder.enumType("ChatRole", {
  description: "Who speaks.",
  values: {
    DEVELOPER: {
      value: "developer",
      description: "The application's instructions, for reasoning models in place of SYSTEM.",
    },
    SYSTEM: { value: "system", description: "The application's instructions." },
    USER: { value: "user", description: "The end user." },
    ASSISTANT: { value: "assistant", description: "The model." },
    TOOL: { value: "tool", description: "The result of a tool call; needs `toolCallId`." },
    FUNCTION: { value: "function", description: "The result of a function call, in the deprecated way; needs `name`." },
  },
});

const known = new Set(["developer", "system", "user", "assistant", "tool", "function"] as const);

/** The role, or null for one that nobody knows yet. */
export function readChatRole(value: unknown) {
  return readEnum(value, known);
}
