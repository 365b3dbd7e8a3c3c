// Tells whoever observes an operation when each of its root fields begins and ends. Knows neither logs nor fields.
import type { GraphQLFieldResolver, GraphQLSchema } from "graphql";
import type { Context } from "../schema/shared/context.ts";

type Resolver = GraphQLFieldResolver<unknown, Context>;

/** Changes the root fields of `schema`, once for all operations, and yields it. Without an observer they are as before. */
export function observeRootFields(schema: GraphQLSchema): GraphQLSchema {
  for (const type of [schema.getQueryType(), schema.getMutationType()])
    for (const field of Object.values(type?.getFields() ?? {}))
      if (field.resolve) field.resolve = observe(field.resolve);
  for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {}))
    if (field.subscribe) field.subscribe = observe(field.subscribe);
  return schema;
}

/** What a stream yields after `resolve` belongs to the field as well: it ends with the operation then. */
function observe(resolve: Resolver): Resolver {
  return (source, parameters, context, info) => {
    const outcome = context.outcomes?.get(String(info.path.key));
    if (outcome) return outcome;
    const field = context.operation?.beginField(String(info.path.key), info.fieldName);
    if (!field) return resolve(source, parameters, context, info);
    let result: unknown;
    try {
      result = resolve(source, parameters, { ...context, openai: field.openai ?? context.openai }, info);
    } catch (error) {
      field.end();
      throw error;
    }
    if (result instanceof Promise) result.then(field.end, field.end);
    else if (!isStream(result)) field.end();
    return result;
  };
}

function isStream(value: unknown): boolean {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}
