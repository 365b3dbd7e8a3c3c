// Sends GraphiQL's operations: always by POST, as with GET their prompts would be in the URL.

import { type Operation, writeBody } from "./body.ts";
import { parseHeaders, readHeadersText } from "./headers/session-headers.ts";
import { shortenTexts } from "./long-texts.ts";
import { findOperationName } from "./operation-name.ts";
import type { Result } from "./operations/answers.ts";
import { tellAnswer } from "./operations/answers.ts";
import { failWith, readResults } from "./results.ts";

/** The name of GraphiQL's own operation, which asks for the schema. */
const INTROSPECTION = "IntrospectionQuery";

/** Where operations go: the page's own address, without what was linked to. A path alone may begin with another host's name. */
const endpoint = `${location.origin}${location.pathname}`;

/**
 * Yields each result of the operation, also the only one of a query, so that GraphiQL's stop button ends every request.
 * Never throws: what goes wrong is a result with `errors`, in a plain sentence.
 */
export function fetchResults(operation: Operation, options?: { headers?: unknown }): AsyncIterableIterator<Result> {
  const aborted = new AbortController();
  const results = send(
    operation,
    { ...parseHeaders(readHeadersText()), ...asObject(options?.headers) },
    aborted.signal,
  );
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => results.next(),
    // By the signal first, because a generator that waits for the network is not ended by its own `return`.
    return() {
      aborted.abort();
      return results.return(undefined);
    },
  };
}

async function* send(
  { query, variables, operationName }: Operation,
  headers: Record<string, unknown>,
  signal: AbortSignal,
): AsyncGenerator<Result> {
  const isSchema = operationName === INTROSPECTION;
  const operation = { query, variables, operationName: findOperationName(query, operationName) };
  if (!isSchema) tellAnswer({ type: "start", operation });
  try {
    const { body, type } = writeBody(operation);
    const response = await fetch(endpoint, { method: "POST", body, signal, headers: writeHeaders(headers, type) });
    for await (const result of readResults(response)) {
      if (!isSchema) tellAnswer({ type: "result", operation, result });
      yield isSchema ? explain(result) : shortenTexts(result);
    }
  } catch (error) {
    if (signal.aborted) return;
    yield failWith(describe(error));
  } finally {
    if (!isSchema) tellAnswer({ type: "end", operation });
  }
}

/** Those of the page, then the user's, whatever their case. The content type is the body's, not the user's. */
function writeHeaders(given: Record<string, unknown>, type: string | undefined): Headers {
  const headers = new Headers({
    accept: "application/graphql-response+json, application/json, text/event-stream",
    "x-graphql-yoga-csrf": "1",
  });
  for (const [name, value] of Object.entries(given)) headers.set(name, String(value));
  if (type === undefined) headers.delete("content-type");
  else headers.set("content-type", type);
  return headers;
}

/** Says what to do where the schema is refused for want of a key. */
function explain(result: Result): Result {
  if (!hasCode(result, "UNAUTHENTICATED")) return result;
  const help = "Put your key into Headers, below the operation, as authorization: Bearer YOUR-KEY.";
  return { ...result, data: null, errors: [{ message: help }, ...asArray(result.errors)] };
}

function hasCode({ errors }: Result, code: string): boolean {
  return asArray(errors).some((error) => asObject(asObject(error).extensions).code === code);
}

function describe(error: unknown): string {
  // What fetch throws for a header that cannot be sent names it; for the network it says only "Failed to fetch".
  if (error instanceof TypeError && /header|invalid (?:name|value)|ISO-8859-1|ByteString/i.test(error.message)) {
    return "The request was not sent: a name or value in Headers is not allowed in HTTP.";
  }
  return "The server did not answer: the connection failed. Is it running, and are you online?";
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
