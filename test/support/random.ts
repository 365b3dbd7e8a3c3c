// Numbers that look random and are the same for the same seed: what failed once fails again.

export interface Random {
  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number;
  /** True in one of `outOf` cases. */
  oneIn(outOf: number): boolean;
  pick<Value>(values: readonly Value[]): Value;
}

/** Marsaglia's xorshift32. */
export function createRandom(seed: number): Random {
  let state = (seed + 1) * 0x9e3779b9;
  const below = (limit: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
  return {
    below,
    oneIn: (outOf) => below(outOf) === 0,
    pick: (values) => values[below(values.length)] as (typeof values)[number],
  };
}
