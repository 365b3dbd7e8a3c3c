// Computes medians and the spread of the repeats.

/** The median of numbers; NaN if there are none. */
export function medianOf(numbers) {
  const sorted = numbers.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median, the least and the most. */
export function spreadOf(numbers) {
  return { median: medianOf(numbers), min: Math.min(...numbers), max: Math.max(...numbers) };
}

/** The spread of a figure as a multiple of another's in the same repeat. */
export function ratioOf(numbers, others) {
  return spreadOf(numbers.slice(0, others.length).map((number, repeat) => number / others[repeat]));
}
