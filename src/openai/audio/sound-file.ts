// A sound on its way to the upstream, under a name from which its format can be told: servers of this API look at nothing else.
import { extensionOf } from "../client/uploads/media-types.ts";
import type { UploadFile, UploadSource } from "../client/uploads/streamed-file.ts";

/** An extension has a letter: a date at the end of a name is none. */
const EXTENSION = /\.(?=\d*[a-z])[a-z0-9]{1,5}\s*$/i;
const MEDIUM = /^(?:audio|video)\/|^application\/ogg\b/i;

/** The same file, with the extension of its content type if its name has none. A browser's recording is called `blob`. */
export function withExtension(source: UploadSource): UploadSource {
  return { mostBytes: source.mostBytes, open: async () => nameByType(await source.open()) };
}

function nameByType(file: UploadFile): UploadFile {
  const { filename, contentType, sizeBytes } = file;
  const extension = MEDIUM.test(contentType) ? extensionOf(contentType) : "";
  // A file without any name gets a whole one when it is sent.
  if (filename.trim() === "" || extension === "" || EXTENSION.test(filename)) return file;
  return { filename: `${filename}.${extension}`, contentType, sizeBytes, stream: () => file.stream() };
}
