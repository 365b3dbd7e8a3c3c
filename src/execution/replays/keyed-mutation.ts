// What one mutation asks for, in a form that can be compared with another that has the same key.
import { createHash } from "node:crypto";
import { requestError } from "../../errors/codes.ts";
import { writeJson } from "../../json/exact-numbers.ts";
import type { DigestedFile } from "../../schema/shared/received-file.ts";

/** A mutation that is to be run once. */
export interface KeyedMutation {
  /** Whose key it is, and the key. */
  readonly id: string;
  /** Digest of document, operation and variables, with the places of files in them. */
  readonly fingerprint: string;
  readonly files: readonly DigestedFile[];
}

/** What a mutation's digest is made of. */
export interface MutationParts {
  /** The caller's name in the store. */
  caller: string;
  key: string;
  document: string;
  operationName: string | undefined;
  /** As the client sent them, files in their places. */
  variables: unknown;
}

/** Digests the mutation; reads no file. */
export function createKeyedMutation({ caller, key, document, operationName, variables }: MutationParts): KeyedMutation {
  const files: DigestedFile[] = [];
  const given = writeJson(variables ?? {}, (_, value: unknown) => {
    if (!isFile(value)) return value;
    if (!files.includes(value)) files.push(value);
    return { file: files.indexOf(value) };
  });
  return {
    id: digest([caller, key]),
    fingerprint: digest([document, operationName ?? "", given]),
    files,
  };
}

/** What stands for a file in variables: nothing else that JSON brings has functions. */
function isFile(value: unknown): value is DigestedFile {
  return typeof (value as Partial<DigestedFile> | null)?.digest === "function";
}

function digest(parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(`${part.length} `).update(part);
  return hash.digest("hex");
}

/** Reads the request's files, and keeps nothing but their digests. */
export async function digestFiles({ files }: KeyedMutation): Promise<string[]> {
  // Those behind the first begin to arrive while it is read.
  const digests = files.map((file) => file.digest());
  for (const file of files) for await (const _ of (await file.open("A file of the request")).stream());
  return Promise.all(digests.map(async (digest) => (await digest) ?? ""));
}

/** Throws IDEMPOTENCY_CONFLICT unless the files are the same. One that the first request's run has not read whole fits any. */
export function compareFiles(files: readonly string[], others: readonly (string | undefined)[]): void {
  for (const [place, file] of files.entries()) {
    const other = others[place];
    if (other !== undefined && other !== file) throw conflict();
  }
}

/** The error for a key that is another request's. */
export function conflict(): Error {
  const problem = "The idempotency key was used for another request; each request needs a key of its own.";
  return requestError("IDEMPOTENCY_CONFLICT", 409, problem);
}
