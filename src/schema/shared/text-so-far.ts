// Collects the text of a stream for `textSoFar`, only if the operation selects it.
import { streamOf } from "../../openai/chunks.ts";

interface Transcript {
  /** The last chunk added: if the field is selected twice, its text must not be added twice. */
  chunk: object;
  text: string;
}

/** By stream, because an upstream may give two answers of one operation the same id. */
const transcripts = new WeakMap<object, Transcript>();

/** Adds a chunk's text to that of its stream and yields all of it. For an answer that is not streamed, yields its text. */
export function readTextSoFar(chunk: object, text: string | null): string {
  const stream = streamOf(chunk);
  if (!stream) return text ?? "";
  const before = transcripts.get(stream);
  if (before?.chunk === chunk) return before.text;
  const transcript = { chunk, text: (before?.text ?? "") + (text ?? "") };
  transcripts.set(stream, transcript);
  return transcript.text;
}
