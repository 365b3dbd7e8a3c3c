// Measures what a document asks for, in time linear in its length, however its fragments multiply it.
import { type DocumentNode, type FieldNode, Kind, type SelectionSetNode } from "graphql";
import { fragmentsOf } from "./plan/selection.ts";

/** Totals over all operations; a fragment counts as often as it is used, and one that nobody uses once. */
export interface Measures {
  /** Deepest nesting of fields, without those inside `__schema` and `__type`. */
  depth: number;
  aliases: number;
  directives: number;
}

const NOTHING: Readonly<Measures> = { depth: 0, aliases: 0, directives: 0 };

/** Measures a document, valid or not. With `hasCycle`, a fragment leads into itself; that use of it counts nothing. */
export function measureDocument(document: DocumentNode): Measures & { hasCycle: boolean } {
  const fragments = fragmentsOf(document);
  /** Of every fragment met so far; null while it is being measured. */
  const measured = new Map<string, Readonly<Measures> | null>();
  let hasCycle = false;

  function measureFragment(name: string): Readonly<Measures> {
    const known = measured.get(name);
    if (known) return known;
    const fragment = fragments.get(name);
    if (!fragment) return NOTHING;
    if (known === null) {
      hasCycle = true;
      return NOTHING;
    }
    measured.set(name, null);
    const measures = measureSelections(fragment.selectionSet);
    measures.directives += fragment.directives?.length ?? 0;
    measured.set(name, measures);
    return measures;
  }

  function measureSelections({ selections }: SelectionSetNode): Measures {
    const total = { ...NOTHING };
    for (const selection of selections) {
      total.directives += selection.directives?.length ?? 0;
      if (selection.kind === Kind.FRAGMENT_SPREAD) add(total, measureFragment(selection.name.value));
      else if (selection.kind === Kind.INLINE_FRAGMENT) add(total, measureSelections(selection.selectionSet));
      else {
        if (selection.alias) total.aliases++;
        const inside = selection.selectionSet ? measureSelections(selection.selectionSet) : NOTHING;
        const isIntrospection = selection.name.value === "__schema" || selection.name.value === "__type";
        add(total, { ...inside, depth: isIntrospection ? 1 : inside.depth + 1 });
      }
    }
    return total;
  }

  const total = { ...NOTHING };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    total.directives += definition.directives?.length ?? 0;
    for (const variable of definition.variableDefinitions ?? []) total.directives += variable.directives?.length ?? 0;
    add(total, measureSelections(definition.selectionSet));
  }
  for (const name of fragments.keys()) if (!measured.has(name)) add(total, measureFragment(name));
  return { ...total, hasCycle };
}

/** Sums stay safe integers: fragments that double each other would soon exceed them. */
function add(total: Measures, { depth, aliases, directives }: Readonly<Measures>): void {
  total.depth = Math.max(total.depth, depth);
  total.aliases = Math.min(total.aliases + aliases, Number.MAX_SAFE_INTEGER);
  total.directives = Math.min(total.directives + directives, Number.MAX_SAFE_INTEGER);
}

/** Most fields and comparisons; about 20 ms of graphql-js' OverlappingFieldsCanBeMergedRule, which compares every two fields of one response name. Clients that repeat a few fields in every fragment stay far below. */
const MAX_STEPS = 5_000;

/**
 * Whether a document merges so many fields that to compare them would take too long. Stops at the limit. The document
 * must have no fragment cycles.
 * @see https://spec.graphql.org/October2021/#sec-Field-Selection-Merging
 */
export function overlapsTooOften(document: DocumentNode): boolean {
  const fragments = fragmentsOf(document);
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

  for (const definition of document.definitions) {
    if ("selectionSet" in definition && definition.selectionSet) merge([definition.selectionSet]);
    if (steps > MAX_STEPS) return true;
  }
  return false;
}
