// The adapter of speech: POST /audio/speech, whose answer is a sound, or events that carry it.
// https://platform.openai.com/docs/api-reference/audio/createSpeech
import type { SpeechCreateParams } from "openai/resources/audio/speech";
import { isRecord } from "../../json/json.ts";
import { ChunkStream } from "../chunk-stream.ts";
import type { OpenAIClient, OpenAIEvent } from "../client/client.ts";
import { defineEndpoint } from "../client/endpoint.ts";
import { Repeat } from "../client/events/event-form.ts";
import { OpenAIError } from "../client/failures/errors.ts";
import { readUsage } from "../usage.ts";
import { GatheredSpeech, SpeechEnd } from "./gathered-speech.ts";
import { Sound } from "./sound.ts";
import { soundTypeOf } from "./sound-type.ts";
import { bytesOf, normaliseSpeech, SOUND_FIELDS, type SpeechEvent } from "./speech-event.ts";
import { type SpeechChunk, SpeechPieces } from "./speech-pieces.ts";
import { countSound, estimateSpeech, SpeechProgress, secondsOf } from "./speech-tokens.ts";
import type { AudioUsage } from "./usage.ts";

/** The wire body. A field of OpenAI's that is missing does not compile where the body is built. */
export type SpeechRequest = SpeechCreateParams;

/** A text that was read aloud. */
export interface Speech {
  /** At least one byte. */
  readonly sound: Sound;
  /** Its length. Undefined: neither WAV nor bare samples. */
  readonly seconds: number | undefined;
  /** Undefined: the upstream does not tell. */
  readonly usage: AudioUsage | undefined;
}

/** OpenTelemetry has no name for it. */
export const SPEECH = defineEndpoint({
  method: "POST",
  path: "/audio/speech",
  modelIn: "body",
  isPaid: true,
  operationName: "speech",
  hasLargeEvents: true,
  estimate: ({ json }) => estimateSpeech(json),
  readBytes(bytes, contentType) {
    const event: SpeechEvent = { bytes, contentType };
    return event as Record<string, unknown>;
  },
  answerFields: SOUND_FIELDS,
  normalise: normaliseSpeech,
  createEventNormaliser: () => normaliseSpeech,
  toEvent(answer) {
    if (isRecord(answer)) normaliseSpeech(answer);
    expectSound(answer);
    return answer as Record<string, unknown>;
  },
  gather: (normalise) => new GatheredSpeech(normalise),
  followEnd: () => new SpeechEnd(),
  followStream: () => new SpeechProgress(),
  readUsage,
  countOutput: countSound,
  hasOutput: (event) => (bytesOf(event)?.length ?? 0) > 0,
});

/** Asks for a whole sound. Throws OpenAIError, also if a 2xx holds none. */
export async function createSpeech(client: OpenAIClient, request: SpeechRequest, signal: AbortSignal): Promise<Speech> {
  const answer = await client.request({ endpoint: SPEECH, json: request }, signal);
  const bytes = expectSound(answer);
  const { contentType: said, format, usage } = answer as SpeechEvent & { usage?: unknown };
  const contentType = soundTypeOf(said, bytes, [format, request.response_format]);
  const seconds = secondsOf(bytes, contentType);
  if (seconds === 0) throw noSound();
  return { sound: new Sound(bytes, contentType), seconds, usage: isRecord(usage) ? usage : undefined };
}

/**
 * Asks for the sound in pieces, usage on the last one. Ends when the sound is complete; throws OpenAIError otherwise, after the
 * pieces so far. Leaving the stream ends the upstream call at once.
 */
export function streamSpeech(
  client: OpenAIClient,
  request: SpeechRequest,
  callerSignal: AbortSignal,
): ChunkStream<SpeechChunk> {
  return new ChunkStream(callerSignal, async (take, signal) => {
    const pieces = new SpeechPieces(request.response_format);
    await client.stream({ endpoint: SPEECH, json: request }, signal, (events) => {
      const chunks = pieces.add(events.filter((event): event is OpenAIEvent => !(event instanceof Repeat)));
      return chunks.length > 0 ? take(chunks) : undefined;
    });
    const last = pieces.end();
    if (!last) throw noSound();
    await take([last]);
  });
}

function expectSound(answer: unknown): Uint8Array {
  const bytes = bytesOf(answer);
  if (!bytes || bytes.length === 0) throw noSound();
  return bytes;
}

function noSound(): OpenAIError {
  return new OpenAIError("invalid_response", `The upstream's answer to ${SPEECH.name} holds no sound.`);
}
