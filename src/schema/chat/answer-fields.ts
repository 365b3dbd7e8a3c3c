// The fields of a chat's answer that the schema has a place for; all others are its `extra`.

/** The fields of an answer and of a chunk that the schema has a place for. `transcript` is this server's own. */
export const ANSWER_FIELDS = [
  ...["id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint"],
  ...["metadata", "moderation", "citations", "transcript"],
] as const;

/** The fields of a message and of a delta. Reasoning has several names. */
export const MESSAGE_FIELDS = [
  ...["role", "content", "refusal", "reasoning_content", "reasoning", "tool_calls", "function_call", "annotations"],
  ...["audio", "images"],
] as const;
