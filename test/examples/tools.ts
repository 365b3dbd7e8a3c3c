// Runs an example's own commands, as a person does in its folder.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { exampleFolder } from "../support/examples.ts";

/** What the commands of examples have around them: all that this process has, but for what the tests have set. */
const { NODE_ENV: _, ...inherited } = process.env;

/** Runs npm in an example's folder; yields what it prints. Throws, with all that it has printed, if it fails. */
export async function npm(
  example: string,
  parameters: readonly string[],
  environment: Record<string, string> = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)("npm", parameters, {
    cwd: exampleFolder(example),
    env: { ...inherited, NEXT_TELEMETRY_DISABLED: "1", ...environment },
    timeout: 240_000,
    maxBuffer: 2 ** 24,
  }).catch(({ message, stdout, stderr }) => {
    throw new Error([message, stdout, stderr].join("\n"));
  });
  return stdout;
}
