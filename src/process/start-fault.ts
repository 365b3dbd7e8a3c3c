// Explains to the operator why the server does not start: a message for what the operator can fix, otherwise a stack.
import { ConfigError } from "../config/read-config.ts";
import { WorkerError } from "./cluster.ts";

/** Yields a function that adds the names of the variables at fault to the system's error, and throws it. */
export function nameVariables(names: string): (error: Error) => never {
  return (error) => {
    throw Object.assign(error, { variables: names });
  };
}

/** The text for the operator: a message for what the operator can fix, a stack for a fault of this server. */
export function explainFault(error: unknown): string {
  if (error instanceof ConfigError) return `The configuration is not usable:\n${error.message.replace(/^/gm, "  ")}`;
  if (error instanceof WorkerError) return error.message;
  const { code, message, stack, variables } = error as NodeJS.ErrnoException & { variables?: string };
  if (!code?.startsWith("E")) return stack ?? message;
  return variables
    ? `The server cannot listen: ${message}. Set ${variables} otherwise; a port of 0 takes any free one.`
    : message;
}
