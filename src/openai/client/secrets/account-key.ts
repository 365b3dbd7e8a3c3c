// This server's key for the upstream: one for good, or what OPENAI_API_KEY_FILE holds at the moment.
import { watchFile } from "../../../files/watched-file.ts";

/** The key. It may change while the server runs. */
export interface AccountKey {
  /** Undefined: the upstream needs none. */
  current(): string | undefined;
  /** What no caller may use as its own key: the key, the one before it, and the further secrets. Another list once the key changes. */
  secrets(): readonly string[];
  /** Reads the file again, if there is one. Never throws: a bad version is reported, and the key stays. */
  reload(): void;
  /** Stops watching the file. */
  close(): void;
}

export interface AccountKeyOptions {
  /** Unset: in the file, or none. */
  key: string | undefined;
  /** The path of a file that holds the key. */
  file: string | undefined;
  /** Further secrets of the account. */
  others: readonly string[];
  /** Called with the reason if a new version of the file is not used. */
  report(fault: unknown): void;
  /** Called once another key is in force. */
  onChange(key: string): void;
}

/** Longest key, in characters. Tokens that expire are keys, too, and can be long. */
const MAX_LENGTH = 16_384;

/** Opens the key. Throws an Error without the key in it if the file is missing, or holds none. */
export function openAccountKey({ key, file: path, others, report, onChange }: AccountKeyOptions): AccountKey {
  const file =
    path === undefined
      ? undefined
      : watchFile({ variable: "OPENAI_API_KEY_FILE", path, parse: readKey, report, onChange: use });
  let current = file ? file.content() : key;
  let secrets = listSecrets();

  function use(next: string): void {
    if (next === current) return;
    const former = current;
    current = next;
    secrets = listSecrets(former);
    onChange(next);
  }

  function listSecrets(former?: string): readonly string[] {
    return [current, former, ...others].filter((secret) => secret !== undefined);
  }

  return {
    current: () => current,
    secrets: () => secrets,
    reload: () => file?.reload(),
    close: () => file?.close(),
  };
}

/** The key in the file's text. Blanks and line ends around it are not part of it. */
function readKey(text: string): string {
  const key = text.trim();
  if (key === "") throw new Error("OPENAI_API_KEY_FILE is empty.");
  if (key.length > MAX_LENGTH) throw new Error(`OPENAI_API_KEY_FILE must hold at most ${MAX_LENGTH} characters.`);
  if (!/^[\x21-\x7e]+$/.test(key)) throw new Error("OPENAI_API_KEY_FILE must hold one key: text without spaces.");
  return key;
}
