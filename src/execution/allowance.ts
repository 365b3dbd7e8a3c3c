// Limits what one operation may ask for. It is counted when the operation is executed: aliases and fragments hide root
// fields, and directives depend on variables.
import {
  type GraphQLError,
  GraphQLIncludeDirective,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  type SelectionNode,
} from "graphql";
import { type Caller, isOperationAllowed } from "../callers/caller.ts";
import { requestError } from "../errors/codes.ts";
import { callerLimits } from "../schema/shared/caller-limits.ts";
import { namesOf, type PreparedOperation } from "./known-document.ts";
import { findRootFields } from "./plan/selection.ts";
import type { Variables } from "./variables.ts";

/** Who asks for what, in one request. */
export interface Request {
  caller: Caller;
  /** As coerced. Undefined if only the executor can coerce them. */
  variables: Variables | undefined;
}

/**
 * Yields an error for a whole operation, before any of its upstream calls, that has more than `maxPaidFields` root fields
 * of a mutation or subscription (OPERATION_TOO_COMPLEX), or one that the caller may not use (FORBIDDEN).
 */
export function findExcess(
  schema: GraphQLSchema,
  prepared: PreparedOperation,
  { caller, variables }: Request,
  maxPaidFields: number,
): GraphQLError | undefined {
  const { operation } = prepared.operation;
  const typeName = schema.getRootType(operation)?.name ?? "";
  const fields = findNames(prepared, variables);
  const forbidden = fields.find((field) => !isOperationAllowed(caller, typeName, field));
  if (forbidden)
    return requestError(callerLimits.operations.code, 403, `The caller may not use ${typeName}.${forbidden}.`);
  // The executor assumes that there is a first field, but a directive can leave it out.
  if (operation === "subscription" && fields.length !== 1)
    return requestError("BAD_REQUEST", 400, "A subscription must select one root field.");
  // Those of a query are free; the document's aliases bound how many there can be.
  if (operation === "query" || fields.length <= maxPaidFields) return undefined;
  const problem = `must be at most ${maxPaidFields} in an operation; got ${fields.length}.`;
  return requestError("OPERATION_TOO_COMPLEX", 400, `Root fields of ${typeName} ${problem}`);
}

/** The root fields that will be resolved, by name, one for each key in the answer. */
function findNames({ operation, fragments, fieldNames, plan }: PreparedOperation, variables: Request["variables"]) {
  // An operation with a plan has no directives.
  if (plan) return fieldNames;
  return namesOf(findRootFields(operation, fragments, createIsIncluded(variables)));
}

/** https://spec.graphql.org/September2025/#sec--skip */
function createIsIncluded(variables: Request["variables"]) {
  return (selection: SelectionNode): boolean => {
    // Without variables, more may be counted than will be resolved.
    if (!selection.directives?.length || !variables) return true;
    const skip = getDirectiveValues(GraphQLSkipDirective, selection, variables);
    const include = getDirectiveValues(GraphQLIncludeDirective, selection, variables);
    return skip?.if !== true && include?.if !== false;
  };
}
