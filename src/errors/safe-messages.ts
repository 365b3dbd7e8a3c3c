// Removes what the client sent from graphql-js' messages: only those that message-templates.ts lists are passed on, with
// names of up to 64 characters and without values. A message in other words is replaced as a whole.
import { TEMPLATES } from "./message-templates.ts";

export interface MessageOptions {
  /** Leaves out "Did you mean …?", which reveals names of the schema to clients that may not introspect it. */
  hideSuggestions: boolean;
}

const MAX_MESSAGE_LENGTH = 1_000;
/** Longest message that is compared with the templates, in characters: one that quotes a whole value is far longer. */
const MAX_COMPARED_LENGTH = 8_192;
const MAX_NAME_LENGTH = 64;
const LONG_NAME = new RegExp(`\\w{${MAX_NAME_LENGTH + 1},}`, "g");

/** What each `{placeholder}` matches. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  name: '"[$@]?[\\w…]+(?:\\.[\\w…]+)?"',
  names: '"[\\w…]+"(?:, "[\\w…]+")*',
  type: '"[\\w…!\\[\\]]+"',
  token: '"[^\\w"]{1,3}"|<[SE]OF>|Name|Int|Float|String|BlockString',
  keyword: '"[a-z]+"',
  // Names, types and graphql-js' own words; no values.
  reason: '[\\w…", .!\\[\\]]*',
  word: "\\w+",
  value: "[^]*",
};

const SUGGESTION = '(?<suggestion> Did you mean [\\w ]*"[\\w {.}]+"(?:(?:,| or|, or) "\\w+")*\\?)?';

interface Template {
  pattern: RegExp;
  /** Literal text, and the numbers of the groups whose text is passed on. */
  parts: readonly (string | number)[];
}

const templates = TEMPLATES.map(compile);

/** The message as the client may see it: in the words of a template, or else `fallback`. */
export function safeMessage(message: string, fallback: string, { hideSuggestions }: MessageOptions): string {
  if (message.length > MAX_COMPARED_LENGTH) return fallback;
  for (const { pattern, parts } of templates) {
    const match = pattern.exec(message);
    if (!match) continue;
    const text = parts.map((part) => (typeof part === "number" ? match[part] : part)).join("");
    const suggestion = hideSuggestions ? "" : (match.groups?.suggestion ?? "");
    return shortenNames(`${text}.${suggestion}`);
  }
  return fallback;
}

/** The message with overlong names shortened, since they may be anything, and cut to 1,000 characters. */
export function shortenNames(message: string): string {
  return message.slice(0, MAX_COMPARED_LENGTH).replace(LONG_NAME, "…").slice(0, MAX_MESSAGE_LENGTH);
}

function compile(template: string): Template {
  const parts: (string | number)[] = [];
  let pattern = "";
  let groups = 0;
  let isLeftOut = false;
  for (const [token, placeholder] of template.replace(/\?$/, "").matchAll(/\{(\w+)\}|[[\]]|[^{[\]]+/g)) {
    if (token === "[" || token === "]") {
      isLeftOut = token === "[";
      pattern += isLeftOut ? "(?:" : ")?";
    } else if (placeholder) {
      const isKept = !isLeftOut && placeholder !== "value";
      pattern += `${isKept ? "(" : "(?:"}${PLACEHOLDERS[placeholder]})`;
      if (!isLeftOut) parts.push(isKept ? ++groups : "…");
    } else {
      pattern += token.replace(/[()'".?$@]/g, "\\$&");
      if (!isLeftOut) parts.push(token);
    }
  }
  return { pattern: new RegExp(`^${pattern}\\.?${template.endsWith("?") ? SUGGESTION : ""}$`), parts };
}
