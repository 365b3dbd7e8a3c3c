// Recognises sounds among the values of a result. Loads none.
import { isAddress, isBase64, pathOf } from "./addresses.ts";

/** A sound that has come in pieces of base64, or that has an address. */
export type Sound = { contentType: string; pieces: readonly string[] } | { address: string };

/** The starts of sounds in base64. https://en.wikipedia.org/wiki/List_of_file_signatures */
const STARTS: readonly [start: RegExp, type: string][] = [
  [/^UklGR.{7}QVZF/, "audio/wav"],
  [/^(?:SUQz|\/\/[I-Po-v])/, "audio/mpeg"],
  [/^\/\/[E-Hk-n]/, "audio/aac"],
  [/^T2dnUw/, "audio/ogg"],
  [/^ZkxhQw/, "audio/flac"],
];
const SOUND_DATA = /^data:audio\/[\w.+-]+(?:;[^,]*)?;base64,[A-Za-z\d+/=]/i;
const SOUND_NAME = /\.(?:wav|mp3|opus|ogg|aac|flac|m4a|pcm)$/i;

/** Yields the address of a sound; undefined for any other value. `url` of `speak` is one, however it ends. */
export function readSoundAddress(
  value: string,
  { name, parent }: { name: string; parent: string },
): string | undefined {
  if (SOUND_DATA.test(value)) return value;
  if (!isAddress(value)) return undefined;
  return (name === "url" && parent === "speak") || SOUND_NAME.test(pathOf(value)) ? value : undefined;
}

/** Yields the type of a sound by what is said of it, or else by its first piece; undefined if it is no sound. */
export function readSoundType(said: string, firstPiece: string): string | undefined {
  if (!isBase64(firstPiece)) return undefined;
  if (/^audio\//i.test(said)) return said;
  return STARTS.find(([start]) => start.test(firstPiece))?.[1];
}
