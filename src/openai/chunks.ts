// Joins the chunks of a stream into one answer, which ends complete or with an error. Shared by chat and completions.
import { withId } from "./client/answer.ts";
import type { OpenAIEvent } from "./client/client.ts";
import { OpenAIError } from "./client/errors.ts";
import type { EventStreamEnd } from "./client/event-stream.ts";
import { isRecord } from "./client/json.ts";
import { Transcript } from "./transcript.ts";

/** Most choices of one stream: an upstream can number them as it likes. */
const MAX_CHOICES = 1_024;

/**
 * Yields the chunks, each with the stream's id, in the batches in which their events came. Ends as the stream does if that
 * was complete: with `[DONE]`, or with the body after every choice that began has given its finish_reason. Throws
 * OpenAIError (`interrupted`) otherwise, or what `events` throws.
 */
export async function* readChunks<Chunk extends { readonly id?: unknown; readonly choices?: unknown }>(
  events: AsyncGenerator<readonly OpenAIEvent[], EventStreamEnd>,
  idPrefix: string,
): AsyncGenerator<readonly (Chunk & { id: string })[]> {
  const transcript = new Transcript();
  const begun = new Set<number>();
  const finished = new Set<number>();
  let id: string | undefined;

  function readChunk(event: OpenAIEvent): (Chunk & { id: string }) | undefined {
    const choices = Array.isArray(event.choices) ? event.choices.filter(isRecord) : [];
    for (const [place, { index = place, finish_reason }] of choices.entries()) {
      // What is not a number is no more than a place.
      const number = typeof index === "number" ? index : place;
      begun.add(number);
      if (begun.size > MAX_CHOICES)
        throw new OpenAIError("invalid_response", `The upstream's answer has more than ${MAX_CHOICES} choices.`);
      if (finish_reason) finished.add(number);
    }
    // Azure's first event, the content filter's verdict on the prompt, comes before the answer has its id.
    if (!id && !event.id && choices.length === 0 && !event.usage) return undefined;
    // Nothing else uses the event: it becomes the chunk.
    if (id !== undefined) event.id = id;
    const chunk = (id === undefined ? withId(event, idPrefix) : event) as unknown as Chunk & { id: string };
    id = chunk.id;
    (chunk as { transcript?: Transcript }).transcript = transcript;
    return chunk;
  }

  try {
    for (;;) {
      const { value, done } = await events.next();
      if (done) {
        if (value === "done" || (begun.size > 0 && begun.size === finished.size)) return;
        throw new OpenAIError("interrupted", "The upstream's answer broke off before its end.");
      }
      const chunks = value.map(readChunk).filter((chunk) => chunk !== undefined);
      if (chunks.length > 0) yield chunks;
    }
  } finally {
    await events.return("body");
  }
}
