// What the process of the tests warns of, and what it holds open.
import { onTestFinished } from "vitest";

/** The warnings from now until the case ends, such as too many listeners. */
export function listenForWarnings(): Error[] {
  const warnings: Error[] = [];
  const listen = (warning: Error) => void warnings.push(warning);
  process.on("warning", listen);
  onTestFinished(() => void process.off("warning", listen));
  return warnings;
}

/** How many sockets and timers keep the process alive. */
export function countResources() {
  const resources = process.getActiveResourcesInfo();
  const count = (name: string) => resources.filter((resource) => resource === name).length;
  return { sockets: count("TCPSocketWrap"), timers: count("Timeout") };
}
