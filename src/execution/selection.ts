// Which fields a selection set selects, where that depends on the document alone.
// https://spec.graphql.org/September2025/#CollectFields()
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionSetNode,
} from "graphql";

/** What selects one field: once, or several times under one key. */
export type FieldNodes = readonly [FieldNode, ...FieldNode[]];
/** By the key in the answer, in the order of the answer. */
export type SelectedFields = ReadonlyMap<string, FieldNodes>;

/**
 * Prepares to tell the fields that nodes of a valid document select of an object type. Undefined is yielded where
 * variables have a say (any directive), for introspection, and for keys that no plain object can hold.
 */
export function createSelect(schema: GraphQLSchema, document: DocumentNode) {
  const fragments = new Map(
    document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION).map(byName),
  );

  /** Adds the fields of one selection set; false where the document alone does not tell. */
  function collect(
    type: GraphQLObjectType,
    { selections }: SelectionSetNode,
    fields: Map<string, [FieldNode, ...FieldNode[]]>,
    seen: Set<string>,
  ): boolean {
    return selections.every((selection) => {
      if (selection.directives && selection.directives.length > 0) return false;
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        if (/^__(?!typename$)/.test(key) || /^__(?!typename$)/.test(selection.name.value)) return false;
        const known = fields.get(key);
        if (known) known.push(selection);
        else fields.set(key, [selection]);
        return true;
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value);
        if (!fragment || seen.has(selection.name.value)) return fragment !== undefined;
        seen.add(selection.name.value);
        return (
          !appliesTo(fragment.typeCondition.name.value, type) || collect(type, fragment.selectionSet, fields, seen)
        );
      }
      const condition = selection.typeCondition?.name.value;
      return (
        (condition !== undefined && !appliesTo(condition, type)) || collect(type, selection.selectionSet, fields, seen)
      );
    });
  }

  function appliesTo(condition: string, type: GraphQLObjectType): boolean {
    const other = schema.getType(condition);
    return other === type || (isAbstractType(other) && schema.isSubType(other, type));
  }

  return function select(type: GraphQLObjectType, nodes: readonly { selectionSet?: SelectionSetNode | undefined }[]) {
    const fields = new Map<string, [FieldNode, ...FieldNode[]]>();
    const seen = new Set<string>();
    const isKnown = nodes.every(({ selectionSet }) => selectionSet && collect(type, selectionSet, fields, seen));
    return isKnown ? (fields as SelectedFields) : undefined;
  };
}

function byName(fragment: FragmentDefinitionNode): [string, FragmentDefinitionNode] {
  return [fragment.name.value, fragment];
}
