// Owns POST /audio/speech: a text as notes, as WAV or bare samples, or as events that carry them. Knows no HTTP.
// https://platform.openai.com/docs/api-reference/audio/createSpeech
import { setTimeout as sleep } from "node:timers/promises";
import * as zod from "zod";
import { HttpError } from "../shared/http-error.ts";
import { requireModel } from "../shared/models.ts";
import type { Pace } from "../shared/pace.ts";
import { eventPiece, eventType, type PieceBody } from "../shared/pieces.ts";
import { decimal, parseRequest } from "../shared/request-schema.ts";
import { loadTokenizer } from "../shared/tokens.ts";
import { secondsOfSound, soundPieces } from "./sound.ts";

const voices = [
  "alloy",
  "ash",
  "ballad",
  "coral",
  "echo",
  "fable",
  "onyx",
  "nova",
  "sage",
  "shimmer",
  "verse",
  "marin",
  "cedar",
] as const;
const contentTypes = { wav: "audio/wav", pcm: "audio/pcm" };
/** Tokens of sound in a second of speech. */
const tokensPerSecond = 20;

const speechRequest = zod.strictObject({
  model: zod.string(),
  input: zod.string().min(1).max(4_096),
  voice: zod.union([zod.enum(voices), zod.strictObject({ id: zod.string().min(1) })]),
  instructions: zod.string().max(4_096).nullish(),
  response_format: zod.enum(["mp3", "opus", "aac", "flac", "wav", "pcm"]).nullish(),
  speed: decimal(0.25, 4),
  stream_format: zod.enum(["sse", "audio"]).nullish(),
});

type SpeechRequest = zod.output<typeof speechRequest>;

/** The sound, in pieces. Throws 400 or 404 in OpenAI's words; its pieces throw the abort reason if the client leaves. */
export async function createSpeech(body: Record<string, unknown>, pace: Pace): Promise<PieceBody> {
  const request = parseRequest(speechRequest, body);
  requireModel(request.model, "speech");
  const format = readFormat(request);
  const speed = request.speed ?? 1;
  if (request.stream_format !== "sse") {
    return { contentType: contentTypes[format], pieces: soundPieces(request.input, speed, format) };
  }
  if (request.model.startsWith("tts-1")) {
    const message = "Streaming with 'stream_format' set to 'sse' is not supported for 'tts-1' or 'tts-1-hd'.";
    throw new HttpError(400, message, { param: "stream_format", code: "unsupported_value" });
  }
  const events = speechEvents(request.input, speed, format, pace);
  return { contentType: eventType, pieces: events };
}

function readFormat({ response_format: format }: SpeechRequest): "wav" | "pcm" {
  if (format == null || format === "wav" || format === "pcm") return format ?? "wav";
  const message = `The sandbox makes WAV and PCM only, not '${format}'. Leave 'response_format' out, or set it to 'wav' or 'pcm'.`;
  throw new HttpError(400, message, { param: "response_format", code: "unsupported_value" });
}

async function* speechEvents(
  text: string,
  speed: number,
  format: "wav" | "pcm",
  { delayMs, signal }: Pace,
): AsyncGenerator<string> {
  for await (const piece of soundPieces(text, speed, format)) {
    yield eventPiece({ type: "speech.audio.delta", audio: piece.toString("base64") });
    if (delayMs > 0) await sleep(delayMs, undefined, { signal });
  }
  const inputTokens = (await loadTokenizer()).count(text);
  const outputTokens = Math.ceil(secondsOfSound(text, speed) * tokensPerSecond);
  yield eventPiece({
    type: "speech.audio.done",
    usage: { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: inputTokens + outputTokens },
  });
}
