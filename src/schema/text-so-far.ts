// textSoFar: what a stream has said until now, kept only for streams that ask for it.
import type { Context } from "./builder.ts";

interface Transcript {
  /** The chunk added last: a field selected twice must not count twice. */
  chunk: object;
  text: string;
}

/** By operation, then by answer. */
const transcripts = new WeakMap<Context, Map<string, Transcript>>();

/** Adds a chunk's text to its answer's and yields all of it. */
export function readTextSoFar(context: Context, chunk: { readonly id: string }, text: string | null): string {
  const answers = transcripts.get(context) ?? new Map<string, Transcript>();
  transcripts.set(context, answers);
  const before = answers.get(chunk.id);
  if (before?.chunk === chunk) return before.text;
  const transcript = { chunk, text: (before?.text ?? "") + (text ?? "") };
  answers.set(chunk.id, transcript);
  return transcript.text;
}
