// Which fields a selection set selects, as far as the document alone decides it.
// https://spec.graphql.org/September2025/#CollectFields()
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";

/** The nodes that select one field: one, or several under the same key. */
export type FieldNodes = readonly [FieldNode, ...FieldNode[]];
/** By the key in the answer, in the order of the answer. */
export type SelectedFields = ReadonlyMap<string, FieldNodes>;
/** The fields that nodes select of an object type. Undefined if one of them cannot be planned. */
export type Select = (
  type: GraphQLObjectType,
  nodes: readonly { selectionSet?: SelectionSetNode | undefined }[],
) => SelectedFields | undefined;

/** A document's fragments by name. */
export function fragmentsOf({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

/** Whether a directive decides what an operation selects, which it may do by a variable. */
export function hasDirectives(
  operation: { readonly selectionSet: SelectionSetNode },
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): boolean {
  const seen = new Set<string>();
  function isIn({ selections }: SelectionSetNode): boolean {
    return selections.some((selection) => {
      if (selection.directives && selection.directives.length > 0) return true;
      if (selection.kind !== Kind.FRAGMENT_SPREAD)
        return selection.selectionSet !== undefined && isIn(selection.selectionSet);
      const fragment = fragments.get(selection.name.value);
      if (!fragment || seen.has(selection.name.value)) return false;
      seen.add(selection.name.value);
      return isIn(fragment.selectionSet);
    });
  }
  return isIn(operation.selectionSet);
}

/**
 * Prepares to find the selected fields of a valid document without directives. Nothing is found for introspection, and for
 * keys that no plain object can hold.
 */
export function createSelect(schema: GraphQLSchema, fragments: ReadonlyMap<string, FragmentDefinitionNode>): Select {
  /** Adds the fields of one selection set; false if one of them cannot be planned. */
  function collect(
    type: GraphQLObjectType,
    { selections }: SelectionSetNode,
    fields: Map<string, [FieldNode, ...FieldNode[]]>,
    seen: Set<string>,
  ): boolean {
    return selections.every((selection) => {
      if (selection.kind === Kind.FIELD) return addField(selection, fields);
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const name = selection.name.value;
        const fragment = fragments.get(name);
        if (!fragment || seen.has(name)) return fragment !== undefined;
        seen.add(name);
        const condition = fragment.typeCondition.name.value;
        return !appliesTo(condition, type) || collect(type, fragment.selectionSet, fields, seen);
      }
      const condition = selection.typeCondition?.name.value;
      const applies = condition === undefined || appliesTo(condition, type);
      return !applies || collect(type, selection.selectionSet, fields, seen);
    });
  }

  function appliesTo(condition: string, type: GraphQLObjectType): boolean {
    const other = schema.getType(condition);
    return other === type || (isAbstractType(other) && schema.isSubType(other, type));
  }

  return function select(type, nodes) {
    const fields = new Map<string, [FieldNode, ...FieldNode[]]>();
    const seen = new Set<string>();
    const isKnown = nodes.every(({ selectionSet }) => selectionSet && collect(type, selectionSet, fields, seen));
    return isKnown ? fields : undefined;
  };
}

function addField(node: FieldNode, fields: Map<string, [FieldNode, ...FieldNode[]]>): boolean {
  const key = (node.alias ?? node.name).value;
  if (/^__(?!typename$)/.test(key) || /^__(?!typename$)/.test(node.name.value)) return false;
  const known = fields.get(key);
  if (known) known.push(node);
  else fields.set(key, [node]);
  return true;
}

/** A root field of an operation. */
export interface RootFieldName {
  /** Its name in the answer. */
  key: string;
  /** Its name in the schema. */
  name: string;
}

/**
 * Every root field that an operation names, `__typename` included, one for each key in the answer. `isIncluded` leaves
 * selections out by their directives; without it all of them count.
 */
export function findRootFields(
  { selectionSet }: { readonly selectionSet: SelectionSetNode },
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  isIncluded: (selection: SelectionNode) => boolean = () => true,
): RootFieldName[] {
  const fields = new Map<string, string>();
  const seen = new Set<SelectionSetNode>();
  function collect(selections: SelectionSetNode | undefined): void {
    if (!selections || seen.has(selections)) return;
    seen.add(selections);
    for (const selection of selections.selections) {
      if (!isIncluded(selection)) continue;
      if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) collect(fragments.get(selection.name.value)?.selectionSet);
      else fields.set((selection.alias ?? selection.name).value, selection.name.value);
    }
  }
  collect(selectionSet);
  return Array.from(fields, ([key, name]) => ({ key, name }));
}
