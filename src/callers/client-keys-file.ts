// CLIENT_KEYS_FILE: the list of client keys that it holds. A bad version leaves the keys as they are.
import type { z } from "zod";
import { type WatchedFile, watchFile } from "../files/watched-file.ts";
import { clientKeys, sha256 } from "./caller-schema.ts";
import { type ClientKeys, createClientKeys } from "./client-keys.ts";

/** Most problems that one message lists. */
const MAX_PROBLEMS = 10;

export interface ClientKeysFileOptions {
  path: string;
  /** Yields the upstream's own keys, which must not be any client's. */
  forbidden: () => readonly string[];
  /** Called with the reason if a new version is not used. */
  report: (fault: unknown) => void;
}

export interface ClientKeysFile extends ClientKeys, Pick<WatchedFile<ClientKeys>, "version" | "reload" | "close"> {}

/** Reads the file and watches it. Throws an Error if it is missing or bad, which names the entry's place and never a value. */
export function openClientKeysFile({ path, forbidden, report }: ClientKeysFileOptions): ClientKeysFile {
  const parseKeys = (text: string) => readClientKeys(text, forbidden());
  const { content, ...file } = watchFile({ variable: "CLIENT_KEYS_FILE", path, parse: parseKeys, report });
  return { ...file, find: (digest) => content().find(digest) };
}

function readClientKeys(text: string, forbidden: readonly string[]): ClientKeys {
  const result = clientKeys.safeParse(parse(text));
  if (!result.success) {
    const problems = new Set(result.error.issues.slice(0, MAX_PROBLEMS).map(describeIssue));
    throw new Error(`CLIENT_KEYS_FILE is not a list of client keys: ${[...problems].join("; ")}.`);
  }
  const keys = create(result.data);
  if (forbidden.some((key) => keys.find(sha256(key))))
    throw new Error("CLIENT_KEYS_FILE must not hold OPENAI_API_KEY.");
  return keys;
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
