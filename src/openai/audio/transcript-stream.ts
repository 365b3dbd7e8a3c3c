// The events of a transcription's stream: where they end, and the whole answer that they make.
import { isRecord, roomAfter } from "../../json/json.ts";
import { tooMuch } from "../client/answer.ts";
import type { Normalise, StreamProgress } from "../client/endpoint.ts";
import type { AnswerEnd, GatheredAnswer } from "../client/events/answer-end.ts";
import { DELTA, DONE, PIECE, SEGMENT } from "./transcript-form.ts";

type Fields = Record<string, unknown>;

const ONE_EACH = { value: 1, character: 0 };

/**
 * The end of a stream: OpenAI's last event. vLLM gives a finish_reason for each 30 seconds of the sound, so that none of them is
 * an end; its last word is `[DONE]`, or a chunk with the usage alone. Pieces without a type have no end but the body's.
 */
export class TranscriptEnd implements AnswerEnd, StreamProgress {
  /** A transcription has no cap that it could pass. */
  readonly leastTokens = 0;
  #last: unknown;
  #isDone = false;

  add(event: unknown): boolean {
    if (!isRecord(event) || !isOfTranscript(event)) return false;
    const { type, choices, usage } = event;
    this.#last = type;
    this.#isDone ||= type === DONE || (Array.isArray(choices) && choices.length === 0 && isRecord(usage));
    return true;
  }

  addText(): void {}

  get isWhole(): boolean {
    return this.#isDone || this.#last === PIECE;
  }

  get isOver(): boolean {
    return this.#isDone;
  }

  get isComplete(): boolean {
    return this.#isDone;
  }
}

/** Whether an event brings any of a transcription. */
export function isOfTranscript({ type }: Fields): boolean {
  return type === DELTA || type === SEGMENT || type === DONE || type === PIECE;
}

/** Whether an event brings text. */
export function hasTranscriptOutput(event: unknown): boolean {
  if (!isRecord(event) || !isOfTranscript(event)) return false;
  return [event.delta, event.text].some((text) => typeof text === "string" && text !== "");
}

/** Puts the events of a stream together to a whole answer. */
export class GatheredTranscript implements GatheredAnswer {
  readonly #normalise: Normalise;
  readonly #end = new TranscriptEnd();
  readonly #maxValues: number;
  #room: number;
  #text: string | undefined;
  readonly #segments: Fields[] = [];
  readonly #logprobs: unknown[] = [];
  readonly #others: Fields = {};

  /** `maxValues`: most values of the answer. */
  constructor(normalise: Normalise, maxValues: number) {
    this.#normalise = normalise;
    this.#maxValues = maxValues;
    this.#room = maxValues;
  }

  add(event: Fields): boolean {
    this.#normalise(event);
    if (!this.#end.add(event)) return false;
    this.#room = roomAfter(event, this.#room, ONE_EACH);
    if (this.#room < 0) throw tooMuch("answer", `must hold at most ${this.#maxValues} values.`);
    const { type, delta, text, logprobs, choices: _, segment_id: __, ...others } = event;
    if (type === SEGMENT) {
      this.#segments.push({ ...others, text });
      return true;
    }
    if (typeof delta === "string") this.#text = (this.#text ?? "") + delta;
    if (type !== DONE && Array.isArray(logprobs)) this.#logprobs.push(...logprobs);
    Object.assign(this.#others, others);
    if (type === DONE) {
      if (typeof text === "string") this.#text = text;
      if (Array.isArray(logprobs)) this.#others.logprobs = logprobs;
    }
    return true;
  }

  get isWhole(): boolean {
    return this.#end.isWhole;
  }

  get isOver(): boolean {
    return this.#end.isOver;
  }

  get body(): Fields {
    const body: Fields = {};
    if (this.#text !== undefined) body.text = this.#text;
    if (this.#segments.length > 0) body.segments = this.#segments;
    if (this.#logprobs.length > 0) body.logprobs = this.#logprobs;
    return Object.assign(body, this.#others);
  }
}
