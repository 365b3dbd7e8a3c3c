// What GraphiQL keeps in localStorage: tabs, history, settings, and no headers, which hold keys. GraphiQL's history would keep
// those of each operation that was run.
import { keepHeadersText } from "./session-headers.ts";

/** The names under which GraphiQL keeps operations. */
const KEEPS_OPERATIONS = /:(?:tabState|queries|favorites)$/;

/** localStorage without headers; a browser that blocks it keeps nothing. */
export const storage = {
  getItem: (name: string) => read()?.getItem(name) ?? null,
  setItem: (name: string, value: string) =>
    read()?.setItem(name, KEEPS_OPERATIONS.test(name) ? withoutHeaders(value) : value),
  removeItem: (name: string) => read()?.removeItem(name),
  clear() {
    read()?.clear();
    keepHeadersText("");
  },
  get length() {
    return read()?.length ?? 0;
  },
};

function read(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

/** JSON text with null in place of all headers; nothing of any other text. */
function withoutHeaders(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), (name, value) => (name === "headers" ? null : value));
  } catch {
    return "";
  }
}
