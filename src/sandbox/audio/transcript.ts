// Owns a transcript: the text that was heard, cut into words and sentences with times, and written as subtitles.
import type { Heard, Span } from "./listen.ts";

/** A part of the text, with times in seconds. */
export interface TimedText extends Span {
  text: string;
}

/** The text and its parts. */
export interface Transcript {
  text: string;
  seconds: number;
  words: readonly TimedText[];
  /** Sentences. */
  segments: readonly TimedText[];
}

const wordPattern = /\S+/gu;
const sentencePattern = /[^.!?\n]+[.!?\n]*\s*|[.!?\n]+\s*/gu;

/** What was heard, after a lead that takes no time. */
export function createTranscript({ text, seconds, times }: Heard, lead = ""): Transcript {
  const parts = (pattern: RegExp) =>
    cutText(text, pattern).map((part): TimedText => {
      const last = times?.[part.offset + Buffer.byteLength(part.text) - 1];
      return { text: part.text.trim(), start: times?.[part.offset]?.start ?? 0, end: last?.end ?? seconds };
    });
  const [first, ...others] = parts(sentencePattern);
  return {
    text: text === "" ? "" : lead + text,
    seconds,
    words: parts(wordPattern),
    segments: first === undefined ? [] : [{ ...first, text: lead + first.text }, ...others],
  };
}

/** SubRip. https://en.wikipedia.org/wiki/SubRip#Format */
export function writeSrt({ segments }: Transcript): string {
  return segments
    .map(({ text, start, end }, place) => `${place + 1}\n${clock(start, ",")} --> ${clock(end, ",")}\n${text}\n\n`)
    .join("");
}

/** https://www.w3.org/TR/webvtt1/ */
export function writeVtt({ segments }: Transcript): string {
  return `WEBVTT\n\n${segments.map(({ text, start, end }) => `${clock(start, ".")} --> ${clock(end, ".")}\n${text}\n\n`).join("")}`;
}

/** The matches, each with its offset in bytes. Those that are blank are left out. */
function cutText(text: string, pattern: RegExp): { text: string; offset: number }[] {
  let offset = 0;
  let place = 0;
  return Array.from(text.matchAll(pattern), (match) => {
    offset += Buffer.byteLength(text.slice(place, match.index));
    place = match.index;
    return { text: match[0].trimEnd(), offset };
  }).filter((part) => part.text !== "");
}

function clock(seconds: number, point: string): string {
  const ms = Math.round(seconds * 1000);
  const two = (value: number) => String(Math.floor(value) % 60).padStart(2, "0");
  const hours = String(Math.floor(ms / 3_600_000)).padStart(2, "0");
  return `${hours}:${two(ms / 60_000)}:${two(ms / 1000)}${point}${String(ms % 1000).padStart(3, "0")}`;
}
