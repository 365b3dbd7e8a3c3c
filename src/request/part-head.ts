// The heads of a multipart request's parts, as the parser takes them by what they hold: `operations` and `map` are texts and all
// other parts with a type are files, whether the client has named a file or not. A Blob of JSON comes with a file's name from
// browsers, and a Blob without a name comes without one from Bun.
// https://github.com/jaydenseric/graphql-multipart-request-spec

import { filenameOf } from "../openai/client/uploads/media-types.ts";

const FIELDS: ReadonlySet<string> = new Set(["operations", "map"]);

const DISPOSITION = /^content-disposition[\t ]*:[\t ]*form-data[\t ]*;/i;
const NAME = /;[\t ]*name[\t ]*=[\t ]*(?:"([^"\\]*)"|([^\s";]+))/i;
const FILE = /;[\t ]*filename\*?[\t ]*=[\t ]*(?:"([^"]*)"?|([^\s";]*))/i;
const TYPE = /^content-type[\t ]*:[\t ]*([^;\t ]*)/i;

/** Yields the head of a part, from the line end before its first line to the empty one, as it is to be parsed. */
export function toParsedHead(head: Buffer): Buffer {
  const lines = head.toString("latin1").split("\r\n");
  const place = lines.findIndex((line) => DISPOSITION.test(line));
  const disposition = lines[place] ?? "";
  const [, quoted, bare] = NAME.exec(disposition) ?? [];
  const name = quoted ?? bare;
  const type = lines.flatMap((line) => TYPE.exec(line)?.[1] ?? [])[0]?.toLowerCase();
  const [file, quotedFile, bareFile] = FILE.exec(disposition) ?? [];
  if (name !== undefined && FIELDS.has(name)) {
    if (file === undefined && type !== "application/octet-stream") return head;
    return Buffer.from(`\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`);
  }
  const isFile = type !== undefined && (file !== undefined || type !== "text/plain");
  if (place < 0 || !isFile || quotedFile || bareFile) return head;
  // A name makes a part a file, whatever its type. By its extension servers know the file's format.
  const filename = `; filename="${filenameOf(type)}"`;
  lines[place] = (file === undefined ? disposition : disposition.replace(file, "")) + filename;
  return Buffer.from(lines.join("\r\n"), "latin1");
}
