// Makes a file that browsers play of a sound's pieces.

/** Bare samples, which no browser plays: 16 bits, little-endian, as OpenAI sends them. */
const SAMPLES = /^audio\/(?:pcm|l16)\b/i;
const BYTES_PER_SAMPLE = 2;
const DEFAULT_RATE = 24_000;

/** Yields the sound; bare samples get the header of a WAV. Throws if a piece is not base64. */
export function writeSoundFile({ contentType, pieces }: { contentType: string; pieces: readonly string[] }): Blob {
  const bytes = pieces.map(decode);
  if (!SAMPLES.test(contentType)) return new Blob(bytes, { type: contentType });
  const size = bytes.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const rate = Number(/;\s*rate=(\d+)/i.exec(contentType)?.[1] ?? DEFAULT_RATE);
  const channels = Number(/;\s*channels=(\d+)/i.exec(contentType)?.[1] ?? 1);
  return new Blob([writeHeader(size, rate, channels), ...bytes], { type: "audio/wav" });
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** http://soundfile.sapp.org/doc/WaveFormat/ */
function writeHeader(size: number, rate: number, channels: number): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(44));
  const writeText = (at: number, text: string) => {
    for (let index = 0; index < text.length; index += 1) view.setUint8(at + index, text.charCodeAt(index));
  };
  const frame = channels * BYTES_PER_SAMPLE;
  writeText(0, "RIFF");
  view.setUint32(4, 36 + size, true);
  writeText(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * frame, true);
  view.setUint16(32, frame, true);
  view.setUint16(34, 8 * BYTES_PER_SAMPLE, true);
  writeText(36, "data");
  view.setUint32(40, size, true);
  return view.buffer;
}
