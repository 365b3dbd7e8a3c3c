// Sets how much V8's heap may grow between two collections of garbage. V8 lets it double or more: after a few answers of many
// megabytes, what they have left would stay until as much has come again.
import { getHeapStatistics, setFlagsFromString } from "node:v8";

/** How much a large heap may grow, in per cent. */
const GROWTH = 20;
/**
 * How much a small one may grow in any case, in bytes. V8 counts the buffers of uploads as well: with less, it would collect the
 * whole heap after every few megabytes of them, at 30 ms each.
 */
const LEAST_GROWTH = 24 * 2 ** 20;
/** How often the heap's size is looked at, in milliseconds. */
const LOOK_MS = 250;

/** Limits the growth from now on, as the heap's size has it; does not keep the process alive. */
export function limitHeapGrowth(): void {
  let growth = 0;
  const adjust = () => {
    const size = getHeapStatistics().used_heap_size;
    const next = Math.ceil(Math.max(GROWTH, (LEAST_GROWTH / size) * 100) / 10) * 10;
    if (next !== growth) setFlagsFromString(`--heap-growing-percent=${next}`);
    growth = next;
  };
  adjust();
  setInterval(adjust, LOOK_MS).unref();
}
