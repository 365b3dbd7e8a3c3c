// The form in which a request with images is sent: texts first, then the files. An upstream that checks the fields first can
// refuse before the bytes come.
import { ExactNumber } from "../../json/exact-numbers.ts";
import type { MultipartFields } from "../client/uploads/multipart.ts";
import { StreamedFile, type UploadSource } from "../client/uploads/streamed-file.ts";

/** A field of a form; a list holds files. */
export type FormValue = Text | UploadSource | readonly UploadSource[] | null | undefined;

type Text = string | number | boolean | ExactNumber;

/** Writes the fields in their order, the files after all others. One file of a list has the plain name, several `name[]`. */
export function createForm(fields: Readonly<Record<string, FormValue>>): MultipartFields {
  const texts: Record<string, string> = {};
  const files: Record<string, StreamedFile | readonly StreamedFile[]> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue;
    if (isText(value)) texts[name] = value instanceof ExactNumber ? value.text : String(value);
    else if (!isList(value)) files[name] = new StreamedFile(value);
    else if (value.length === 1) files[name] = new StreamedFile(value[0] as UploadSource);
    else files[`${name}[]`] = value.map((file) => new StreamedFile(file));
  }
  return { ...texts, ...files };
}

function isText(value: FormValue): value is Text {
  return typeof value !== "object" || value instanceof ExactNumber;
}

function isList(value: UploadSource | readonly UploadSource[]): value is readonly UploadSource[] {
  return Array.isArray(value);
}
