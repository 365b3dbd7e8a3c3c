// Notices workers that no longer answer: stopped, or with an event loop that is blocked. Its messages, and no others between
// primary and workers, have the key `pulse`.
import type { Worker } from "node:cluster";

/** How often within its limit a worker is asked. */
const CHECKS = 4;

/** What primary and worker send each other. */
interface Message {
  pulse?: true;
}

/**
 * Asks the worker whether it answers, until it disconnects; once it has not for `silentMs`, calls `onSilence` and stops.
 * Counts questions, not time: after a pause of the whole machine every worker would be late.
 */
export function watchPulse(worker: Worker, silentMs: number, onSilence: () => void): void {
  let unanswered = 0;
  const hear = ({ pulse }: Message) => {
    if (pulse) unanswered = 0;
  };
  const stop = () => {
    clearInterval(timer);
    worker.off("message", hear);
  };
  const timer = setInterval(() => {
    if (unanswered === CHECKS) {
      stop();
      return onSilence();
    }
    unanswered++;
    worker.send({ pulse: true } satisfies Message);
  }, silentMs / CHECKS);
  worker.on("message", hear);
  worker.once("disconnect", stop);
}

/** In a worker: answers the primary from now on. */
export function answerPulse(self: Worker): void {
  self.on("message", ({ pulse }: Message) => {
    if (pulse && self.isConnected()) self.send({ pulse } satisfies Message);
  });
}
