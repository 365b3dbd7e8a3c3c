// What one operation may ask for, counted when it is executed: aliases, fragments and directives hide root fields from
// whoever reads the document, and variables from whoever has validated it before.
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FragmentDefinitionNode,
  type GraphQLError,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  getDirectiveValues,
  getOperationAST,
  getVariableValues,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import { type Caller, isOperationAllowed } from "../callers/caller.ts";
import { requestError } from "../errors/codes.ts";
import { planOf } from "./plan.ts";

/** Refuses operations: see findExcess. */
export function useOperationLimits(maxPaidFields: number): Plugin {
  function check({ args, setResultAndStopExecution }: Hook): void {
    const error = findExcess(args, maxPaidFields);
    if (error) setResultAndStopExecution({ errors: [error] });
  }
  return { onExecute: check, onSubscribe: check };
}

interface Hook {
  args: ExecutionArgs;
  setResultAndStopExecution(result: ExecutionResult): void;
}

/**
 * Yields an error for a whole operation, before any of its upstream calls, that has more than `maxPaidFields` root fields
 * of a mutation or subscription (OPERATION_TOO_COMPLEX), or one that the caller may not use (FORBIDDEN).
 */
export function findExcess(args: ExecutionArgs, maxPaidFields: number): GraphQLError | undefined {
  const plan = planOf(args);
  const operation = plan?.operation ?? getOperationAST(args.document, args.operationName);
  const type = operation && args.schema.getRootType(operation.operation);
  if (!type) return undefined;
  const { caller } = args.contextValue as { caller: Caller };
  const fields = plan?.fieldNames ?? collectFields(operation.selectionSet, args);
  const forbidden = fields.find((field) => !isOperationAllowed(caller, type.name, field));
  if (forbidden) return requestError("FORBIDDEN", 403, `The caller may not use ${type.name}.${forbidden}.`);
  // The executor takes the first one for granted, which a directive can leave out.
  if (operation.operation === "subscription" && fields.length !== 1)
    return requestError("BAD_REQUEST", 400, "A subscription must select one root field.");
  // Those of a query are free; how many there can be is bounded by the document's aliases.
  if (operation.operation === "query" || fields.length <= maxPaidFields) return undefined;
  const problem = `must be at most ${maxPaidFields} in an operation; got ${fields.length}.`;
  return requestError("OPERATION_TOO_COMPLEX", 400, `Root fields of ${type.name} ${problem}`);
}

/** The root fields that will be resolved, by name, one for each name in the answer. `__typename` costs nothing. */
function collectFields(selectionSet: SelectionSetNode, args: ExecutionArgs): string[] {
  const fields = new Map<string, string>();
  const seen = new Set<SelectionSetNode>();
  let variables: ReturnType<typeof getVariableValues> | undefined;

  function isIncluded(selection: SelectionNode): boolean {
    if (!selection.directives?.length) return true;
    variables ??= coerceVariables(args);
    // Variables that do not fit fail the operation when it is executed.
    if (!variables.coerced) return true;
    const skip = getDirectiveValues(GraphQLSkipDirective, selection, variables.coerced);
    const include = getDirectiveValues(GraphQLIncludeDirective, selection, variables.coerced);
    return skip?.if !== true && include?.if !== false;
  }

  function collect(selections: SelectionSetNode | undefined): void {
    if (!selections || seen.has(selections)) return;
    seen.add(selections);
    for (const selection of selections.selections.filter(isIncluded)) {
      if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) collect(findFragment(args.document, selection.name.value));
      else if (selection.name.value !== "__typename")
        fields.set(selection.alias?.value ?? selection.name.value, selection.name.value);
    }
  }

  collect(selectionSet);
  return [...fields.values()];
}

function findFragment({ definitions }: DocumentNode, name: string): SelectionSetNode | undefined {
  const isWanted = (definition: DocumentNode["definitions"][number]): definition is FragmentDefinitionNode =>
    definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name;
  return definitions.find(isWanted)?.selectionSet;
}

function coerceVariables({ schema, document, operationName, variableValues }: ExecutionArgs) {
  const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
  return getVariableValues(schema, definitions, variableValues ?? {});
}
