// Owns making a sound of a text, piece by piece: long texts make tens of megabytes. Knows no HTTP.
import { setImmediate as nextTurn } from "node:timers/promises";
import { createNotes, sampleRate, samplesPerNote } from "./notes.ts";

/** How much text one piece says: about half a second at the ordinary speed. */
const bytesPerPiece = 6;

/** How long the sound of a text is. */
export function secondsOfSound(text: string, speed: number): number {
  return sampleCount(text, speed) / sampleRate;
}

/** The sound as WAV, or as bare samples. */
export async function* soundPieces(text: string, speed: number, format: "wav" | "pcm"): AsyncGenerator<Buffer> {
  if (format === "wav") yield wavHeader(sampleCount(text, speed) * 2);
  const notes = createNotes(speed);
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += bytesPerPiece) {
    const said = Array.from(bytes.subarray(start, start + bytesPerPiece));
    yield Buffer.concat(said.flatMap((byte) => [noteAt(byte >> 4), noteAt(byte & 15)]));
    await nextTurn();
  }

  function noteAt(index: number): Buffer {
    return notes[index] ?? Buffer.alloc(0);
  }
}

function sampleCount(text: string, speed: number): number {
  return Buffer.byteLength(text) * 2 * samplesPerNote(speed);
}

/** One channel of 16-bit samples. http://soundfile.sapp.org/doc/WaveFormat/ */
function wavHeader(dataBytes: number): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(dataBytes, 40);
  return header;
}
