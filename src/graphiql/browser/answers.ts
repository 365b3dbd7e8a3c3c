// What has come for an operation, told to those who show it besides GraphiQL's editor. That one shows only the latest
// result of a stream, and at most one a frame; listeners get each.

/** What GraphiQL shows of an operation: a result of any shape. */
export type Result = Record<string, unknown>;

/** Told in this order: `start`, each `result`, and `end`, also where the user has stopped it. */
export type AnswerEvent = { type: "start" } | { type: "result"; result: Result } | { type: "end" };

const listeners = new Set<(event: AnswerEvent) => void>();

/** Calls `listener` for every operation that the user runs, and never for the schema's. Yields what ends that. */
export function listenToAnswers(listener: (event: AnswerEvent) => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Tells all listeners. */
export function tellAnswer(event: AnswerEvent): void {
  for (const listener of listeners) listener(event);
}
