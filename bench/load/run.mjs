// Runs load over several connections. Each sends its next request once the last answer has been checked.
import { createNonce } from "../answers.mjs";
import { openConnection } from "./connection.mjs";

/**
 * Runs until `durationMs` are over and, if given, `count` answers have come or `maxMs` are over. Each connection finishes.
 * `createFill` builds a connection's request; `valuesOf(nonce, number)` yields the values that are filled in and checked.
 * Throws at the first wrong answer. Yields how many answers were right, the time they took, and each one's own.
 *
 * @param {{
 *   port: number, connections: number, durationMs?: number, count?: number, maxMs?: number,
 *   createFill: () => (values: readonly string[]) => Uint8Array[],
 *   check: (answer: object, values: readonly string[]) => void,
 *   valuesOf?: (nonce: string, number: number) => readonly string[],
 * }} options
 */
export async function runLoad({
  port,
  connections,
  durationMs = 0,
  count = 0,
  maxMs = Number.POSITIVE_INFINITY,
  createFill,
  check,
  valuesOf = (nonce) => [nonce],
}) {
  const open = await Promise.all(Array.from({ length: connections }, () => openConnection(port)));
  const latenciesMs = [];
  const firstEventsMs = [];
  let started = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  const countEndsAt = startedAt + maxMs;
  const goesOn = () => {
    const now = performance.now();
    return now < endsAt || (started < count && now < countEndsAt);
  };
  const runOne = async (connection) => {
    const fill = createFill();
    while (goesOn()) {
      const values = valuesOf(createNonce(), started++);
      const sentAt = performance.now();
      const answer = await connection.exchange(...fill(values, started - 1));
      latenciesMs.push(performance.now() - sentAt);
      if (answer.firstEventAt > 0) firstEventsMs.push(answer.firstEventAt - sentAt);
      check(answer, values);
    }
  };
  try {
    await Promise.all(open.map(runOne));
    return { answers: latenciesMs.length, elapsedMs: performance.now() - startedAt, latenciesMs, firstEventsMs };
  } finally {
    for (const connection of open) connection.close();
  }
}

/** Runs load and measures what it costs the server: `cpuMsEach` is the CPU time of an answer, or CPU-seconds per 1000. */
export async function measureLoad(server, load) {
  const before = server.cpuMs();
  const { answers, elapsedMs, ...times } = await runLoad(load);
  return {
    ...times,
    answers,
    cpuMsEach: (server.cpuMs() - before) / answers,
    perSecond: (answers / elapsedMs) * 1_000,
  };
}
