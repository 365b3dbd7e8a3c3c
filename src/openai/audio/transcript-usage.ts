// What a transcription costs: in tokens, in seconds of sound, or, where nobody tells, by the bytes of the file.
import { isRecord } from "../../json/json.ts";
import type { TokenEstimate, TokenUsage, UpstreamRequest } from "../client/endpoint.ts";
import { filesOf } from "../client/uploads/multipart.ts";
import { countText } from "../token-count.ts";
import { readUsage } from "../usage.ts";

type Fields = Record<string, unknown>;

/** OpenAI's models count 10 tokens for a second of sound. */
const TOKENS_PER_SECOND = 10;
/** About what sound has in common formats: half of what a WAV for speech has, twice of what a small MP3 has. */
const BYTES_PER_SECOND = 16_000;
/** Bytes in a character of base64. */
const BYTES_PER_BASE64 = 3 / 4;
/** No call costs more. */
const MAX_TOKENS = 10_000_000;
/** Where an upstream may report the seconds that it bills. */
const SECONDS = ["seconds", "prompt_audio_seconds", "audio_seconds", "duration"] as const;

/** The tokens of a file of this size, of the voices to be known, and of the texts beside them. */
export function estimateTranscript({ multipart = {} }: UpstreamRequest): TokenEstimate {
  let bytes = 0;
  for (const file of filesOf(multipart)) bytes += file.knownBytes;
  for (const reference of listOf(multipart["known_speaker_references[]"])) bytes += reference.length * BYTES_PER_BASE64;
  const sound = Math.ceil((bytes / BYTES_PER_SECOND) * TOKENS_PER_SECOND);
  const texts = countText(listOf(multipart.prompt)) + countText(listOf(multipart["keywords[]"]));
  return { prompt: sound + texts, output: 0, choices: 1, isCapped: true };
}

function listOf(value: unknown): readonly string[] {
  return [value].flat().filter((entry) => typeof entry === "string");
}

/** Puts the usage of an answer or an event in OpenAI's place, and its seconds under OpenAI's name. */
export function putTranscriptUsage(body: Fields): void {
  const { x_groq } = body;
  const usage = [body.usage, isRecord(x_groq) ? x_groq.usage : undefined].find(isRecord);
  if (!usage) return;
  body.usage = usage;
  const seconds = SECONDS.map((name) => readNumber(usage[name])).find((count) => count !== undefined);
  if (seconds !== undefined) usage.seconds = seconds;
}

/** The tokens that an answer or an event reports, or those of the seconds that it reports. Undefined: it reports neither. */
export function readTranscriptUsage(body: unknown): TokenUsage | undefined {
  const usage = readUsage(body);
  if (usage?.total && usage.total <= MAX_TOKENS) return usage;
  const seconds = isRecord(body) ? secondsOf(body) : undefined;
  // Of a part alone logs learn all the same.
  if (!seconds) return usage?.total === 0 ? usage : undefined;
  const tokens = Math.ceil(seconds * TOKENS_PER_SECOND);
  return { input: tokens, output: undefined, total: tokens };
}

/** What is billed, or else how long the sound is. */
function secondsOf({ usage, duration }: Fields): number | undefined {
  const billed = isRecord(usage) ? usage.seconds : undefined;
  return [billed, duration]
    .map(readNumber)
    .find((seconds = 0) => seconds > 0 && seconds * TOKENS_PER_SECOND <= MAX_TOKENS);
}

/** A number, at least 0, that some servers send as text. */
export function readNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && /^\d{1,15}(?:\.\d{1,15})?$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number >= 0 ? number : undefined;
}
