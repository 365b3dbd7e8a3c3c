// Finds out which fields of an operation's results hold what people read, whatever their aliases. Knows no result.
import { type DocumentNode, type FragmentDefinitionNode, Kind, parse, type SelectionSetNode } from "graphql";

/** A field of the results, by its response key. */
export interface PlannedField {
  /** Its name in the schema; the response key may be an alias. */
  name: string;
  /** Where it stands: the response keys from the root, which no other field has. */
  path: string;
  /** What is selected below it. Empty for a leaf. */
  fields: Plan;
}

/** The fields of one object by their response keys. */
export type Plan = Map<string, PlannedField>;

/** What an operation's results hold. */
export interface ReadingPlan {
  /** Whether each result adds to those before it, as a stream's do. */
  isStream: boolean;
  fields: Plan;
}

/** Yields the plan of the operation that runs, or undefined if the document does not parse or holds no such operation. */
export function planReading(query: string, operationName?: string | null): ReadingPlan | undefined {
  const document = readDocument(query);
  const operations = document?.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION) ?? [];
  const operation = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  if (!document || !operation) return undefined;
  const fragments = new Map(
    document.definitions
      .filter((node) => node.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );
  const fields: Plan = new Map();
  collectFields(operation.selectionSet, fields, "", fragments, []);
  return { isStream: operation.operation === "subscription", fields };
}

function readDocument(query: string): DocumentNode | undefined {
  try {
    return parse(query, { noLocation: true });
  } catch {
    return undefined;
  }
}

/** `open` are the fragments that are being spread: a circle of them is refused by the server, and ends here. */
function collectFields(
  { selections }: SelectionSetNode,
  fields: Plan,
  path: string,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  open: readonly string[],
): void {
  for (const selection of selections) {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      collectFields(selection.selectionSet, fields, path, fragments, open);
    } else if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const name = selection.name.value;
      const fragment = fragments.get(name);
      if (fragment && !open.includes(name)) {
        collectFields(fragment.selectionSet, fields, path, fragments, [...open, name]);
      }
    } else {
      const key = selection.alias?.value ?? selection.name.value;
      const known = fields.get(key);
      const field = known ?? { name: selection.name.value, path: `${path}/${key}`, fields: new Map() };
      if (!known) fields.set(key, field);
      if (selection.selectionSet) collectFields(selection.selectionSet, field.fields, field.path, fragments, open);
    }
  }
}
