// How an object becomes an answer: its selected fields resolved and completed, one after the other.
// https://spec.graphql.org/September2025/#sec-Executing-Selection-Sets
import type { GraphQLField, GraphQLObjectType, GraphQLOutputType } from "graphql";
import {
  type Compilation,
  type Complete,
  createInfo,
  type Execution,
  fillLater,
  isPlain,
  isPromise,
  leave,
  notPlain,
  type Path,
  type StaticInfo,
  takeRoom,
} from "./compilation.ts";
import { createReadArguments } from "./field-arguments.ts";
import type { FieldNodes } from "./selection.ts";

/** See createComplete, which this is a part of. */
type CreateComplete = (
  type: GraphQLOutputType,
  nodes: FieldNodes,
  info: StaticInfo,
  compilation: Compilation,
) => Complete | undefined;

interface ObjectField {
  readonly key: string;
  readonly typename: string;
  readonly resolve: Complete;
  readonly complete: Complete;
}

/** All resolvers that take no arguments get this same empty object. */
const NO_ARGUMENTS = Object.freeze({});

/** Makes the function for objects of `type`; see createComplete. */
export function createCompleteObject(
  type: GraphQLObjectType,
  nodes: FieldNodes,
  info: StaticInfo,
  compilation: Compilation,
  createComplete: CreateComplete,
): Complete | undefined {
  const selected = compilation.select(type, nodes);
  if (!selected) return undefined;
  const fields: ObjectField[] = [];
  for (const [key, fieldNodes] of selected) {
    const field = createField(key, fieldNodes, type, compilation, createComplete);
    if (!field) return undefined;
    fields.push(field);
  }
  compilation.fields += fields.length;
  const { isTypeOf } = type;
  if (isTypeOf) compilation.needsPaths = true;
  return (value, execution, path) => {
    if (value === null || value === undefined) return null;
    if (!isPlain(value)) throw notPlain;
    if (isTypeOf) {
      const isOfType = isTypeOf(value, execution.context, createInfo(info, execution, path));
      if (isOfType !== true) leave(isOfType);
    }
    return completeFields(value, fields, execution, path);
  };
}

function completeFields(value: unknown, fields: readonly ObjectField[], execution: Execution, path: Path): unknown {
  const completed: Record<string, unknown> = {};
  takeRoom(execution, fields.length);
  for (const { key, typename, resolve, complete } of fields) {
    const place = path && { prev: path, key, typename };
    const resolved = resolve(value, execution, place);
    completed[key] = isPromise(resolved)
      ? fillLater(completed, key, resolved, complete, execution, place)
      : complete(resolved, execution, place);
  }
  return completed;
}

function createField(
  key: string,
  nodes: FieldNodes,
  parentType: GraphQLObjectType,
  compilation: Compilation,
  createComplete: CreateComplete,
): ObjectField | undefined {
  const definition = parentType.getFields()[nodes[0].name.value];
  const typename = parentType.name;
  // Not a field of the schema: validation lets only __typename pass.
  if (!definition) return { key, typename, resolve: () => typename, complete: (value) => value };
  const info = describeField(definition, nodes, parentType, compilation);
  const complete = createComplete(definition.type, nodes, info, compilation);
  return complete && { key, typename, resolve: createResolve(definition, nodes, info, compilation), complete };
}

/** Calls a field's resolver on the object that it is given. A resolver gets `info` if it declares the parameter. */
function createResolve(
  definition: GraphQLField<unknown, unknown>,
  nodes: FieldNodes,
  info: StaticInfo,
  compilation: Compilation,
): Complete {
  const { name, args, resolve } = definition;
  if (!resolve) return (source) => (source as Record<string, unknown>)[name];
  const call = resolve as (source: unknown, parameters: object, context: unknown) => unknown;
  if (args.length === 0 && resolve.length < 4) return (source, { context }) => call(source, NO_ARGUMENTS, context);
  const readArguments = args.length > 0 ? createReadArguments(definition, nodes[0]) : () => NO_ARGUMENTS;
  if (resolve.length > 3) {
    compilation.needsPaths = true;
    return (source, execution, path) =>
      resolve(source, readArguments(execution.variables), execution.context, createInfo(info, execution, path));
  }
  return (source, execution) => call(source, readArguments(execution.variables), execution.context);
}

/** The part of a resolver's `info` that depends only on the field, not on the request. */
export function describeField(
  { name, type }: GraphQLField<unknown, unknown>,
  nodes: FieldNodes,
  parentType: GraphQLObjectType,
  { schema, operation, fragments }: Compilation,
): StaticInfo {
  return { fieldName: name, fieldNodes: [...nodes], returnType: type, parentType, schema, operation, fragments };
}
