// The names of media formats: as content types, and as the extensions by which servers of this API know a file's format.

/** Each format's extension, its content type, and other names of that. */
const FORMATS: readonly (readonly [extension: string, type: string, ...others: string[]])[] = [
  ["png", "image/png"],
  ["jpg", "image/jpeg", "image/jpg"],
  ["webp", "image/webp"],
  ["gif", "image/gif"],
  ["svg", "image/svg+xml"],
  ["mp3", "audio/mpeg", "audio/mp3"],
  ["wav", "audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"],
  ["flac", "audio/flac", "audio/x-flac"],
  ["ogg", "audio/ogg", "application/ogg", "video/ogg"],
  ["opus", "audio/opus"],
  ["aac", "audio/aac", "audio/aacp"],
  ["m4a", "audio/mp4", "audio/m4a", "audio/x-m4a"],
  ["pcm", "audio/pcm", "audio/l16"],
  ["webm", "audio/webm", "video/webm"],
  ["mp4", "video/mp4"],
  ["pdf", "application/pdf"],
  ["txt", "text/plain"],
  ["md", "text/markdown"],
];

const extensions = new Map(FORMATS.flatMap(([extension, ...types]) => types.map((type) => [type, extension])));
const types = new Map(FORMATS.map(([extension, type]) => [extension, type]));

/** The extension, without its dot, of a content type: of one that is not known, its own second half. Empty if that is no word. */
export function extensionOf(contentType: string): string {
  const essence = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return extensions.get(essence) ?? /^[a-z]+\/(?:x-)?([a-z0-9]{1,9})(?:\+[a-z]+)?$/.exec(essence)?.[1] ?? "";
}

/** The content type of an extension, in any case. Undefined: it is not known. */
export function contentTypeOf(extension: string): string | undefined {
  return types.get(extension.toLowerCase());
}

/** The name of a file without one: `image.png`, `audio.wav`, or `file.pdf`. */
export function filenameOf(contentType: string): string {
  const kind = /^(?:image|audio|video)(?=\/)/i.exec(contentType)?.[0].toLowerCase() ?? "file";
  const extension = extensionOf(contentType);
  return extension === "" ? kind : `${kind}.${extension}`;
}
