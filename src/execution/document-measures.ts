// What a document asks for, counted in time linear in its length however its fragments multiply it.
import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from "graphql";

/** Totals over all operations; a fragment counts as often as it is used, and one that nobody uses once. */
export interface Measures {
  /** Deepest nesting of fields, without those inside `__schema` and `__type`. */
  depth: number;
  aliases: number;
  directives: number;
}

const NOTHING: Readonly<Measures> = { depth: 0, aliases: 0, directives: 0 };

/** Measures a document, valid or not. With `hasCycle`, a fragment leads into itself; that use of it counts nothing. */
export function measureDocument({ definitions }: DocumentNode): Measures & { hasCycle: boolean } {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
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
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    total.directives += definition.directives?.length ?? 0;
    for (const variable of definition.variableDefinitions ?? []) total.directives += variable.directives?.length ?? 0;
    add(total, measureSelections(definition.selectionSet));
  }
  for (const name of fragments.keys()) if (!measured.has(name)) add(total, measureFragment(name));
  return { ...total, hasCycle };
}

/** Sums stay numbers that can be told: fragments that double each other soon count more than there are atoms. */
function add(total: Measures, { depth, aliases, directives }: Readonly<Measures>): void {
  total.depth = Math.max(total.depth, depth);
  total.aliases = Math.min(total.aliases + aliases, Number.MAX_SAFE_INTEGER);
  total.directives = Math.min(total.directives + directives, Number.MAX_SAFE_INTEGER);
}
