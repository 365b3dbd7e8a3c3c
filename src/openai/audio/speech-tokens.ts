// How many tokens a speech costs: by its text before it is made, by its length afterwards.
import { isRecord } from "../../json/json.ts";
import type { StreamProgress, TokenEstimate } from "../client/endpoint.ts";
import { countFields, countText } from "../token-count.ts";
import { pcmBytesPerSecond } from "./sound-type.ts";
import { bytesOf, isLastEvent, type SpeechEvent } from "./speech-event.ts";
import { readWavHead, readWavSeconds } from "./wav.ts";

/** Tokens of sound in a second, as OpenAI's gpt-4o-mini-tts has them. */
const TOKENS_PER_SECOND = 20;
/** Of UTF-8: letters outside ASCII are two or three, and take longer to be read. */
const BYTES_PER_SECOND = 15;
/** The fields of a request that a model does not read. */
const NOT_READ: ReadonlySet<string> = new Set(["input", "model", "voice", "speed", "response_format", "stream_format"]);
/** The longest beginning in which a WAV's head is looked for, in bytes. */
const MAX_HEAD_BYTES = 4_096;

/** The text, and the sound that it becomes. */
export function estimateSpeech(json: unknown): TokenEstimate {
  const body = isRecord(json) ? json : {};
  const text = typeof body.input === "string" ? body.input : "";
  const speed = typeof body.speed === "number" && body.speed > 0 ? body.speed : 1;
  const output = Math.ceil((Buffer.byteLength(text) / BYTES_PER_SECOND / speed) * TOKENS_PER_SECOND);
  return { prompt: countText(text) + countFields(body, NOT_READ), output, choices: 1, isCapped: true };
}

/** How long a whole sound is, in seconds. Undefined: neither WAV nor bare samples. */
export function secondsOf(bytes: Uint8Array, contentType: unknown): number | undefined {
  const seconds = readWavSeconds(bytes);
  if (seconds !== undefined) return seconds;
  const bytesPerSecond = pcmBytesPerSecond(contentType);
  return bytesPerSecond && bytes.length / bytesPerSecond;
}

/** The tokens of a whole sound, or of one of a stream's events that SpeechProgress has seen. Undefined: it does not show them. */
export function countSound(answer: unknown): number | undefined {
  const bytes = bytesOf(answer);
  if (!bytes) return undefined;
  const { contentType, tokens } = answer as SpeechEvent;
  if (tokens !== undefined) return tokens;
  const seconds = secondsOf(bytes, contentType);
  return seconds === undefined ? undefined : Math.ceil(seconds * TOKENS_PER_SECOND);
}

/** How a stream's bytes become seconds. */
interface Measure {
  readonly bytesPerSecond: number;
  /** How many bytes come before the samples. */
  readonly start: number;
}

/** How far a stream's sound has come. Each event learns how many tokens it brings: only those before tell how many bytes one has. */
export class SpeechProgress implements StreamProgress {
  leastTokens = 0;
  isComplete = false;
  #bytes = 0;
  #beginning: Uint8Array = new Uint8Array();
  /** Undefined: not known by now. Null: it will not be known. */
  #measure: Measure | null | undefined;

  add(event: unknown): void {
    if (!isRecord(event)) return;
    this.isComplete ||= isLastEvent(event);
    const bytes = bytesOf(event);
    if (!bytes) return;
    this.#bytes += bytes.length;
    if (this.#measure === undefined) this.#measure = this.#learn(bytes, event);
    if (this.#measure === null) return;
    // What comes before the length is known is counted then.
    const { bytesPerSecond, start } = this.#measure ?? { bytesPerSecond: 1, start: Number.POSITIVE_INFINITY };
    const seconds = Math.max(0, this.#bytes - start) / bytesPerSecond;
    const tokens = Math.ceil(seconds * TOKENS_PER_SECOND);
    (event as SpeechEvent).tokens = tokens - this.leastTokens;
    this.leastTokens = tokens;
  }

  addText(): void {}

  #learn(bytes: Uint8Array, { contentType }: SpeechEvent): Measure | null | undefined {
    this.#beginning = Buffer.concat([this.#beginning, bytes.subarray(0, MAX_HEAD_BYTES)]);
    const head = readWavHead(this.#beginning);
    if (head) return head;
    const bytesPerSecond = pcmBytesPerSecond(contentType);
    if (bytesPerSecond !== undefined) return { bytesPerSecond, start: 0 };
    return mayBeWav(this.#beginning) && this.#beginning.length < MAX_HEAD_BYTES ? undefined : null;
  }
}

function mayBeWav(beginning: Uint8Array): boolean {
  const word = Buffer.from("RIFF").subarray(0, beginning.length);
  return word.equals(beginning.subarray(0, word.length));
}
