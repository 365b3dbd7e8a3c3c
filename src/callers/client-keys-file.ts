// Reads CLIENT_KEYS_FILE at the start, when it changes and on demand. A bad version leaves the keys as they are.
import { statSync } from "node:fs";
import type { z } from "zod";
import { clientKeys, sha256 } from "./caller-schema.ts";
import { type ClientKeys, createClientKeys } from "./client-keys.ts";
import { readOperatorFile } from "./operator-file.ts";

/** How often the file is checked for changes. */
const LOOK_EVERY_MS = 1_000;

/** Most problems that one message lists. */
const MAX_PROBLEMS = 10;

export interface ClientKeysFileOptions {
  path: string;
  /** The upstream's own key, which must not be any client's. */
  forbidden: string | undefined;
  /** Called with the reason if a new version is not used. */
  report: (fault: unknown) => void;
}

export interface ClientKeysFile extends ClientKeys {
  /** Another number once other keys are in force. */
  version(): number;
  /** Reads the file again at once. Never throws: a bad version is reported, and the old keys stay. */
  reload(): void;
  /** Stops watching the file. */
  close(): void;
}

/**
 * Reads the file and watches it from then on, without keeping the process alive. Throws an Error if it is missing or
 * bad, which names the variable and the entry's place, never a value. The path may be a symlink, which is followed again
 * each time, as the mounted secrets of Kubernetes need it.
 */
export function openClientKeysFile({ path, forbidden, report }: ClientKeysFileOptions): ClientKeysFile {
  // The file is checked before it is read, so that a change in between shows at the next check. `fs.watchFile` checks
  // for the first time at some moment after the start, and would miss such a change.
  let seen = look(path);
  let keys = readClientKeys(path, forbidden);
  let version = 0;
  const reload = () => {
    try {
      seen = look(path);
      keys = readClientKeys(path, forbidden);
      version++;
    } catch (error) {
      report(error);
    }
  };
  // Polled, because notifications miss symlinks in the path, renames and network file systems.
  const timer = setInterval(() => {
    if (look(path) !== seen) reload();
  }, LOOK_EVERY_MS).unref();
  return { find: (digest) => keys.find(digest), version: () => version, reload, close: () => clearInterval(timer) };
}

/** A text that changes with the file or its version; the reason if there is no file. Never throws. */
function look(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join();
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

function readClientKeys(path: string, forbidden: string | undefined): ClientKeys {
  const result = clientKeys.safeParse(parse(read(path)));
  if (!result.success) {
    const problems = new Set(result.error.issues.slice(0, MAX_PROBLEMS).map(describeIssue));
    throw new Error(`CLIENT_KEYS_FILE is not a list of client keys: ${[...problems].join("; ")}.`);
  }
  const keys = create(result.data);
  if (forbidden !== undefined && keys.find(sha256(forbidden)))
    throw new Error("CLIENT_KEYS_FILE must not hold OPENAI_API_KEY.");
  return keys;
}

function read(path: string): string {
  try {
    // Not Buffer's own decoder, which keeps the byte order mark that some editors write.
    return new TextDecoder().decode(readOperatorFile(path));
  } catch (error) {
    throw new Error(`CLIENT_KEYS_FILE cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the file.
    throw new Error("CLIENT_KEYS_FILE is not JSON.");
  }
}

function create(entries: z.output<typeof clientKeys>): ClientKeys {
  try {
    return createClientKeys(entries);
  } catch (error) {
    throw new Error(`CLIENT_KEYS_FILE: ${(error as Error).message}`);
  }
}

/** The place and kind of a problem. */
function describeIssue({ code, path, message }: z.core.$ZodIssue): string {
  const place = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  if (place === "") return "it must be a list";
  if (code === "unrecognized_keys" || code === "custom") return `${place} ${message}`;
  return `${place} is not valid`;
}
