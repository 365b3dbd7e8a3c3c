// A medium that this server keeps for a while: a picture, a sound or another file that it hands out; and the form of its URL.

/** A picture, a sound or another file that is kept. */
export interface Medium {
  readonly contentType: string;
  readonly sizeBytes: number;
  /** The bytes from `start` up to `end`, which is not among them, in pieces. Throws a coded error if they are gone by now. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** Longest URL that is taken for one of this server's, in characters. */
const MAX_LENGTH = 2_048;

/** An absolute URL or a path, whose last segment is the name that this server or its sandbox gives to a medium. */
const FORM =
  /^(?:https?:\/\/[^/?#\\\s]+)?\/(?:[^?#\\\s]*\/)?(?:[\da-f]{32}|img-[A-Za-z\d]{24})\.[a-z\d]{1,9}(?:[?#]\S*)?$/i;

/** Whether a text has the form of this server's URLs of media, whatever its host. */
export function hasMediumForm(url: string): boolean {
  return url.length <= MAX_LENGTH && FORM.test(url);
}
