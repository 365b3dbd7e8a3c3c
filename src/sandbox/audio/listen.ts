// Owns reading a sound's notes back as text. Takes time in proportion to the sound's length, and lets others have their turn.
import { setImmediate as nextTurn } from "node:timers/promises";
import { noteFrequencies } from "./notes.ts";
import type { Recording, Samples } from "./recording.ts";

/** What is heard in a sound. */
export interface Heard {
  text: string;
  seconds: number;
  /** When each byte of the text begins and ends, in seconds. Null: the text is not in the sound. */
  times: readonly Span[] | null;
}

export interface Span {
  start: number;
  end: number;
}

/** A tone, as places of samples. */
type Tone = Span;

/** Below it a sample is quiet. */
const quiet = 100;
/** Tones are apart if it is quiet for so long. */
const gapSeconds = 0.0005;
/** No note is longer, at any speed. */
const longestNoteSeconds = 0.2;
/** How much of a tone is listened to, in its middle. */
const heardSeconds = 0.02;
/** How much of a tone's energy its note has at least. */
const leastPurity = 0.6;
const tonesPerTurn = 64;

/** The text of a sound that the sandbox made, "" for silence, and for all else how many seconds of sound there are. */
export async function listen({ samples, seconds }: Recording): Promise<Heard> {
  const otherwise = { text: `${Math.round(seconds * 10) / 10} seconds of sound`, seconds, times: null };
  if (samples === null) return otherwise;
  const halves: number[] = [];
  const tones: Tone[] = [];
  for await (const tone of findTones(samples)) {
    const note = hearNote(samples, tone);
    if (note < 0) return otherwise;
    halves.push(note);
    tones.push(tone);
  }
  const bytes = Buffer.from(
    halves.flatMap((high, place) => (place % 2 === 0 ? [high * 16 + (halves[place + 1] ?? 0)] : [])),
  );
  const text = bytes.toString();
  if (halves.length % 2 === 1 || !Buffer.from(text).equals(bytes)) return otherwise;
  const times = Array.from(bytes, (_, place) => ({
    start: (tones[place * 2]?.start ?? 0) / samples.rate,
    end: (tones[place * 2 + 1]?.end ?? 0) / samples.rate,
  }));
  return { text, seconds, times };
}

async function* findTones({ count, rate, at }: Samples): AsyncGenerator<Tone> {
  const gap = Math.max(Math.round(gapSeconds * rate), 2);
  const samplesPerTurn = rate * 10;
  let start = -1;
  let end = -1;
  let toneCount = 0;
  for (let place = 0; place < count; place += 1) {
    if (place % samplesPerTurn === 0) await nextTurn();
    if (Math.abs(at(place)) >= quiet) {
      if (start < 0) start = place;
      end = place + 1;
    } else if (start >= 0 && place - end >= gap) {
      yield { start, end };
      start = -1;
      toneCount += 1;
      if (toneCount % tonesPerTurn === 0) await nextTurn();
    }
  }
  if (start >= 0) yield { start, end };
}

/** The tone's note; -1 if it is none. https://en.wikipedia.org/wiki/Goertzel_algorithm */
function hearNote({ rate, at }: Samples, { start, end }: Tone): number {
  if (end - start > longestNoteSeconds * rate) return -1;
  const length = Math.min(end - start, Math.round(heardSeconds * rate));
  const first = start + Math.floor((end - start - length) / 2);
  const heard = Float64Array.from({ length }, (_, place) => at(first + place));
  const energy = heard.reduce((sum, sample) => sum + sample * sample, 0);
  const powers = noteFrequencies.map((frequency) => powerOf(heard, (2 * Math.PI * frequency) / rate));
  const loudest = Math.max(...powers);
  return loudest >= leastPurity * energy * (length / 2) ? powers.indexOf(loudest) : -1;
}

function powerOf(heard: Float64Array, angle: number): number {
  const factor = 2 * Math.cos(angle);
  let last = 0;
  let before = 0;
  for (const sample of heard) {
    const next = sample + factor * last - before;
    before = last;
    last = next;
  }
  return last * last + before * before - factor * last * before;
}
