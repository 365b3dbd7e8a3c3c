// The chunks of one streamed answer: all with its id and its text so far. Shared by chat and completions.
import { isRecord } from "../json/json.ts";
import { withId } from "./client/answer.ts";
import type { OpenAIEvent } from "./client/client.ts";
import type { Take } from "./client/event-stream.ts";
import { Repeat } from "./client/events/event-form.ts";
import { Transcript } from "./transcript.ts";

/**
 * Hands the chunks to `take`, each with the stream's id, in the batches in which `stream` hands out their events. Resolves and
 * throws as `stream` does.
 */
export function readChunks<Chunk extends { readonly id?: unknown; readonly choices?: unknown }>(
  stream: (events: Take<OpenAIEvent | Repeat>) => Promise<void>,
  idPrefix: string,
  take: Take<(Chunk & { id: string }) | Repeat>,
): Promise<void> {
  const transcript = new Transcript();
  const probes = new Transcript(true);
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
    // Azure's first event, the content filter's verdict on the prompt, comes before the answer has its id.
    if (!id && !event.id && !event.usage && !hasChoice(event)) {
      transcript.precede(event);
      return undefined;
    }
    // Nothing else uses the event: it becomes the chunk.
    if (id !== undefined) event.id = id;
    const chunk = (id === undefined ? withId(event, idPrefix) : event) as unknown as Chunk & { id: string };
    id = chunk.id;
    (chunk as { transcript?: Transcript }).transcript = transcript;
    return chunk;
  }

  return stream((events) => {
    const chunks: ((Chunk & { id: string }) | Repeat)[] = [];
    for (const event of events) {
      const chunk = event instanceof Repeat ? readRepeat(event) : readChunk(event);
      if (chunk) chunks.push(chunk);
    }
    return chunks.length > 0 ? take(chunks) : undefined;
  });
}

function hasChoice({ choices }: OpenAIEvent): boolean {
  return Array.isArray(choices) && choices.some(isRecord);
}
