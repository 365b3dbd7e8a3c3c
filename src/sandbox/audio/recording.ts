// Owns reading an uploaded sound: its samples where it is WAV or bare PCM, else its length alone. Knows no note.
import { sampleRate } from "./notes.ts";

/** An uploaded sound. */
export interface Recording {
  seconds: number;
  /** One channel of 16-bit samples; null if the sandbox cannot read the format. */
  samples: Samples | null;
}

/** Samples where they stand in the file. */
export interface Samples {
  count: number;
  /** A second. */
  rate: number;
  /** From -32768 to 32767. */
  at(place: number): number;
}

/** What a compressed second takes, about. */
const compressedBytesPerSecond = 16_000;

/** Never throws, whatever the bytes. `isBare`: they are samples without a header, as `pcm` has them. */
export function readRecording(bytes: Buffer, isBare: boolean): Recording {
  if (isBare) return samplesOf(bytes, { rate: sampleRate, channels: 1 });
  return readWav(bytes) ?? { seconds: bytes.length / compressedBytesPerSecond, samples: null };
}

/** http://soundfile.sapp.org/doc/WaveFormat/ A server that streams does not know the sizes: data goes on to the file's end. */
function readWav(bytes: Buffer): Recording | null {
  if (bytes.length < 12 || !/^RI(FF|FX)$/.test(bytes.toString("latin1", 0, 4))) return null;
  let format: { code: number; channels: number; rate: number; bytesPerSecond: number; bits: number } | undefined;
  let start = 12;
  while (start + 8 <= bytes.length) {
    const name = bytes.toString("latin1", start, start + 4);
    const size = bytes.readUInt32LE(start + 4);
    start += 8;
    if (name === "fmt " && start + 16 <= bytes.length) {
      format = {
        code: bytes.readUInt16LE(start),
        channels: Math.max(bytes.readUInt16LE(start + 2), 1),
        rate: Math.max(bytes.readUInt32LE(start + 4), 1),
        bytesPerSecond: Math.max(bytes.readUInt32LE(start + 8), 1),
        bits: bytes.readUInt16LE(start + 14),
      };
    }
    if (name === "data" && format !== undefined) {
      const data = bytes.subarray(start, size === 0 ? undefined : start + size);
      const isRead = (format.code === 1 || format.code === 0xfffe) && format.bits === 16;
      return isRead ? samplesOf(data, format) : { seconds: data.length / format.bytesPerSecond, samples: null };
    }
    // A chunk of odd size is padded.
    start += size + (size % 2);
  }
  return null;
}

function samplesOf(data: Buffer, { rate, channels }: { rate: number; channels: number }): Recording {
  const frame = channels * 2;
  const count = Math.floor(data.length / frame);
  return { seconds: count / rate, samples: { count, rate, at: (place) => data.readInt16LE(place * frame) } };
}
