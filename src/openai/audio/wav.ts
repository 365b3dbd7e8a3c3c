// Reads how long a WAV is, by its head and the bytes that are there: servers that stream do not know their sizes.
// http://soundfile.sapp.org/doc/WaveFormat/

/** The head of a WAV. */
export interface WavHead {
  readonly bytesPerSecond: number;
  /** Where the samples begin, in bytes. */
  readonly start: number;
  /** How many bytes of samples it is said to have; it may have fewer. */
  readonly size: number;
}

/** The fewest bytes that a second of sound takes. A head that says less is wrong. */
const LEAST_BYTES_PER_SECOND = 1_000;
/** Most chunks before the samples. */
const MAX_CHUNKS = 64;

/** Undefined: the bytes are no WAV, or do not reach as far as its samples. */
export function readWavHead(bytes: Uint8Array): WavHead | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const has = (place: number, word: string) =>
    place + word.length <= bytes.length && [...word].every((letter, n) => bytes[place + n] === letter.charCodeAt(0));
  if (!has(0, "RIFF") || !has(8, "WAVE")) return undefined;
  let bytesPerSecond = 0;
  let start = 12;
  for (let chunk = 0; chunk < MAX_CHUNKS && start + 8 <= bytes.length; chunk++) {
    const isData = has(start, "data");
    const isFormat = has(start, "fmt ") && start + 24 <= bytes.length;
    const size = view.getUint32(start + 4, true);
    start += 8;
    if (isData) {
      const isPossible = bytesPerSecond >= LEAST_BYTES_PER_SECOND;
      return isPossible ? { bytesPerSecond, start, size: size || Number.POSITIVE_INFINITY } : undefined;
    }
    // What follows from the samples' rate and size is surer than the field for it, which some servers leave empty.
    if (isFormat) {
      const frame = (view.getUint16(start + 2, true) * view.getUint16(start + 14, true)) / 8;
      bytesPerSecond = view.getUint32(start + 4, true) * frame || view.getUint32(start + 8, true);
    }
    start += size + (size % 2);
  }
  return undefined;
}

/** How long a whole WAV is, in seconds. Undefined: the bytes are none. */
export function readWavSeconds(bytes: Uint8Array): number | undefined {
  const head = readWavHead(bytes);
  return head && Math.min(bytes.length - head.start, head.size) / head.bytesPerSecond;
}
