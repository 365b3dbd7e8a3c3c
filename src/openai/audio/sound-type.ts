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
 * The upstream's `contentType` if that is a sound's, with the rate and channels of bare samples; else what the `beginning` of the bytes shows, else the type of the first of
 * `formats` that is known, such as `mp3`.
 */
export function soundTypeOf(contentType: unknown, beginning: Uint8Array, formats: readonly unknown[]): string {
  const said = readSoundType(contentType);
  if (said) return said;
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

/** A sound's type: of bare samples with what it takes to play them. Undefined: it is no sound's. */
function readSoundType(contentType: unknown): string | undefined {
  if (typeof contentType !== "string") return undefined;
  const [essence = "", ...parameters] = contentType.split(";").map((part) => part.trim().toLowerCase());
  if (!SOUND.test(essence)) return undefined;
  return [essence, ...(isPcm(essence) ? parameters.filter((part) => PCM_PARAMETER.test(part)) : [])].join(";");
}

/** https://www.rfc-editor.org/rfc/rfc2586#section-3.2 */
const PCM_PARAMETER = /^(?:rate|channels)=[1-9]\d{0,5}$/;

function isPcm(essence: string): boolean {
  return essence === "audio/pcm" || essence === "audio/l16";
}

const BYTES_PER_SAMPLE = 2;
/** OpenAI's bare samples: 24 kHz, 16 bits, one channel. */
const OPENAI_PCM = { rate: 24_000, channels: 1 };

/** How many bytes of bare samples are a second. Undefined: it is another kind of sound. */
export function pcmBytesPerSecond(contentType: unknown): number | undefined {
  const [essence = "", ...parameters] = readSoundType(contentType)?.split(";") ?? [];
  if (!isPcm(essence)) return undefined;
  const given = Object.fromEntries(parameters.map((parameter) => parameter.split("=")));
  const { rate, channels } = { ...OPENAI_PCM, ...given };
  return Number(rate) * Number(channels) * BYTES_PER_SAMPLE;
}
