// A file of the operator's that is read at the start, when it changes and on demand. Does not know what is in it.
import { statSync } from "node:fs";
import { readOperatorFile } from "./operator-file.ts";

/** How often the file is checked for changes. */
const LOOK_EVERY_MS = 1_000;

export interface WatchedFileOptions<Content> {
  /** The variable that holds the path, for messages. */
  variable: string;
  path: string;
  /** Yields what the text says. Throws an Error that repeats nothing of it. */
  parse(text: string): Content;
  /** Called with the reason if a new version is not used. */
  report(fault: unknown): void;
  /** Called once another version is in force. */
  onChange?(content: Content): void;
}

export interface WatchedFile<Content> {
  /** What the last good version says. */
  content(): Content;
  /** Another number once another version is in force. */
  version(): number;
  /** Reads the file again at once. Never throws: a bad version is reported, and the last good one stays. */
  reload(): void;
  /** Stops watching the file. */
  close(): void;
}

/**
 * Reads the file and watches it from then on, without keeping the process alive. Throws an Error if it is missing or bad,
 * which names the variable. The path may be a symlink, which is followed again each time, as the mounted secrets of
 * Kubernetes need it.
 */
export function watchFile<Content>(options: WatchedFileOptions<Content>): WatchedFile<Content> {
  const { path, report } = options;
  // The file is checked before it is read, so that a change in between shows at the next check. `fs.watchFile` checks
  // for the first time at some moment after the start, and would miss such a change.
  let seen = look(path);
  let content = read(options);
  let version = 0;
  const reload = () => {
    try {
      seen = look(path);
      content = read(options);
      version++;
      options.onChange?.(content);
    } catch (error) {
      report(error);
    }
  };
  // Polled, because notifications miss symlinks in the path, renames and network file systems.
  const timer = setInterval(() => {
    if (look(path) !== seen) reload();
  }, LOOK_EVERY_MS).unref();
  return { content: () => content, version: () => version, reload, close: () => clearInterval(timer) };
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

function read<Content>({ variable, path, parse }: WatchedFileOptions<Content>): Content {
  let bytes: Buffer;
  try {
    bytes = readOperatorFile(path);
  } catch (error) {
    throw new Error(`${variable} cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
  // Not Buffer's own decoder, which keeps the byte order mark that some editors write.
  return parse(new TextDecoder().decode(bytes));
}
