// The file `.env` in the working directory, which the command reads before its configuration. Embedders read none.
import { lstatSync } from "node:fs";
import { parseEnv } from "node:util";
import { ConfigError } from "../config/read-config.ts";
import { variables } from "../config/variables.ts";
import { readOperatorFile } from "../files/operator-file.ts";

const FILE = ".env";

/** Variables of which one takes the place of the other: one that is set keeps the other one of the file out. */
const ALTERNATIVES: readonly (readonly [string, string])[] = [
  ["OPENAI_API_KEY", "OPENAI_API_KEY_FILE"],
  ["CLIENT_KEYS", "CLIENT_KEYS_FILE"],
  ["JWT_JWKS_URL", "JWT_PUBLIC_KEY"],
  ...Object.entries(variables).flatMap(([name, { alias }]) => (alias === undefined ? [] : [[name, alias] as const])),
];

/**
 * Adds the variables of `.env`, if there is one, to the environment; those that are set stay as they are. Yields the names
 * of this server's variables that it has set. Throws a ConfigError, which repeats no value, if the file cannot be read or
 * is not a list of `NAME=value`. https://nodejs.org/api/process.html#processloadenvfilepath
 */
export function loadEnvFile({ env, loadEnvFile: load }: Pick<NodeJS.Process, "env" | "loadEnvFile">): string[] {
  // A link that leads nowhere is a mistake, and not a missing file.
  if (!lstatSync(FILE, { throwIfNoEntry: false })) return [];
  const before = new Set(Object.keys(env));
  const values = parseLines(readText());
  const isSet = new Set([...before].filter((name) => env[name]));
  load(FILE);
  for (const pair of ALTERNATIVES) {
    for (const [set, other] of [pair, pair.toReversed()]) {
      if (set !== undefined && other !== undefined && isSet.has(set) && !before.has(other)) delete env[other];
    }
  }
  return Object.keys(variables).filter((name) => values[name] && !before.has(name) && env[name]);
}

function readText(): string {
  let bytes: Buffer;
  try {
    bytes = readOperatorFile(FILE);
  } catch (error) {
    throw new ConfigError(`${FILE} cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!/[\0\uFEFF]/.test(text)) return text;
  } catch {
    // Not UTF-8, as below.
  }
  throw new ConfigError(`${FILE} must be UTF-8 without a byte order mark; save it anew in that encoding`);
}

/** Versions of Node differ in what they make of a line that is no `NAME=value`: one skips it, another joins it to the next. */
function parseLines(text: string): NodeJS.Dict<string> {
  const line = findBadLine(text);
  if (line === undefined) return parseEnv(text);
  throw new ConfigError(
    `${FILE} must have one NAME=value in each line, with quotes around a value of several lines (see line ${line})`,
  );
}

/** The number of the first line that is neither empty, nor a comment, nor `NAME=value`, nor within quotes. */
function findBadLine(text: string): number | undefined {
  for (let place = 0; place < text.length; ) {
    const line = text.slice(place, endOfLine(text, place));
    const assignment = /^\s*(?:export\s+)?[\w.-]+\s*=\s*/.exec(line)?.[0];
    // Node takes a comment that is indented for a part of the next name.
    if (assignment === undefined && !/^(?:#|\s*$)/.test(line)) return text.slice(0, place).split("\n").length;
    const start = place + (assignment?.length ?? 0);
    const isQuoted = assignment !== undefined && /["'`]/.test(text.charAt(start));
    const closing = isQuoted ? text.indexOf(text.charAt(start), start + 1) : -1;
    place = endOfLine(text, Math.max(place, closing)) + 1;
  }
  return undefined;
}

function endOfLine(text: string, place: number): number {
  const end = text.indexOf("\n", place);
  return end < 0 ? text.length : end;
}
