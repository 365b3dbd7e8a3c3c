// The data of an event that is not an object: the end of the stream, nothing, or the data of several.
import { isRecord, readJson } from "../../../json/json.ts";

/** Some servers end events by one line end: the parser takes their data for one event's. */
export function partsOf(data: string): readonly string[] {
  return data.includes("\n") && readJson(data) === undefined ? data.split("\n") : [data];
}

/** Some servers keep a stream open with `null`. */
export function isNothing(data: string): boolean {
  const text = data.trim();
  return text === "" || text === "null";
}

/** Whether it is the end of the stream, which some servers write as JSON. */
export function isDone(data: string): boolean {
  return data === "[DONE]" || (data.includes("DONE") && /^"?\[DONE\]"?$/.test(data.trim()));
}

/** The text of an error, if the body is one event; the body itself otherwise. */
export function errorIn(body: string): string {
  if (!/^\s{0,64}(?:data|event|id|retry|error|):/.test(body)) return body;
  const lines = body.split(/[\r\n]+/).flatMap((line) => /^(?:data|error):(.*)/.exec(line)?.[1] ?? []);
  return [...lines, lines.join("\n")].find((data) => isRecord(readJson(data))) ?? body;
}
