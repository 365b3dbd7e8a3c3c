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

/** Node skips what it does not understand, and takes a line without `=` for a part of the next name. */
function parseLines(text: string): NodeJS.Dict<string> {
  const end = "END_OF_FILE";
  const { [end]: last, ...values } = parseEnv(`${text}\n${end}=1\n`);
  const bad = Object.keys(values).find((name) => !/^[\w.-]+$/.test(name));
  if (bad !== undefined || last === undefined) {
    const [start = ""] = (bad ?? "").split("\n");
    const place = text.split(/\r?\n/).findIndex((line) => start !== "" && line.trim().startsWith(start.trim()));
    throw new ConfigError(
      `${FILE} must have one NAME=value in each line, with quotes around a value of several lines${place < 0 ? "" : ` (see line ${place + 1})`}`,
    );
  }
  return values;
}
