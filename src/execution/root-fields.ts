// How root fields are resolved, by a plan or by the executor: each of them once, reported to the operation's record, and with
// the upstream for this field alone.
import {
  type GraphQLFieldResolver,
  GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSchema,
  type GraphQLSchemaConfig,
} from "graphql";
import type { Context } from "../schema/shared/context.ts";
import { createExcess, mayHaveMoreValues } from "./answer-size.ts";

type Resolver = GraphQLFieldResolver<unknown, Context>;

/** The executor's root value: what root fields have resolved to already, by their keys in the answer. */
export class RootValue {
  readonly outcomes = new Map<string, Promise<unknown>>();
}

/** Calls a root field's resolver, or what opens its stream. What a stream yields belongs to the field until the operation ends. */
export function resolveRootField(
  resolve: Resolver,
  source: unknown,
  parameters: Record<string, unknown>,
  context: Context,
  info: GraphQLResolveInfo,
): unknown {
  const field = context.operation?.beginField(String(info.path.key), info.fieldName);
  if (!field) return resolve(source, parameters, context, info);
  let result: unknown;
  try {
    result = resolve(source, parameters, { ...context, openai: field.openai ?? context.openai }, info);
  } catch (error) {
    field.end();
    throw error;
  }
  const endUnlessStream = (value: unknown) => isStream(value) || field.end();
  if (result instanceof Promise) result.then(endUnlessStream, field.end);
  else endUnlessStream(result);
  return result;
}

/**
 * The schema as the executor runs it: its root fields are resolved by resolveRootField, unless they have been already, and what
 * they yield is refused if its answer could have more than `maxValues` values.
 */
export function createExecutableSchema(schema: GraphQLSchema, maxValues: number): GraphQLSchema {
  const config = schema.toConfig();
  const roots = { query: "resolve", mutation: "resolve", subscription: "subscribe" } as const;
  const types = config.types.filter((type) => !isRoot(schema, type));
  // The schema is the same at every start: a test validates it, so that the first request need not wait for that.
  const executable: GraphQLSchemaConfig = { ...config, types, assumeValid: true };
  for (const [root, role] of Object.entries(roots) as [keyof typeof roots, "resolve" | "subscribe"][]) {
    executable[root] = config[root] && wrapFields(config[root], role, maxValues);
  }
  return new GraphQLSchema(executable);
}

function isRoot(schema: GraphQLSchema, type: unknown): boolean {
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].includes(type as never);
}

function wrapFields(type: GraphQLObjectType, role: "resolve" | "subscribe", maxValues: number): GraphQLObjectType {
  const config = type.toConfig();
  const fields = Object.entries(config.fields).map(([name, field]) => {
    const resolve = field[role] as Resolver | undefined;
    if (!resolve) return [name, field];
    return [name, { ...field, [role]: role === "resolve" ? limit(wrap(resolve), maxValues) : wrap(resolve) }];
  });
  return new GraphQLObjectType({ ...config, fields: Object.fromEntries(fields) });
}

function wrap(resolve: Resolver): Resolver {
  return (source, parameters, context, info) => {
    const outcome = source instanceof RootValue ? source.outcomes.get(String(info.path.key)) : undefined;
    return outcome ?? resolveRootField(resolve, undefined, parameters, context, info);
  };
}

/** Plans call the same resolver without a root value, and count by themselves. */
function limit(resolve: Resolver, maxValues: number): Resolver {
  return (source, parameters, context, info) => {
    const value = resolve(source, parameters, context, info);
    if (!(source instanceof RootValue)) return value;
    const check = (settled: unknown) => {
      const fragments = new Map(Object.entries(info.fragments));
      if (mayHaveMoreValues(settled, info.operation, fragments, maxValues)) throw createExcess(maxValues);
      return settled;
    };
    return value instanceof Promise ? value.then(check) : check(value);
  };
}

function isStream(value: unknown): boolean {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
