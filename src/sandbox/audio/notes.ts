// Owns the sandbox's voice: 16 notes, two for each byte of the text, the high half of the byte first. Knows no file format.

/** Samples a second. */
export const sampleRate = 24_000;
/** C, D, E, G and A over three octaves, and the C above them, in Hz. */
export const noteFrequencies: readonly number[] = [
  523.25, 587.33, 659.26, 783.99, 880, 1046.5, 1174.66, 1318.51, 1567.98, 1760, 2093, 2349.32, 2637.02, 3135.96, 3520,
  4186.01,
];
/** How long one note is at the ordinary speed. */
const noteMs = 40;
const loudest = 8_192;

/** How many samples a note has at a speed of 0.25 to 4; its pitch stays. */
export function samplesPerNote(speed: number): number {
  return Math.round((noteMs * sampleRate) / 1000 / speed);
}

/**
 * Every note as 16-bit samples, little-endian. The first and the last eighth of a tone swell and fade, so that nothing clicks,
 * and an eighth of silence follows: by it a listener tells two notes apart, at any speed.
 */
export function createNotes(speed: number): readonly Buffer[] {
  const length = samplesPerNote(speed);
  const edge = Math.floor(length / 8);
  const toneLength = length - edge;
  return noteFrequencies.map((frequency) => {
    const note = Buffer.alloc(length * 2);
    for (let place = 0; place < toneLength; place += 1) {
      const fromEdge = Math.min(place, toneLength - 1 - place, edge);
      const loudness = (1 - Math.cos((Math.PI * fromEdge) / edge)) / 2;
      const wave = Math.sin((2 * Math.PI * frequency * place) / sampleRate);
      note.writeInt16LE(Math.round(loudest * loudness * wave), place * 2);
    }
    return note;
  });
}
