// The operation to run of a document.
import { Kind, parse } from "graphql";

/**
 * Yields `name` if an operation of the document has it. GraphiQL learns the name of a tab's operation only a moment after it
 * shows the tab, and would run it under the name of the one before. A document that cannot be parsed is the server's to
 * refuse, with its message.
 */
export function findOperationName(query: string, name: string | null | undefined): string | undefined {
  if (!name) return undefined;
  try {
    const { definitions } = parse(query, { noLocation: true });
    const names = definitions.map((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION ? definition.name?.value : undefined,
    );
    return names.includes(name) ? name : undefined;
  } catch {
    return undefined;
  }
}
