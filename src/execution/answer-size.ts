// How many values the executor may be made to complete: it cannot be stopped, so they are counted before. What an upstream has
// sent is multiplied by the aliases under which it is selected. Plans count while they complete: see takeRoom.
import {
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
} from "graphql";
import { codedError } from "../errors/codes.ts";
import { isRecord, roomAfter } from "../json/json.ts";
import { transcriptOf } from "../openai/transcript.ts";
import type { Context } from "../schema/shared/context.ts";

const VALUES_ALONE = { value: 1, character: 0 };

/** What a value takes in memory until its answer has been sent, in bytes; its text is shared with what it was read from. */
const VALUE_BYTES = 64;
/** So many are not worth counting. */
const FEW_VALUES = 1_000;

/**
 * Yields a function that takes room for all values that the answer of a query has so far: many may be made at the same time.
 * It yields why there is no room. The answers of other operations are paid for, and made in any case.
 */
export function createCount({
  prepared,
  context: { held },
}: {
  prepared: { operation: OperationDefinitionNode };
  context: Pick<Context, "held">;
}): (values: number) => Error | undefined {
  const isFree = prepared.operation.operation === OperationTypeNode.QUERY;
  let counted = 0;
  return (values) => {
    if (!isFree || values - counted < FEW_VALUES) return undefined;
    try {
      held?.take((values - counted) * VALUE_BYTES);
      counted = values;
      return undefined;
    } catch (error) {
      return error as Error;
    }
  };
}

/** How many values a JSON value has. */
export function countValues(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  let count = 1;
  if (Array.isArray(value)) for (const entry of value) count += countValues(entry);
  else for (const key in value) count += countValues((value as Record<string, unknown>)[key]);
  return count;
}

/** The error for an answer with more than `maxValues` values. */
export function createExcess(maxValues: number): Error {
  return codedError("OPERATION_TOO_COMPLEX", `The answer has more than ${maxValues} values; select less of it.`);
}

/**
 * Whether what an operation selects of a root field's value may be more than `maxValues` values. A chunk may be asked for those
 * of all its stream so far.
 */
export function mayHaveMoreValues(
  value: unknown,
  { selectionSet }: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  maxValues: number,
): boolean {
  const times = 1 + countAliases(selectionSet, fragments, new Map());
  const before = isRecord(value) ? (transcriptOf(value)?.values ?? 0) : 0;
  return roomAfter(value, maxValues / times - before, VALUES_ALONE) < 0;
}

/** A value may have a field that yields it once more. */
const REPEATING = "soFar";

/**
 * How often a selection set selects a value once more: its aliases, and those of a fragment as often as it is used. The
 * document's limits bound them.
 */
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
    if (selection.kind === Kind.FIELD && (selection.alias || selection.name.value === REPEATING)) aliases++;
    if (selection.selectionSet) aliases += countAliases(selection.selectionSet, fragments, known);
  }
  return aliases;
}
