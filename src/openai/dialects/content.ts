// What a message or a delta says: its text and its reasoning, wherever a server puts them.
import { isRecord } from "../../json/json.ts";

type Fields = Record<string, unknown>;

/** Where servers put what a model thinks; the first that is not empty counts. */
const REASONING = [
  ...["reasoning_content", "reasoning", "reasoning_text", "thinking", "thoughts", "thought"],
  ...["reasoning_details", "thinking_blocks"],
] as const;
/** The parts of a list that are thoughts. */
const THOUGHT = /^(?:thinking|reasoning|thought)/;
/** Deeper lists are not looked into. */
const MAX_DEPTH = 4;

/** Whether text and reasoning stand where OpenAI and most servers put them. */
export function isPlainlySaid(said: Fields): boolean {
  const { content, reasoning_content } = said;
  return (
    (isText(content) || content === null || content === undefined) &&
    (reasoning_content === undefined || (isText(reasoning_content) && reasoning_content !== "")) &&
    said.reasoning === undefined &&
    said.reasoning_text === undefined &&
    said.reasoning_details === undefined &&
    said.thinking === undefined &&
    said.thinking_blocks === undefined &&
    said.thought === undefined &&
    said.thoughts === undefined
  );
}

/**
 * Puts text into `content` and thoughts into `reasoning_content`. Of a list of parts, pictures go to `images`, a refusal to
 * `refusal`, and what is none of that to `content_parts`.
 */
export function putContent(said: Fields): void {
  const { content } = said;
  let thoughts: string | undefined;
  if (typeof content === "object" && content !== null) {
    const parts: readonly unknown[] = Array.isArray(content) ? content : [content];
    said.content = joined(parts.filter((part) => !isThought(part)).map((part) => textOf(part)));
    thoughts = joined(parts.filter(isThought).map((part) => textOf(part))) ?? undefined;
    const refusal = joined(parts.map((part) => (isRecord(part) && isText(part.refusal) ? part.refusal : undefined)));
    if (refusal !== null) said.refusal ??= refusal;
    const images = parts.filter(isPicture);
    if (images.length > 0) said.images ??= images;
    // What is none of that has no place in the schema; it is shown as it came.
    const others = parts.filter(
      (part) => isRecord(part) && !isPicture(part) && textOf(part) === undefined && !("refusal" in part),
    );
    if (others.length > 0) said.content_parts ??= others;
  } else if (typeof content === "number" || typeof content === "boolean") said.content = String(content);
  thoughts ||= REASONING.map((name) => textOf(said[name])).find(Boolean);
  if (!thoughts) return;
  // Of lists there may be more to say than their texts: signatures, which some models want back.
  for (const name of REASONING) if (isText(said[name])) delete said[name];
  said.reasoning_content = thoughts;
}

/** The arguments of a call, of which some servers send the value in place of its text, as text. */
export function putArguments(call: Fields): void {
  const { arguments: given } = call;
  if (typeof given !== "string" && given !== null && given !== undefined) call.arguments = JSON.stringify(given);
}

function isThought(part: unknown): boolean {
  return isRecord(part) && typeof part.type === "string" && THOUGHT.test(part.type);
}

function isPicture(part: unknown): boolean {
  return isRecord(part) && "image_url" in part;
}

/** The text in a value; undefined if there is none. */
export function textOf(value: unknown, depth = 0): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return joined(value.map((part) => textOf(part, depth + 1))) ?? undefined;
  if (!isRecord(value)) return undefined;
  const { text, thinking, reasoning, summary, content, parts } = value;
  return textOf(text ?? thinking ?? reasoning ?? summary ?? content ?? parts, depth + 1);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function joined(texts: readonly (string | undefined)[]): string | null {
  const known = texts.filter((text) => text !== undefined);
  return known.length > 0 ? known.join("") : null;
}
