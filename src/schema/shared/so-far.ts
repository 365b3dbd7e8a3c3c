// textSoFar and soFar: what a stream has said until now.
import { transcriptOf } from "../../openai/transcript.ts";
import type { Context } from "./context.ts";

/** Adds a chunk's text to its stream's and yields all of it; of a whole answer, its text. */
export function readTextSoFar(chunk: object, text: string | null): string {
  return transcriptOf(chunk)?.add(chunk, text) ?? text ?? "";
}

/**
 * Adds a chunk to its stream's answer and yields all of it, in the form of a whole answer; of a whole answer, that itself.
 * Throws OpenAIError if it gets too large.
 */
export function readSoFar<Answer extends object>(chunk: object, context: Context): Answer | Promise<Answer> {
  return (transcriptOf(chunk)?.addToAnswer(chunk, context) ?? chunk) as Answer | Promise<Answer>;
}
