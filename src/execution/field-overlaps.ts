// What graphql-js' OverlappingFieldsCanBeMergedRule would cost: it compares every two fields of one response name.
import { type DocumentNode, type FieldNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from "graphql";

/** Most fields and comparisons; about 20 ms of that rule. Clients that repeat a few fields in every fragment stay far below. */
const MAX_STEPS = 5_000;

/**
 * Whether a document merges so many fields that to compare them would take too long. Stops at the limit. The document
 * must have no fragment cycles.
 * @see https://spec.graphql.org/October2021/#sec-Field-Selection-Merging
 */
export function overlapsTooOften({ definitions }: DocumentNode): boolean {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  let steps = 0;

  /** Goes through what the selection sets of fields that are answered as one select together. */
  function merge(selectionSets: readonly SelectionSetNode[]): void {
    const fields = new Map<string, FieldNode[]>();
    const spread = new Set<string>();
    for (const selectionSet of selectionSets) collect(selectionSet, fields, spread);
    steps += (spread.size * (spread.size - 1)) / 2;
    for (const group of fields.values()) {
      steps += (group.length * (group.length - 1)) / 2;
      if (steps > MAX_STEPS) return;
      const inside = group.flatMap(({ selectionSet }) => selectionSet ?? []);
      if (inside.length > 0) merge(inside);
    }
  }

  function collect({ selections }: SelectionSetNode, fields: Map<string, FieldNode[]>, spread: Set<string>): void {
    for (const selection of selections) {
      if (++steps > MAX_STEPS) return;
      if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet, fields, spread);
      else if (selection.kind === Kind.FIELD) {
        const responseName = (selection.alias ?? selection.name).value;
        const group = fields.get(responseName);
        if (group) group.push(selection);
        else fields.set(responseName, [selection]);
      } else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment) collect(fragment.selectionSet, fields, spread);
      }
    }
  }

  for (const definition of definitions) {
    if ("selectionSet" in definition && definition.selectionSet) merge([definition.selectionSet]);
    if (steps > MAX_STEPS) return true;
  }
  return false;
}
