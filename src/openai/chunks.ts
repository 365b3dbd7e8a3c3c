// Joins the chunks of a stream into one answer, which ends complete or with an error. Shared by chat and completions.
import { ChoiceEnds, MAX_CHOICES } from "./choice-progress.ts";
import { withId } from "./client/answer.ts";
import type { OpenAIEvent } from "./client/client.ts";
import type { EventStreamEnd, Take } from "./client/event-stream.ts";
import { Repeat } from "./client/events/event-form.ts";
import { OpenAIError } from "./client/failures/errors.ts";
import { Transcript } from "./transcript.ts";

/**
 * Hands the chunks to `take`, each with the stream's id, in the batches in which `stream` hands out their events. Resolves as
 * the stream does if that was complete: with `[DONE]`, or with the body after every choice that began has given its
 * finish_reason. Throws OpenAIError (`interrupted`) otherwise, or what `stream` throws.
 */
export async function readChunks<Chunk extends { readonly id?: unknown; readonly choices?: unknown }>(
  stream: (events: Take<OpenAIEvent | Repeat>) => Promise<EventStreamEnd>,
  idPrefix: string,
  take: Take<(Chunk & { id: string }) | Repeat>,
): Promise<void> {
  const transcript = new Transcript();
  const probes = new Transcript();
  const ends = new ChoiceEnds();
  let id: string | undefined;

  /** An event of a form begins no choice and ends none. */
  function readRepeat(repeat: Repeat): Repeat {
    repeat.form.change = changeRepeat;
    return repeat;
  }

  function changeRepeat(event: OpenAIEvent, isProbe: boolean): unknown {
    return Object.assign(event, { id, transcript: isProbe ? probes : transcript });
  }

  function readChunk(event: OpenAIEvent): (Chunk & { id: string }) | undefined {
    ends.add(event);
    if (ends.areTooMany)
      throw new OpenAIError("invalid_response", `The upstream's answer has more than ${MAX_CHOICES} choices.`);
    // Azure's first event, the content filter's verdict on the prompt, comes before the answer has its id.
    if (!id && !event.id && !ends.haveBegun && !event.usage) return undefined;
    // Nothing else uses the event: it becomes the chunk.
    if (id !== undefined) event.id = id;
    const chunk = (id === undefined ? withId(event, idPrefix) : event) as unknown as Chunk & { id: string };
    id = chunk.id;
    (chunk as { transcript?: Transcript }).transcript = transcript;
    return chunk;
  }

  const end = await stream((events) => {
    const chunks: ((Chunk & { id: string }) | Repeat)[] = [];
    for (const event of events) {
      const chunk = event instanceof Repeat ? readRepeat(event) : readChunk(event);
      if (chunk) chunks.push(chunk);
    }
    return chunks.length > 0 ? take(chunks) : undefined;
  });
  if (end !== "done" && !ends.areFinished)
    throw new OpenAIError("interrupted", "The upstream's answer broke off before its end.");
}
