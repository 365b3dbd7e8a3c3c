// The form in which a request with files is sent: texts first, then the files. An upstream that checks the fields first can refuse
// before the bytes come.
import { ExactNumber } from "../json/exact-numbers.ts";
import type { MultipartFields } from "./client/uploads/multipart.ts";
import { StreamedFile, type UploadSource } from "./client/uploads/streamed-file.ts";

type Files = StreamedFile | readonly StreamedFile[];

/**
 * Writes the fields in their order, the files after all others; absent ones are left out. A list is as many parts called `name[]`,
 * but for a list of one file, which has the plain name; an object is JSON.
 */
export function createForm(fields: Readonly<Record<string, unknown>>): MultipartFields {
  const texts: Record<string, string | readonly string[]> = {};
  const files: Record<string, Files> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue;
    if (isFile(value)) files[name] = new StreamedFile(value);
    else if (!Array.isArray(value)) texts[name] = toText(value);
    else if (!value.some(isFile)) texts[`${name}[]`] = value.map(toText);
    else files[value.length === 1 ? name : `${name}[]`] = value.map((file: UploadSource) => new StreamedFile(file));
  }
  return { ...texts, ...files };
}

/** JSON has no functions: see UploadSource. */
function isFile(value: unknown): value is UploadSource {
  return typeof (value as Partial<UploadSource> | null)?.open === "function";
}

function toText(value: unknown): string {
  if (value instanceof ExactNumber) return value.text;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
