// The end of a streamed answer: complete, or an error; and one id for all its chunks. Shared by chat and completions.
import { isRecord, withId } from "./answer.ts";
import { OpenAIError } from "./errors.ts";
import type { EventStreamEnd } from "./event-stream.ts";

/**
 * Yields the chunks, each with the stream's id. Ends as the stream does if that was complete: with `[DONE]`, or with
 * the body after every choice that began has given its finish_reason. Throws OpenAIError (`interrupted`) otherwise, or
 * what `events` throws.
 */
export async function* readChunks<Chunk extends { readonly id?: unknown; readonly choices?: unknown }>(
  events: AsyncGenerator<Record<string, unknown>, EventStreamEnd>,
  idPrefix: string,
): AsyncGenerator<Chunk & { id: string }> {
  const begun = new Set<unknown>();
  const finished = new Set<unknown>();
  let id: string | undefined;
  try {
    for (;;) {
      const { value, done } = await events.next();
      if (done) {
        if (value === "done" || (begun.size > 0 && begun.size === finished.size)) return;
        throw new OpenAIError("interrupted", "The upstream's answer broke off before its end.");
      }
      for (const choice of Array.isArray(value.choices) ? value.choices.filter(isRecord) : []) {
        begun.add(choice.index);
        if (choice.finish_reason) finished.add(choice.index);
      }
      const chunk = withId({ ...value, id: value.id || id } as unknown as Chunk, idPrefix);
      id = chunk.id;
      yield chunk;
    }
  } finally {
    await events.return("body");
  }
}
