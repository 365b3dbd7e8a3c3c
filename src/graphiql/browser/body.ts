// An operation as the body of its request.

/** What GraphiQL asks its fetcher to send. */
export interface Operation {
  query: string;
  variables?: unknown;
  operationName?: string | null | undefined;
}

/** The body, and the headers that belong to it. */
export interface Body {
  headers: Record<string, string>;
  body: BodyInit;
}

/** Yields the operation as JSON. */
export function writeBody(operation: Operation): Body {
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(operation) };
}
