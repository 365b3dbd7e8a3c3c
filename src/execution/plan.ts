// What executing an operation takes that depends on its document alone: prepared once for each document that is kept.
import {
  type DocumentNode,
  type ExecutionArgs,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
} from "graphql";
import { type Complete, createComplete } from "./complete-value.ts";
import { isKept } from "./documents.ts";
import { createReadArguments, type ReadArguments } from "./field-arguments.ts";
import { createSelect, type FieldNodes } from "./selection.ts";

/** One root field, and what comes of what it resolves to. */
export interface PlannedField {
  readonly key: string;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly readArguments: ReadArguments;
  /** All of a resolver's `info` that is the same for every request. */
  readonly info: Omit<GraphQLResolveInfo, "variableValues" | "rootValue">;
  readonly complete: Complete;
}

/** An operation whose root fields, and all below them, are known before its variables. */
export interface ExecutionPlan {
  readonly operation: OperationDefinitionNode;
  readonly fields: readonly PlannedField[];
  /** Their names in the schema. */
  readonly fieldNames: readonly string[];
}

/** By operation name. Documents that are not kept take their plans with them. */
const plans = new WeakMap<DocumentNode, Map<string | undefined, ExecutionPlan | undefined>>();

/** The plan of the operation that is asked for; undefined where only the executor can tell what is to be done, and for documents that are not kept. */
export function planOf({ schema, document, operationName }: ExecutionArgs): ExecutionPlan | undefined {
  if (!isKept(document)) return undefined;
  const name = operationName ?? undefined;
  let ofDocument = plans.get(document);
  if (!ofDocument) {
    ofDocument = new Map();
    plans.set(document, ofDocument);
  }
  if (!ofDocument.has(name)) ofDocument.set(name, createPlan(schema, document, name));
  return ofDocument.get(name);
}

function createPlan(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | undefined,
): ExecutionPlan | undefined {
  const operation = getOperationAST(document, operationName);
  const parentType = operation && schema.getRootType(operation.operation);
  if (!parentType) return undefined;
  const select = createSelect(schema, document);
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  const fields: PlannedField[] = [];
  for (const [key, nodes] of select(parentType, [operation]) ?? []) {
    const definition = parentType.getFields()[nodes[0].name.value];
    const complete = definition && createComplete(definition.type, nodes, select);
    if (!complete) return undefined;
    const info = { ...describeField(key, definition, nodes, parentType), schema, operation, fragments };
    fields.push({ key, definition, readArguments: createReadArguments(definition, nodes[0]), info, complete });
  }
  return fields.length > 0
    ? { operation, fields, fieldNames: fields.map(({ definition }) => definition.name) }
    : undefined;
}

function describeField(
  key: string,
  { name, type }: GraphQLField<unknown, unknown>,
  fieldNodes: FieldNodes,
  parentType: GraphQLObjectType,
) {
  const path = { prev: undefined, key, typename: parentType.name };
  return { fieldName: name, fieldNodes: [...fieldNodes], returnType: type, parentType, path };
}
