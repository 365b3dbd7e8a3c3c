// The pieces of a sound on their way to a client: those of the upstream, cut so that their base64 can be joined.

import { isRecord } from "../../json/json.ts";
import type { OpenAIEvent } from "../client/client.ts";
import { Sound } from "./sound.ts";
import { soundTypeOf, TELLING_BYTES } from "./sound-type.ts";
import { bytesOf, type SpeechEvent } from "./speech-event.ts";
import type { AudioUsage } from "./usage.ts";
import { readWavSeconds } from "./wav.ts";

/** A piece of a sound. */
export interface SpeechChunk {
  /** From 0. */
  readonly index: number;
  /** A multiple of three bytes, but in the last piece; at least one. Its type is that of the whole sound. */
  readonly sound: Sound;
  /** On the last piece; undefined if the upstream does not tell. */
  readonly usage?: AudioUsage | undefined;
}

/** Base64 writes three bytes as four letters. */
const GROUP = 3;
/** Largest piece. */
const MAX_BYTES = 128 * 1024 * GROUP;
/** What is longer is more than the head of a WAV. */
const MAX_HEAD_BYTES = 4_096;

export class SpeechPieces {
  readonly #format: unknown;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #index = 0;
  /** All bytes so far; undefined once there are too many of them. */
  #head: Buffer | undefined = Buffer.alloc(0);
  #first: SpeechEvent | undefined;
  #contentType: string | undefined;
  #usage: AudioUsage | undefined;

  /** `format` is the one that was asked for. */
  constructor(format: unknown) {
    this.#format = format;
  }

  /** The pieces that are there once these events have come. At least one byte is held back for the last. */
  add(events: readonly OpenAIEvent[]): SpeechChunk[] {
    for (const event of events) {
      if (isRecord(event.usage)) this.#usage = event.usage;
      const bytes = bytesOf(event);
      if (!bytes) continue;
      this.#first ??= event as SpeechEvent;
      this.#held.push(bytes);
      this.#heldBytes += bytes.length;
      if (this.#head) this.#head = this.#head.length < MAX_HEAD_BYTES ? Buffer.concat([this.#head, bytes]) : undefined;
    }
    if (this.#contentType === undefined && this.#heldBytes <= TELLING_BYTES) return [];
    const ready = this.#heldBytes - 1 - ((this.#heldBytes - 1) % GROUP);
    return ready > 0 ? this.#take(ready) : [];
  }

  /** The last piece; undefined if there was no sound at all, or only the head of one. */
  end(): SpeechChunk | undefined {
    if (this.#head && readWavSeconds(this.#head) === 0) return undefined;
    const [last] = this.#heldBytes > 0 ? this.#take(this.#heldBytes) : [];
    return last && { ...last, usage: this.#usage };
  }

  #take(ready: number): SpeechChunk[] {
    const held = Buffer.concat(this.#held);
    // A copy: the rest of what came with it need not be kept.
    this.#held = ready < held.length ? [Buffer.from(held.subarray(ready))] : [];
    this.#heldBytes = held.length - ready;
    const { contentType, format } = this.#first ?? {};
    this.#contentType ??= soundTypeOf(contentType, held, [format, this.#format]);
    const chunks: SpeechChunk[] = [];
    for (let start = 0; start < ready; start += MAX_BYTES) {
      const bytes = held.subarray(start, Math.min(start + MAX_BYTES, ready));
      chunks.push({ index: this.#index++, sound: new Sound(bytes, this.#contentType) });
    }
    return chunks;
  }
}
