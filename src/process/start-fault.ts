// What keeps the server from starting, in words for a person: no stack for what the person can mend.

import { ConfigError } from "../config/read-config.ts";
import { WorkerError } from "./cluster.ts";

/** Adds to the system's error the variables that it is about. */
export function nameVariables(names: string): (error: Error) => never {
  return (error) => {
    throw Object.assign(error, { variables: names });
  };
}

/** Says what went wrong: a message for what can be mended, a stack for a fault of this server. */
export function explainFault(error: unknown): string {
  if (error instanceof ConfigError) return `The configuration is not usable:\n${error.message.replace(/^/gm, "  ")}`;
  if (error instanceof WorkerError) return error.message;
  const { code, message, stack, variables } = error as NodeJS.ErrnoException & { variables?: string };
  if (!code?.startsWith("E")) return stack ?? message;
  return variables
    ? `The server cannot listen: ${message}. Set ${variables} otherwise; a port of 0 takes any free one.`
    : message;
}
