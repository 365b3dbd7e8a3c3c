// What an attack is, and how it is repeated: one round after another, each of which says what it got.
import { setTimeout as sleep } from "node:timers/promises";

/** Where an attack goes, and as whom. */
export interface Target {
  port: number;
  /** The caller's key; null for attacks that need none. */
  key: string | null;
}

export interface Attack {
  name: string;
  /** The limits of its caller; absent where the attack needs no key. */
  limits?: Record<string, unknown>;
  /** The least rest between two rounds; twice it at most. All attacks together leave the server more than half of its time. */
  pauseMs: number;
  /** Attacks once and leaves. Yields what each request or connection came to. */
  round(target: Target): Promise<string[]>;
}

/** What became of an attack so far. */
export interface AttackReport {
  name: string;
  rounds: number;
  /** How often each outcome came. */
  outcomes: Record<string, number>;
}

/** The key of an attack's caller. */
export function keyOf({ name }: Attack): string {
  return `key-of-the-attack-${name.replaceAll(" ", "-")}`;
}

/** Repeats the attack until `isOver`, and keeps `report` up to date. */
export async function repeat(attack: Attack, port: number, report: AttackReport, isOver: () => boolean): Promise<void> {
  const target = { port, key: attack.limits ? keyOf(attack) : null };
  while (!isOver()) {
    const outcomes = await attack.round(target).catch((error) => [`the attack failed: ${error}`]);
    report.rounds++;
    for (const outcome of outcomes) report.outcomes[outcome] = (report.outcomes[outcome] ?? 0) + 1;
    // At random, so that attacks meet in other ways each time.
    await sleep(attack.pauseMs * (1 + Math.random()));
  }
}
