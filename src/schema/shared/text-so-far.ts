// textSoFar: what a stream has said until now, kept only for streams that ask for it.
import { streamOf } from "../../openai/chunks.ts";

interface Transcript {
  /** The chunk added last: a field selected twice must not count twice. */
  chunk: object;
  text: string;
}

/** By stream: an upstream may give two answers of one operation the same id. */
const transcripts = new WeakMap<object, Transcript>();

/** Adds a chunk's text to its stream's and yields all of it; of a whole answer, its text. */
export function readTextSoFar(chunk: object, text: string | null): string {
  const stream = streamOf(chunk);
  if (!stream) return text ?? "";
  const before = transcripts.get(stream);
  if (before?.chunk === chunk) return before.text;
  const transcript = { chunk, text: (before?.text ?? "") + (text ?? "") };
  transcripts.set(stream, transcript);
  return transcript.text;
}
