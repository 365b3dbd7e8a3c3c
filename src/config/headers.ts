// A variable's value that is a JSON object of HTTP header fields.
import * as z from "zod";
import { json } from "./variable.ts";

/** Fields that say how a message is framed, or how its connection is used. */
const FRAMING = new Set([
  "connection",
  "content-encoding",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Fields that this server sets itself. */
const OWN = new Set([
  "accept",
  "content-type",
  "openai-organization",
  "openai-project",
  "traceparent",
  "tracestate",
  "user-agent",
]);

const NAME = /^[a-z\d][\w.-]*$/i;
/** Visible characters, with blanks between them. */
const VALUE = /^[\x21-\x7e]+(?:[\t ]+[\x21-\x7e]+)*$/;

/** Header fields by name, in lower case; undefined if there are none. A problem's message names no value. */
export const headerFields = json.transform((value, context) => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return fail(context, [], "must be an object");
  const fields = new Map<string, string>();
  for (const [place, [given, text]] of Object.entries(value).entries()) {
    const name = given.toLowerCase();
    const entry = `entry ${place + 1}`;
    // A name that is not valid may be a value in the wrong place.
    if (!NAME.test(given)) return fail(context, [entry], "has a name that no header may have");
    if (FRAMING.has(name)) return fail(context, [name], "frames a request, which this server does itself");
    if (OWN.has(name)) return fail(context, [name], "is set by this server itself");
    if (fields.has(name)) return fail(context, [entry], "has the name of an earlier one");
    if (typeof text !== "string" || !VALUE.test(text))
      return fail(context, [entry], "has a value that no header may have");
    fields.set(name, text);
  }
  return fields.size > 0 ? (Object.fromEntries(fields) as Readonly<Record<string, string>>) : undefined;
});

function fail(context: z.core.$RefinementCtx, path: PropertyKey[], message: string): never {
  context.addIssue({ code: "custom", path, message });
  return z.NEVER;
}
