// Reads a file whose path the operator has set. A path may lead anywhere later on: a pipe would hold up the process until
// somebody writes into it, and a device may have no end.
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";

/** Largest file, in bytes. It is read and parsed at once, and requests wait meanwhile. */
const MAX_BYTES = 64 * 2 ** 20;
const CHUNK_BYTES = 256 * 1024;

/**
 * Yields the file's bytes. Throws the system's error; one with the code EISDIR, EFBIG or ENOTREG for a directory, a file
 * of more than 64 MiB, and what is not a file. Never waits for other processes.
 */
export function readOperatorFile(path: string): Buffer {
  // Not opened if it is none: opening some devices has effects.
  checkFile(statSync(path));
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    // The path may lead elsewhere by now.
    checkFile(fstatSync(file));
    return readAll(file);
  } finally {
    closeSync(file);
  }
}

function checkFile(stats: { isFile(): boolean; isDirectory(): boolean; size: number }): void {
  if (stats.isDirectory()) throw fault("EISDIR", "it is a directory");
  if (!stats.isFile()) throw fault("ENOTREG", "it is not a regular file");
  if (stats.size > MAX_BYTES) throw tooLarge();
}

/** Reads up to the end, since the size may not be true: some file systems report none. */
function readAll(file: number): Buffer {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const count = readSync(file, chunk);
    if (count === 0) return Buffer.concat(chunks);
    length += count;
    if (length > MAX_BYTES) throw tooLarge();
    chunks.push(chunk.subarray(0, count));
  }
}

function tooLarge(): Error {
  return fault("EFBIG", `it is larger than ${MAX_BYTES} bytes`);
}

function fault(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code });
}
