// textSoFar: what a stream has said until now.
import { transcriptOf } from "../../openai/transcript.ts";

/** Adds a chunk's text to its stream's and yields all of it; of a whole answer, its text. */
export function readTextSoFar(chunk: object, text: string | null): string {
  return transcriptOf(chunk)?.add(chunk, text) ?? text ?? "";
}
