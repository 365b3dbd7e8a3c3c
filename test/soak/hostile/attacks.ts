// All attacks, and the callers that they come from.
import type { SoakCaller } from "../callers.ts";
import { allowances } from "./allowances.ts";
import { answers } from "./answers.ts";
import { type Attack, keyOf } from "./attack.ts";
import { inputs } from "./inputs.ts";
import { pipelining } from "./pipelining.ts";
import { sockets } from "./sockets.ts";
import { unfinished } from "./unfinished.ts";

/** Those that send much or ask for much: one sender, whose bytes count together. */
const heavy: Attack[] = [...unfinished, ...answers, ...inputs];
const all: Attack[] = [...pipelining, ...allowances, ...sockets, ...heavy];

/** Those whose names contain `text`. */
export function attacksNamed(text: string): Attack[] {
  return all.filter(({ name }) => name.includes(text));
}

/** A key for each attack that shows one. Keys with the same id are one caller's. */
export const attackCallers: SoakCaller[] = all.flatMap((attack) =>
  attack.limits ? [{ id: heavy.includes(attack) ? "heavy" : attack.name, key: keyOf(attack), ...attack.limits }] : [],
);
