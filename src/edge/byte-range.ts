// The part of a file that a request's Range header asks for. https://www.rfc-editor.org/rfc/rfc9110#section-14.2
import type { IncomingHttpHeaders } from "node:http";

/** From the byte `start` up to `end`, which is not a part of it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** One range, as players ask for. A header that is not this is passed over, as are several ranges. */
const RANGE = /^bytes=[\t ]*(\d*)-(\d*)[\t ]*$/i;

/** Undefined: the whole. `unsatisfiable`: no byte of the range is there. */
export function readRange(
  { range, ...headers }: IncomingHttpHeaders,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  // What is sent has no validator, so none that a client names can be its.
  if (headers["if-range"] !== undefined) return undefined;
  const [, first = "", last = ""] = RANGE.exec(range ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= size) return "unsatisfiable";
  return { start, end: last === "" ? size : Math.min(Number(last) + 1, size) };
}
