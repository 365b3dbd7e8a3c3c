// How many values the executor may be made to complete: it cannot be stopped, so they are counted before. What an upstream has
// sent is multiplied by the aliases under which it is selected. Plans count while they complete: see takeRoom.
import { type FragmentDefinitionNode, Kind, type OperationDefinitionNode, type SelectionSetNode } from "graphql";
import { codedError } from "../errors/codes.ts";

/** The error for an answer with more than `maxValues` values. */
export function createExcess(maxValues: number): Error {
  return codedError("OPERATION_TOO_COMPLEX", `The answer has more than ${maxValues} values; select less of it.`);
}

/** Whether what an operation selects of a root field's value may be more than `maxValues` values. */
export function mayHaveMoreValues(
  value: unknown,
  { selectionSet }: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  maxValues: number,
): boolean {
  const times = 1 + countAliases(selectionSet, fragments, new Map());
  return roomAfter(value, maxValues / times) < 0;
}

/** The aliases of a selection set; those of a fragment as often as it is used. The document's limits bound them. */
function countAliases(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  known: Map<string, number>,
): number {
  let aliases = 0;
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const name = selection.name.value;
      const fragment = fragments.get(name);
      if (fragment && !known.has(name)) known.set(name, countAliases(fragment.selectionSet, fragments, known));
      aliases += known.get(name) ?? 0;
      continue;
    }
    if (selection.kind === Kind.FIELD && selection.alias) aliases++;
    if (selection.selectionSet) aliases += countAliases(selection.selectionSet, fragments, known);
  }
  return aliases;
}

/** What is left of `room` after all values in a JSON value; negative as soon as it is known to be too little. */
function roomAfter(value: unknown, room: number): number {
  let left = room - 1;
  if (typeof value !== "object" || value === null) return left;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && left >= 0; index++) left = roomAfter(value[index], left);
    return left;
  }
  for (const key in value) {
    if (left < 0) return left;
    // A chunk knows the text of its stream, which is not a value.
    if (key !== "transcript") left = roomAfter((value as Record<string, unknown>)[key], left);
  }
  return left;
}
