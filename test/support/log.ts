// The log of a server under test, as objects.
import { expect } from "vitest";
import { createLogger, createLogObserver, type LogLevel } from "../../src/telemetry/log.ts";
import { startTestServer } from "./server.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into lines of any shape
export type Line = any;

/** Starts a server that logs into memory. */
export async function startLogged(
  upstreamUrl: string,
  environment: Record<string, string> = {},
  level: LogLevel = "debug",
) {
  const texts: string[] = [];
  const destination = { write: (text: string) => void texts.push(text) };
  const log = createLogObserver(createLogger(level, destination), destination);
  const server = await startTestServer(upstreamUrl, environment, [log]);
  const lines = (): Line[] => texts.map((text) => JSON.parse(text));
  const operations = () => lines().filter(({ msg }) => msg === "operation");
  return {
    server,
    /** All that was written. */
    text: () => texts.join(""),
    lines,
    /** The lines of operations once there are `count`. */
    async operations(count: number): Promise<Line[]> {
      await expect.poll(operations).toHaveLength(count);
      return operations();
    },
  };
}
