// The normal form of transcriptions: OpenAI's own, whatever their server makes of it. What is odd is put right in place.
// https://platform.openai.com/docs/api-reference/audio/json-object
// https://platform.openai.com/docs/api-reference/audio/transcript-text-delta-event
import { isRecord } from "../../json/json.ts";
import type { Normalise } from "../client/endpoint.ts";
import { putTranscriptUsage } from "./transcript-usage.ts";

type Fields = Record<string, unknown>;

/** The types of the events that bring any of a transcription; others are signs of life. */
export const DELTA = "transcript.text.delta";
export const SEGMENT = "transcript.text.segment";
export const DONE = "transcript.text.done";
/** Not OpenAI's: a piece of a stream without any type, which ends when its body does. */
export const PIECE = "transcript.text.piece";

/** Mistral has `transcription.` in place of `transcript.`, and `transcription.segment`. */
const TYPE = /^trans(?:cript|cription|lation)(?:\.text)?\.(delta|segment|done)$/;
const TYPES: Readonly<Record<string, string>> = { delta: DELTA, segment: SEGMENT, done: DONE };

/** For whole answers. */
export const normaliseTranscript: Normalise = (body) => {
  putTranscriptUsage(body);
  // WhisperX nests the list.
  if (isRecord(body.segments)) body.segments = body.segments.segments;
  if (typeof body.text === "string" || !Array.isArray(body.segments)) return;
  body.text = joinTexts(body.segments.filter(isRecord).map(({ text }) => text));
};

/** For the events of one stream. All that adds text has it in `delta` from then on. */
export function createTranscriptEvents(): Normalise {
  let hasText = false;
  return (event) => {
    putTranscriptUsage(event);
    const type = typeOf(event);
    if (type === undefined) return;
    event.type = type;
    if (type === SEGMENT) return;
    if (type !== DONE) event.delta = deltaOf(event);
    // What no event before has brought comes with the last one.
    else if (!hasText && typeof event.text === "string") event.delta = event.text;
    hasText ||= event.delta !== undefined && event.delta !== "";
  };
}

/** The event's type, as OpenAI names it. vLLM sends a chat's chunks. */
function typeOf({ type, choices, usage, delta, text }: Fields): string | undefined {
  if (typeof type === "string") return TYPES[TYPE.exec(type)?.[1] ?? ""];
  if (Array.isArray(choices)) return choices.length > 0 || isRecord(usage) ? DELTA : undefined;
  if (typeof delta === "string") return DELTA;
  return typeof text === "string" ? PIECE : undefined;
}

function deltaOf({ delta, text, choices }: Fields): string | undefined {
  if (typeof delta === "string") return delta;
  if (typeof text === "string") return text;
  if (!Array.isArray(choices) || choices.length === 0) return undefined;
  return joinTexts(
    choices.filter(isRecord).map((choice) => (isRecord(choice.delta) ? choice.delta.content : choice.text)),
  );
}

function joinTexts(texts: readonly unknown[]): string {
  return texts.filter((text) => typeof text === "string").join("");
}
