// All attacks, and the callers that they come from.
import type { SoakCaller } from "../callers.ts";
import { allowances } from "./allowances.ts";
import { answers } from "./answers.ts";
import { type Attack, keyOf } from "./attack.ts";
import { inputs } from "./inputs.ts";
import { pipelining } from "./pipelining.ts";
import { sockets } from "./sockets.ts";
import { unfinished } from "./unfinished.ts";

const all: Attack[] = [...pipelining, ...unfinished, ...allowances, ...answers, ...inputs, ...sockets];

/** Those whose names contain `text`. */
export function attacksNamed(text: string): Attack[] {
  return all.filter(({ name }) => name.includes(text));
}

/**
 * A key for each attack that shows one. Keys with the same id are one caller's: those that use up what a caller may call are
 * callers of their own, and all others are one sender, whose bytes count together.
 */
export const attackCallers: SoakCaller[] = all.flatMap((attack) =>
  attack.limits
    ? [{ id: allowances.includes(attack) ? attack.name : "sender", key: keyOf(attack), ...attack.limits }]
    : [],
);
