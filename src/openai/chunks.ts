// The end of a streamed answer: complete, or an error; and what makes its chunks one answer. Shared by chat and completions.
import { withId } from "./answer.ts";
import { OpenAIError } from "./errors.ts";
import type { EventStreamEnd } from "./event-stream.ts";
import { isRecord } from "./json.ts";

const streams = new WeakMap<object, object>();

/** What all chunks of one stream have in common and no other chunk has. Undefined for a whole answer. */
export function streamOf(chunk: object): object | undefined {
  return streams.get(chunk);
}

/**
 * Yields the chunks, each with the stream's id. Ends as the stream does if that was complete: with `[DONE]`, or with
 * the body after every choice that began has given its finish_reason. Throws OpenAIError (`interrupted`) otherwise, or
 * what `events` throws.
 */
export async function* readChunks<Chunk extends { readonly id?: unknown; readonly choices?: unknown }>(
  events: AsyncGenerator<Record<string, unknown>, EventStreamEnd>,
  idPrefix: string,
): AsyncGenerator<Chunk & { id: string }> {
  const stream = {};
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
      const choices = Array.isArray(value.choices) ? value.choices.filter(isRecord) : [];
      for (const [place, { index = place, finish_reason }] of choices.entries()) {
        begun.add(index);
        if (finish_reason) finished.add(index);
      }
      // Azure's first event, the content filter's verdict on the prompt, comes before the answer has its id.
      if (!id && !value.id && choices.length === 0 && !value.usage) continue;
      const chunk = withId({ ...value, id: id ?? value.id } as unknown as Chunk, idPrefix);
      id = chunk.id;
      streams.set(chunk, stream);
      yield chunk;
    }
  } finally {
    await events.return("body");
  }
}
