// The data of an event that is not an object: the end of the stream, nothing, or the data of several.
import { readJson } from "../../../json/json.ts";

/** Some servers end events by one line end: the parser takes their data for one event's. */
export function partsOf(data: string): readonly string[] {
  return data.includes("\n") && readJson(data) === undefined ? data.split("\n") : [data];
}

/** Some servers keep a stream open with `null`. */
export function isNothing(data: string): boolean {
  const text = data.trim();
  return text === "" || text === "null";
}

/** Whether it is the end of the stream. */
export function isDone(data: string): boolean {
  return data === "[DONE]" || data.trim() === "[DONE]";
}
