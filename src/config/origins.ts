// The schema of CORS_ORIGINS: origins as browsers send them in the header `Origin`, and what is wrong with what is none.
import * as z from "zod";

/** Whole origins of pages in apps and extensions, such as `tauri://localhost`; of some, the host is empty. */
const APP_ORIGIN = /^[a-z][a-z\d+.-]*:\/\/[a-z\d._-]*(?::\d{1,5})?$/;
/** Schemes whose pages have the origin `null`, or that no page has. */
const NO_PAGE = /^(?:wss?|ftp|file|data|blob|about|javascript|mailto):/i;
/** One label in the place of the first of a name of several, or of those below localhost. */
const WILDCARD = /^https?:\/\/\*\.(?:[^*.]+\.[^*]+|localhost(?::\d+)?)$/;
/** Longest entry that is named whole, in characters. */
const MAX_LENGTH = 100;

/** A list of origins. Each entry that no page's origin can equal is a problem, with how to write it. */
export const origins = z.string().transform((value, context) => {
  const list = value.split(",").map((origin) => origin.trim());
  for (const origin of list) {
    const problem = findProblem(origin);
    if (problem) context.addIssue({ code: "custom", path: [nameEntry(origin)], message: problem });
  }
  return list;
});

/** Whether the origins of a list are more than those that it names. */
export function hasWildcard(list: readonly string[]): boolean {
  return list.some((origin) => origin.includes("*"));
}

function findProblem(origin: string): string | undefined {
  if (origin === "") return "stands between two commas, or at an end: write origins with one comma between them";
  if (origin === "null") return "is the origin of every sandboxed page and of every file: none of them can be listed";
  const pattern = 'write one label of a name as "*", as in https://*.example.com';
  if (origin.includes("*") && !WILDCARD.test(origin)) return `has "*" where it stands for nothing: ${pattern}`;
  const advice = "as in https://app.example.com";
  if (!origin.includes("://")) return `has no scheme: write scheme, host and port, ${advice}`;
  if (NO_PAGE.test(origin)) return `has a scheme that no page's origin has: write https or http, ${advice}`;
  if (!/^https?:/i.test(origin)) {
    return APP_ORIGIN.test(origin) ? undefined : "never matches: write scheme and host in lower case and nothing else";
  }
  // A URL takes no asterisk for granted: a label stands in for it.
  const url = origin.replace("*", "label");
  if (!URL.canParse(url)) return `is no origin: write scheme, host and port, ${advice}`;
  const { origin: written } = new URL(url);
  return written === url
    ? undefined
    : `never matches: write ${written.replace("label", origin.includes("*") ? "*" : "label")}`;
}

/** The entry as a message shows it, without credentials. */
function nameEntry(origin: string): string {
  if (origin === "") return "an empty entry";
  return origin.includes("@") ? "an entry with credentials" : origin.slice(0, MAX_LENGTH);
}
