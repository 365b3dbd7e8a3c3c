// The content type of a sound: browsers play none that is said to be just any bytes.
import { contentTypeOf } from "../client/uploads/media-types.ts";

/** How many bytes tell what a sound is. */
export const TELLING_BYTES = 12;

/** The type of a sound, without parameters. */
const SOUND = /^(?:audio\/[a-z0-9][a-z0-9.+-]{0,63}|application\/ogg)$/;

/** How sounds begin. https://mimesniff.spec.whatwg.org/#matching-an-audio-or-video-type-pattern */
const BEGINNINGS: readonly Beginning[] = [
  [/^RIFF.{4}WAVE/s, "audio/wav"],
  [/^OggS/, "audio/ogg"],
  [/^fLaC/, "audio/flac"],
  [/^ID3/, "audio/mpeg"],
  [/^.{4}ftyp/s, "audio/mp4"],
  [/^.E\xdf\xa3/s, "audio/webm"],
];

/** The same of frames without a head: two bytes, which bare samples may have by chance. */
const FRAMES: readonly Beginning[] = [
  [/^\xff[\xf0\xf1\xf8\xf9]/, "audio/aac"],
  [/^\xff[\xe2\xe3\xf2\xf3\xfa\xfb]/, "audio/mpeg"],
];

type Beginning = readonly [pattern: RegExp, type: string];

/** OpenAI's own choice if the request has no format. */
const DEFAULT = "audio/mpeg";

/**
 * The upstream's `contentType` if that is a sound's, else what the `beginning` of the bytes shows, else the type of the first of
 * `formats` that is known, such as `mp3`.
 */
export function soundTypeOf(contentType: unknown, beginning: Uint8Array, formats: readonly unknown[]): string {
  if (typeof contentType === "string" && SOUND.test(contentType)) return contentType;
  const text = String.fromCharCode(...beginning.subarray(0, TELLING_BYTES));
  const known = formats.includes("pcm") ? BEGINNINGS : [...BEGINNINGS, ...FRAMES];
  const [, shown] = known.find(([pattern]) => pattern.test(text)) ?? [];
  if (shown) return shown;
  for (const format of formats) {
    const type = typeof format === "string" ? contentTypeOf(format) : undefined;
    if (type?.startsWith("audio/")) return type;
  }
  return DEFAULT;
}

/** OpenAI's bare samples: 24 kHz, 16 bits, one channel. */
const PCM_BYTES_PER_SECOND = 48_000;

/** How many bytes of bare samples are a second. Undefined: it is another kind of sound. */
export function pcmBytesPerSecond(contentType: unknown): number | undefined {
  return contentType === "audio/pcm" || contentType === "audio/l16" ? PCM_BYTES_PER_SECOND : undefined;
}
