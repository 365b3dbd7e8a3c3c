// Finds where an operation's variables take files. Knows no files.
import {
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getNullableType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  type TypeNode,
  typeFromAST,
} from "graphql";

/** A place in the variables that takes a file, or files. */
export interface UploadSlot {
  /** Such as `image` and `input.image`, as the multipart request names it. */
  path: string;
  takesSeveral: boolean;
  isRequired: boolean;
}

/** Input objects may hold themselves. */
const DEEPEST = 5;
/** More items than these have no picker of their own. */
const MOST_ITEMS = 20;

/** Yields the places of the operation of the document that has this name, or else of the first. */
export function findUploadSlotsOf(
  document: DocumentNode | null | undefined,
  name: string | null | undefined,
  schema: GraphQLSchema | null | undefined,
  variables: unknown,
): UploadSlot[] {
  const operations = document?.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION) ?? [];
  const operation = operations.find((node) => node.name?.value === name) ?? operations[0];
  return operation ? findUploadSlots(operation, schema, variables) : [];
}

/**
 * Yields the places of the type Upload, also those inside input objects, and for lists of input objects one for each item that
 * `variables` has. Without a schema only variables of the type itself are known.
 */
export function findUploadSlots(
  operation: OperationDefinitionNode,
  schema: GraphQLSchema | null | undefined,
  variables: unknown,
): UploadSlot[] {
  const slots: UploadSlot[] = [];
  for (const { variable, type, defaultValue } of operation.variableDefinitions ?? []) {
    const path = variable.name.value;
    const isRequired = type.kind === Kind.NON_NULL_TYPE && defaultValue === undefined;
    const known = schema && typeFromAST(schema, type as never);
    if (known) collectSlots(known as GraphQLInputType, path, readKey(variables, path), isRequired, slots, 0);
    else if (nameOf(type) === "Upload") slots.push({ path, takesSeveral: isList(type), isRequired });
  }
  return slots;
}

function collectSlots(
  type: GraphQLInputType,
  path: string,
  value: unknown,
  isRequired: boolean,
  slots: UploadSlot[],
  depth: number,
): void {
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    const item: GraphQLInputType = getNullableType(nullable.ofType);
    if (isUpload(item)) slots.push({ path, takesSeveral: true, isRequired });
    if (!isInputObjectType(item)) return;
    const count = Array.isArray(value) ? Math.min(value.length, MOST_ITEMS) : 1;
    for (let index = 0; index < count; index += 1) {
      collectSlots(item, `${path}.${index}`, readKey(value, String(index)), isRequired, slots, depth);
    }
    return;
  }
  if (isUpload(nullable)) slots.push({ path, takesSeveral: false, isRequired });
  if (!isInputObjectType(nullable) || depth === DEEPEST) return;
  for (const field of Object.values(nullable.getFields())) {
    const isFieldRequired = isRequired && isNonNullType(field.type) && field.defaultValue === undefined;
    collectSlots(field.type, `${path}.${field.name}`, readKey(value, field.name), isFieldRequired, slots, depth + 1);
  }
}

function isUpload(type: GraphQLInputType): boolean {
  return "name" in type && type.name === "Upload";
}

function nameOf(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : nameOf(type.type);
}

function isList(type: TypeNode): boolean {
  return type.kind === Kind.LIST_TYPE || (type.kind === Kind.NON_NULL_TYPE && isList(type.type));
}

function readKey(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
