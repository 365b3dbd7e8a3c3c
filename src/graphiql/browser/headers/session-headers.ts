// The request headers, one text for all tabs. They hold keys: sessionStorage keeps them through a reload and drops them
// with the visit; localStorage, which outlives it, never has them.
import { tryParseJSONC } from "@graphiql/react";

const NAME = "graphiql:headers";

let current = readStored();

/** The text of the headers editor, as it was last typed in this visit. */
export function readHeadersText(): string {
  return current;
}

/** Keeps the text until the visit ends. */
export function keepHeadersText(text: string): void {
  current = text;
  try {
    sessionStorage.setItem(NAME, text);
  } catch {
    // Blocked or full: it is kept until the page is left.
  }
}

/** The headers of a text as GraphiQL reads it; undefined while it is not JSON. */
export function parseHeaders(text: string): Record<string, unknown> | undefined {
  try {
    const headers: unknown = tryParseJSONC(text);
    return typeof headers === "object" && headers !== null ? { ...headers } : {};
  } catch {
    return undefined;
  }
}

function readStored(): string {
  try {
    return sessionStorage.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}
