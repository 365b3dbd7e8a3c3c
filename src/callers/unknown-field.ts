// Names a field of a client key or of limits that there is none of. One like no known name is not shown: it may be a misplaced key.

/** Longest name that is compared, in characters. */
const MAX_LENGTH = 40;

/** What is wrong with an entry that has these fields beside the known ones, as it follows the entry's name in a message. */
export function describeUnknown(unknown: readonly string[], known: readonly string[]): string {
  for (const name of unknown) {
    const meant = known.find((other) => isLike(name, other));
    if (meant) return `has an unknown field "${name}": ${meant} is meant`;
  }
  return `has an unknown field; it may have ${known.join(", ")}`;
}

/** Whether a third of the letters at most makes the difference, case and signs between words aside. */
function isLike(name: string, other: string): boolean {
  if (name.length > MAX_LENGTH) return false;
  const [given, wanted] = [name, other].map((text) => text.toLowerCase().replace(/[_.-]/g, "")) as [string, string];
  return distance(given, wanted) <= wanted.length / 3;
}

/** How many letters are to be changed, left out or put in. https://en.wikipedia.org/wiki/Levenshtein_distance */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [place, letter] of [...from].entries()) {
    const next = [place + 1];
    for (let index = 0; index < to.length; index++) {
      const changed = (row[index] ?? 0) + (letter === to[index] ? 0 : 1);
      next.push(Math.min(changed, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
