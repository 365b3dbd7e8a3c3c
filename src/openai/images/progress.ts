// How far a stream of pictures has come: how many are complete, and whether there is more to come.
import { isRecord } from "../../json/json.ts";
import type { Normalise, StreamProgress } from "../client/endpoint.ts";
import type { AnswerEnd, GatheredAnswer } from "../client/events/answer-end.ts";
import { OpenAIError } from "../client/failures/errors.ts";
import { imageOf, isPartial, picturesIn } from "./events.ts";
import { usageSoFar } from "./usage-sum.ts";

type Fields = Record<string, unknown>;

/** Most pictures of one answer: requests ask for 10 at most. */
const MAX_IMAGES = 1_024;

/** The end of an answer in events. */
export class ImagesEnd implements AnswerEnd {
  readonly #asked: number;
  #complete = 0;
  /** Whether the last picture is an unfinished one. */
  #isUnfinished = false;

  /** `asked`: how many pictures the request asks for. A server may make fewer, and leave out those that it holds back. */
  constructor(asked: number) {
    this.#asked = asked;
  }

  add(event: Fields): boolean {
    const { length } = picturesIn(event);
    if (length > 0) this.#isUnfinished = isPartial(event);
    if (!this.#isUnfinished) this.#complete += length;
    if (this.#complete > MAX_IMAGES)
      throw new OpenAIError("invalid_response", `The upstream's answer has more than ${MAX_IMAGES} images.`);
    return length > 0 || isRecord(event.usage);
  }

  get isWhole(): boolean {
    return this.#complete > 0 && !this.#isUnfinished;
  }

  get isOver(): boolean {
    return this.isWhole && this.#complete >= this.#asked;
  }
}

/** The progress of a stream. What a picture takes is known when it is reported. */
export class ImageProgress implements StreamProgress {
  readonly #end: ImagesEnd;
  readonly leastTokens = 0;

  constructor(asked: number) {
    this.#end = new ImagesEnd(asked);
  }

  add(event: unknown): void {
    if (isRecord(event)) this.#end.add(event);
  }

  addText(): void {}

  get isComplete(): boolean {
    return this.#end.isOver;
  }
}

/** Puts complete pictures together to the answer that they would have been whole; unfinished ones are dropped. */
export class GatheredImages extends ImagesEnd implements GatheredAnswer {
  readonly #normalise: Normalise;
  readonly #data: Fields[] = [];
  #fields: Fields = {};
  /** Whether an event without a name has come, which may be an answer without any picture. */
  #hasNameless = false;

  /** `images`: how many are asked for. */
  constructor(normalise: Normalise, images: number) {
    super(images);
    this.#normalise = normalise;
  }

  override add(event: Fields): boolean {
    if (event.type === undefined && Object.keys(event).length > 0) this.#hasNameless = true;
    this.#normalise(event);
    const isProgress = super.add(event);
    if (isPartial(event)) return isProgress;
    for (const picture of picturesIn(event)) this.#data.push(picture === event ? imageOf(picture) : picture);
    const { type: _, b64_json: __, url: ___, revised_prompt: ____, data: _____, created_at, ...rest } = event;
    const usage = usageSoFar(event);
    this.#fields = { ...this.#fields, ...(created_at !== undefined && { created: created_at }), ...rest };
    if (isRecord(usage)) this.#fields.usage = usage;
    return isProgress;
  }

  override get isWhole(): boolean {
    return super.isWhole || this.#hasNameless;
  }

  get body(): Fields {
    return { ...this.#fields, data: this.#data };
  }
}
