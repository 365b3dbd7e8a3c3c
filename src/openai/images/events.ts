// The events of a streamed image, as OpenAI and others send them: each has a picture, and tells whether a better one follows.
// https://platform.openai.com/docs/api-reference/images-streaming
import type {
  ImageEditCompletedEvent,
  ImageEditPartialImageEvent,
  ImageGenCompletedEvent,
  ImageGenPartialImageEvent,
} from "openai/resources/images";
import { isRecord, type Unchecked } from "../../json/json.ts";
import { ChunkStream } from "../chunk-stream.ts";
import type { OpenAIClient, OpenAIEvent } from "../client/client.ts";
import type { UpstreamRequest } from "../client/endpoint.ts";
import { Repeat } from "../client/events/event-form.ts";
import { OpenAIError } from "../client/failures/errors.ts";

type Fields = Readonly<Record<string, unknown>>;

type AnyEvent = (ImageGenPartialImageEvent | ImageEditPartialImageEvent) &
  (ImageGenCompletedEvent | ImageEditCompletedEvent);

/** A picture of a stream: the event's own fields as the upstream sent them, and what they mean. */
export interface ImageEvent {
  readonly type: string;
  /** The picture's fields: `b64_json`, `url`, `revised_prompt`. */
  readonly image: Fields;
  readonly isPartial: boolean;
  readonly fields: Unchecked<Omit<AnyEvent, "type">> & { readonly created?: unknown };
}

/** How events are named: `image_generation.completed`. */
export type ImageEventName = "image_generation" | "image_edit";

/**
 * The pictures in an event, or in a whole answer, each with its fields. An event of OpenAI's is a picture; others have them in
 * `data`, as whole answers do.
 */
export function picturesIn(event: unknown): Fields[] {
  if (!isRecord(event)) return [];
  if (isPicture(event)) return [event];
  const { data } = event;
  return (Array.isArray(data) ? data : [data]).filter(isRecord).filter(isPicture);
}

/** What a picture's own fields say of it. */
export function imageOf(picture: Fields): Fields {
  const { b64_json, url, revised_prompt } = picture;
  return {
    ...(b64_json !== undefined && { b64_json }),
    ...(url !== undefined && { url }),
    ...(revised_prompt !== undefined && { revised_prompt }),
  };
}

/** Whether the pictures of an event are unfinished. Some servers number the events, and name them all alike. */
export function isPartial(event: unknown): boolean {
  if (!isRecord(event)) return false;
  const { type, partial_image_index } = event;
  if (typeof type === "string" && /(?:completed|partial_image)$/.test(type)) return type.endsWith("partial_image");
  return typeof partial_image_index === "number";
}

/** Gives an event with a picture, if it has no name, the one that OpenAI gives it. */
export function nameEvent(event: Record<string, unknown>, name: ImageEventName): void {
  if ((typeof event.type === "string" && event.type !== "") || picturesIn(event).length === 0) return;
  event.type = `${name}.${isPartial(event) ? "partial_image" : "completed"}`;
}

/**
 * Asks for pictures as they are made. Ends when all are complete; throws OpenAIError otherwise, after the pictures so far.
 * Leaving the stream ends the upstream call at once. `onEnd` is called when a stream that has begun is over.
 */
export function streamImages(
  client: OpenAIClient,
  request: UpstreamRequest,
  callerSignal: AbortSignal,
  onEnd: () => void = () => {},
): ChunkStream<ImageEvent> {
  return new ChunkStream(callerSignal, async (take, signal) => {
    let isFinished = false;
    try {
      await client.stream(request, signal, (events) => {
        const pictures = events.flatMap((event) => (event instanceof Repeat ? [] : readEvent(event)));
        isFinished ||= pictures.some((picture) => !picture.isPartial);
        return pictures.length > 0 ? take(pictures) : undefined;
      });
      // `[DONE]` ends a stream also if there is no picture yet.
      if (!isFinished)
        throw new OpenAIError("interrupted", "The upstream's answer ended before an image was finished.");
    } finally {
      onEnd();
    }
  });
}

/** Signs of life and what else has no picture yield nothing. What an event says of several pictures is on the last. */
function readEvent(event: OpenAIEvent): ImageEvent[] {
  const { type, data: _, usage, ...rest } = event;
  const pictures = picturesIn(event);
  return pictures.map((image, place) => ({
    type: String(type),
    image,
    isPartial: isPartial(event),
    fields: { ...rest, ...image, usage: place === pictures.length - 1 ? (image.usage ?? usage) : image.usage },
  }));
}

function isPicture({ b64_json, url }: Fields): boolean {
  return (typeof b64_json === "string" && b64_json !== "") || (typeof url === "string" && url !== "");
}
