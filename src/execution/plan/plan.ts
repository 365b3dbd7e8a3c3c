// What executing an operation takes that depends on its document alone, prepared once for each document that is kept.
import type { FragmentDefinitionNode, GraphQLField, GraphQLSchema, OperationDefinitionNode } from "graphql";
import type { Compilation, Complete, Path, StaticInfo } from "./compilation.ts";
import { describeField } from "./complete-object.ts";
import { createComplete } from "./complete-value.ts";
import { createReadArguments, type ReadArguments } from "./field-arguments.ts";
import { createSelect, hasDirectives } from "./selection.ts";
import { createWriteAnswer, type WriteAnswer } from "./write-answer.ts";

/** One root field, and what becomes of the value that it resolves to. */
export interface PlannedField {
  readonly key: string;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly readArguments: ReadArguments;
  readonly info: StaticInfo;
  readonly path: NonNullable<Path>;
  readonly complete: Complete;
}

/** An operation whose selected fields do not depend on its variables. */
export interface ExecutionPlan {
  readonly fields: readonly PlannedField[];
  /** Writes the answer from the value of the only root field, if there is no other. */
  readonly write: WriteAnswer | undefined;
  /** Whether the functions are given the path of each value. Known once all of them are made. */
  readonly compilation: Readonly<Pick<Compilation, "needsPaths" | "fields">>;
}

/** Makes the plan of a valid operation. Undefined if only the executor can know what is to be done. */
export function createPlan(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): ExecutionPlan | undefined {
  if (hasDirectives(operation, fragments)) return undefined;
  const parentType = schema.getRootType(operation.operation);
  const compilation: Compilation = {
    schema,
    operation,
    fragments: Object.assign(Object.create(null), Object.fromEntries(fragments)),
    select: createSelect(schema, fragments),
    needsPaths: false,
    fields: 0,
  };
  const selected = parentType && compilation.select(parentType, [operation]);
  if (!selected) return undefined;
  const fields: PlannedField[] = [];
  let write: WriteAnswer | undefined;
  for (const [key, nodes] of selected) {
    const definition = parentType.getFields()[nodes[0].name.value];
    if (!definition) return undefined;
    const info = describeField(definition, nodes, parentType, compilation);
    const complete = createComplete(definition.type, nodes, info, compilation);
    if (!complete) return undefined;
    const path = { prev: undefined, key, typename: parentType.name };
    if (selected.size === 1) write = createWriteAnswer(key, definition.type, nodes, compilation.select);
    fields.push({ key, definition, readArguments: createReadArguments(definition, nodes[0]), info, path, complete });
  }
  return { fields, write, compilation };
}
