// The fields of a chat's answer that the schema has a place for; all others are its `extra`, which a later request may hold.

/** The fields of an answer and of a chunk that the schema has a place for. `transcript` is this server's own. */
export const ANSWER_FIELDS = [
  ...["id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint"],
  ...["metadata", "moderation", "citations", "transcript"],
] as const;

/** The fields of a request's message: its `extra` holds none of them. */
export const MESSAGE_INPUT_FIELDS = [
  ...[
    "role",
    "content",
    "name",
    "refusal",
    "tool_calls",
    "tool_call_id",
    "function_call",
    "audio",
    "reasoning_content",
  ],
] as const;

/** The fields of a message and of a delta. Reasoning has several names. A request must be able to take all others back. */
export const MESSAGE_FIELDS = [...MESSAGE_INPUT_FIELDS, "reasoning", "annotations", "images"] as const;

/** The fields of a tool call, whole, in pieces, or in a request. */
export const TOOL_CALL_FIELDS = ["index", "id", "type", "function", "custom"] as const;
