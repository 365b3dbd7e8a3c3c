// The soak's honest clients: each runs one operation after another, and every answer is compared with what the upstream did.
import { disconnect } from "./clients.ts";
import { operations } from "./operations.ts";
import { Tally } from "./report.ts";
import type { SoakUpstream } from "./upstream.ts";

/** One client in so many leaves before its answer is whole. */
const ABORTS_ONE_IN = 15;
/** After as long a client counts its answer as lost. */
const LOST_AFTER_MS = 60_000;
/** After as long an operation's upstream requests have all arrived. */
export const SETTLE_AFTER_MS = 5_000;

export interface Load {
  tally: Tally;
  /** Resolves when the last client is done and their connections have ended. */
  done: Promise<void>;
  /** Counts what the upstream got again late; call it once everything has settled. */
  settleRest(): void;
}

/** Starts `concurrency` clients, which begin their last operations after `durationMs`. */
export function startLoad(url: string, upstream: SoakUpstream, concurrency: number, durationMs: number): Load {
  const tally = new Tally();
  const names = Object.keys(operations);
  /** The list of models' nonces, which the upstream makes: none may come twice. */
  const listed = new Set<string>();
  const endsAt = performance.now() + durationMs;

  async function runOne(name: string): Promise<void> {
    const run = operations[name];
    if (!run) throw new Error(`There is no operation ${name}.`);
    const nonce = `nonce-${crypto.randomUUID()}`;
    const leaving = new AbortController();
    const leaves = Math.floor(Math.random() * ABORTS_ONE_IN) === 0;
    const timer = setTimeout(() => leaving.abort(), leaves ? Math.random() * 300 : LOST_AFTER_MS);
    try {
      const { results, found, wanted } = await run(url, nonce, leaving.signal);
      const code: string | null = results.find(({ errors }) => errors)?.errors[0].extensions.code ?? null;
      const account = upstream.accounts.get(nonce);
      const expected = name === "models" ? code : account ? account.code : "an upstream request";
      if (code !== expected) tally.addProblem("wrong", `${name}: ${code} in place of ${expected}`);
      else if (code !== null) tally.addError(code);
      else if (wanted === null ? listed.has(found) || !found.startsWith("nonce-") : found !== wanted)
        tally.addProblem("wrong", `${name}: ${found.slice(0, 100)} in place of ${wanted?.slice(0, 100)}`);
      else tally.served++;
      if (wanted === null && code === null) listed.add(found);
    } catch (error) {
      if (leaves && leaving.signal.aborted) tally.aborted++;
      else
        tally.addProblem(
          "lost",
          `${name}: ${error}${error instanceof Error && error.cause ? ` (${error.cause})` : ""}`,
        );
    } finally {
      clearTimeout(timer);
      tally.operations++;
      // What is on its way to the upstream, or sent to it once too often, may still arrive.
      setTimeout(() => settle(name, nonce), SETTLE_AFTER_MS);
    }
  }

  function settle(name: string, nonce: string): void {
    const { faults = [], doubled = 0 } = upstream.accounts.get(nonce) ?? {};
    for (let count = 0; count < doubled; count++) tally.addProblem("doubled", `${name}: after ${faults.join(", ")}`);
    upstream.accounts.delete(nonce);
  }

  async function runClient(): Promise<void> {
    while (performance.now() < endsAt) await runOne(names[Math.floor(Math.random() * names.length)] ?? "");
  }

  return {
    tally,
    done: Promise.all(Array.from({ length: concurrency }, runClient)).then(disconnect),
    settleRest() {
      for (const nonce of upstream.accounts.keys()) tally.addProblem("doubled", `${nonce} came again late`);
    },
  };
}
