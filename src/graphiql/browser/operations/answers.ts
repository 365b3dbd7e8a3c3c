// What has come for an operation, told to those who show it besides GraphiQL's editor. That one shows only the latest
// result of a stream, and at most ten a second; listeners get each.

/** What GraphiQL shows of an operation: a result of any shape. */
export type Result = Record<string, unknown>;

/** An operation that the user runs. Each run is an object of its own. */
export interface RunOperation {
  query: string;
  operationName?: string | null | undefined;
}

/** Told in this order: `start`, each `result`, and `end`, also where the user has stopped it. */
export type AnswerEvent = { operation: RunOperation } & (
  | { type: "start" }
  | { type: "result"; result: Result }
  | { type: "end" }
);

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
