// A named pipe, which holds up whoever opens it until somebody opens its other end.
import { execFileSync } from "node:child_process";

/** Every Unix has it. */
const COMMAND = "mkfifo";

/** Makes a pipe that nobody writes into. */
export function makePipe(path: string): void {
  execFileSync(COMMAND, [path]);
}
