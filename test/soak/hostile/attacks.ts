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

/** One caller for each attack that shows a key. */
export const attackCallers: SoakCaller[] = all.flatMap((attack) =>
  attack.limits ? [{ id: attack.name, key: keyOf(attack), ...attack.limits }] : [],
);
