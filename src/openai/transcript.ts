// What a streamed answer has said so far, shared by all chunks of one stream. Grows only for streams that ask for it.
import { JoinedChoices } from "./dialects/joined-choices.ts";

type Fields = Record<string, unknown>;

/** What the whole answer so far may take. */
export interface AnswerRoom {
  /** Most values of the answer. */
  readonly maxUpstreamValues: number;
  /** Counts the bytes that it takes in memory. Absent: nobody counts. */
  readonly held?: { add(bytes: number): void } | undefined;
}

/** The answer grows by as many bytes before they are counted. */
const COUNTED_BYTES = 16 * 1024;

/** By stream, not by the answer's id: an upstream may give two answers the same id. */
export class Transcript {
  readonly #isOfProbes: boolean;
  /** The chunk added last: a field selected twice must not count twice. */
  #chunk: object | undefined;
  #text = "";
  /** What came before the first chunk. */
  #before: Fields | undefined;
  #joined: JoinedChoices | undefined;
  #joinedChunk: object | undefined;
  #answer: Fields = {};
  #fault: { readonly error: unknown } | undefined;
  #countedBytes = 0;

  /** `isOfProbes`: its chunks are no part of an answer, but made to see what becomes of them. */
  constructor(isOfProbes = false) {
    this.#isOfProbes = isOfProbes;
  }

  /** Adds a chunk's text, once, and yields the whole text so far. */
  add(chunk: object, text: string | null): string {
    if (this.#chunk !== chunk) {
      this.#chunk = chunk;
      this.#text += text ?? "";
    }
    return this.#text;
  }

  /** Takes note of an event that is no chunk, as it has no id and no choice. The first one is a part of the answer. */
  precede(event: Fields): void {
    this.#before ??= event;
  }

  /**
   * Adds a chunk, once, and yields the whole answer so far, which later chunks leave as it is. To be called for each chunk, in
   * their order, or for none. Of a probe a promise: what depends on the chunks before has no template. Throws OpenAIError,
   * from then on, if the answer has too many values.
   */
  addToAnswer(chunk: object, room: AnswerRoom): Fields | Promise<Fields> {
    if (this.#isOfProbes) return Promise.resolve(chunk as Fields);
    if (this.#fault) throw this.#fault.error;
    if (this.#joinedChunk === chunk) return this.#answer;
    try {
      this.#join(chunk as Fields, room);
    } catch (error) {
      this.#fault = { error };
      throw error;
    }
    this.#joinedChunk = chunk;
    return this.#answer;
  }

  /** How many values the answer so far has; 0 if nobody has asked for it. */
  get values(): number {
    return this.#joined?.values ?? 0;
  }

  #join(chunk: Fields, { maxUpstreamValues, held }: AnswerRoom): void {
    if (!this.#joined) {
      this.#joined = new JoinedChoices("message", maxUpstreamValues);
      if (this.#before) this.#joined.add(this.#before);
      this.#before = undefined;
    }
    this.#joined.add(chunk);
    this.#answer = this.#joined.body;
    const grown = this.#joined.bytes - this.#countedBytes;
    if (grown < COUNTED_BYTES) return;
    this.#countedBytes += grown;
    held?.add(grown);
  }
}

/** The transcript of the stream that a chunk belongs to. Undefined for a whole answer. */
export function transcriptOf({ transcript }: { readonly transcript?: unknown }): Transcript | undefined {
  // An upstream's field of the same name is not a transcript.
  return transcript instanceof Transcript ? transcript : undefined;
}
