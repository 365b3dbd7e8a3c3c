// What is read from a header's value alone: read once for each value. Clients send the same few again and again.
import { LRUCache } from "lru-cache";

/** Most values that are remembered, and the longest, in characters. */
const MAX_VALUES = 100;
const MAX_LENGTH = 256;

/** Yields `read` with a memory for what it has yielded lately, but for undefined and null. What it yields must not be changed. */
export function rememberByValue<Result>(read: (value: string) => Result): (value: string) => Result {
  const known = new LRUCache<string, NonNullable<Result>>({ max: MAX_VALUES });
  return (value) => {
    const before = known.get(value);
    if (before !== undefined) return before;
    const result = read(value);
    if (value.length <= MAX_LENGTH && result !== undefined && result !== null) known.set(value, result);
    return result;
  };
}
