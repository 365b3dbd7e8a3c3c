// Which callers may send files at all: those who may use a field that takes one. Looks at the schema once, and at no body.
import { type GraphQLError, type GraphQLInputType, type GraphQLSchema, getNamedType, isInputObjectType } from "graphql";
import { type Caller, isOperationAllowed } from "../callers/caller.ts";
import { requestError } from "../errors/codes.ts";
import { callerLimits } from "../schema/shared/caller-limits.ts";

const UPLOAD = "Upload";

/** Yields a function that finds FORBIDDEN (403) for a caller who may use none of the root fields that take a file. */
export function createUploadCheck(schema: GraphQLSchema): (caller: Caller) => GraphQLError | undefined {
  const takers = findTakers(schema);
  return (caller) => {
    if (takers.some(([type, field]) => isOperationAllowed(caller, type, field))) return undefined;
    const names = takers.map((names) => names.join("."));
    const problem = `The caller may not send files: it may not use ${names.join(" or ")}.`;
    return requestError(callerLimits.operations.code, 403, problem);
  };
}

/** The root fields with a file somewhere in their arguments, each after its type. */
function findTakers(schema: GraphQLSchema): [type: string, field: string][] {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
    (type) => !!type,
  );
  return roots.flatMap((root) =>
    Object.values(root.getFields())
      .filter(({ args }) => args.some(({ type }) => holdsFile(type)))
      .map(({ name }): [string, string] => [root.name, name]),
  );
}

/** Whether a value of the type can hold a file. */
function holdsFile(type: GraphQLInputType, seen = new Set<string>()): boolean {
  const named = getNamedType(type);
  if (named.name === UPLOAD) return true;
  if (!isInputObjectType(named) || seen.has(named.name)) return false;
  seen.add(named.name);
  return Object.values(named.getFields()).some((field) => holdsFile(field.type, seen));
}
