// Execution by plan: what graphql's executor finds out anew for each request, and for each event of a stream, is looked up.
// A plan serves only what goes well. For anything else the executor is asked as if there were no plan, with what the
// root fields have yielded already: so errors and nulls are the executor's own, and no upstream call is made twice.
import { execute } from "@graphql-tools/executor";
import type { ExecutionArgs, ExecutionResult } from "graphql";
import type { Plugin, PromiseOrValue } from "graphql-yoga";
import { ChunkStream } from "../openai/chunk-stream.ts";
import type { NodeContext } from "../request/params.ts";
import type { Context } from "../schema/shared/context.ts";
import { type ExecutionPlan, type PlannedField, planOf } from "./plan.ts";
import { ResultStream } from "./result-stream.ts";
import { variablesOf } from "./variables.ts";

type Results = ExecutionResult | AsyncIterable<ExecutionResult>;
/** Executes as if there were no plan, but for the outcomes that the context has by then. */
type Execute = (args: ExecutionArgs) => PromiseOrValue<Results>;

/** What the root fields have yielded, by their keys, for an executor that takes over. */
type Outcomes = Map<string, Promise<unknown>>;

/** Must come after useVariableErrors, which has coerced the variables. */
export function usePlannedExecution(): Plugin<object, NodeContext> {
  const findPlan = (args: ExecutionArgs) => {
    const { outcomes } = args.contextValue as Partial<Context>;
    // Where there are outcomes, a plan has been tried.
    return outcomes || !variablesOf(args.contextValue) ? undefined : planOf(args);
  };
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const plan = findPlan(args);
      if (plan) setExecuteFn((given: ExecutionArgs) => executePlan(plan, given, executeFn));
    },
    onSubscribe({ args, subscribeFn, setSubscribeFn }) {
      const plan = findPlan(args);
      if (plan) setSubscribeFn((given: ExecutionArgs) => subscribeByPlan(plan, given, subscribeFn));
    },
  };
}

/** Executes a query or mutation whose variables have been checked: see variablesOf. */
export async function executePlan(plan: ExecutionPlan, args: ExecutionArgs, fallBack: Execute): Promise<Results> {
  const outcomes: Outcomes = new Map();
  const begin = (field: PlannedField) => {
    const outcome = resolveRoot(field, args, field.definition.resolve);
    outcomes.set(field.key, outcome);
    return outcome;
  };
  try {
    // A mutation's fields one after the other, a query's side by side.
    if (plan.operation.operation === "query") for (const field of plan.fields) begin(field).catch(() => {});
    const data: Record<string, unknown> = {};
    for (const field of plan.fields) {
      const value = await (outcomes.get(field.key) ?? begin(field));
      data[field.key] = field.complete(value, args.contextValue);
    }
    return { data };
  } catch {
    return fallBack(withOutcomes(args, outcomes));
  }
}

/** Begins a subscription whose variables have been checked. */
export async function subscribeByPlan(plan: ExecutionPlan, args: ExecutionArgs, fallBack: Execute): Promise<Results> {
  const [field] = plan.fields;
  if (!field?.definition.subscribe || plan.fields.length > 1) return fallBack(args);
  const outcome = resolveRoot(field, args, field.definition.subscribe);
  const source = await outcome.catch(() => undefined);
  if (!(source instanceof ChunkStream)) return fallBack(withOutcomes(args, new Map([[field.key, outcome]])));
  const { key, definition, complete } = field;
  const info = { rootValue: undefined, variableValues: variablesOf(args.contextValue) ?? {}, ...field.info };
  const results = new ResultStream(source, plan.operation, (chunk) => {
    try {
      const value = definition.resolve ? definition.resolve(chunk, {}, args.contextValue, info) : chunk;
      return { data: { [key]: complete(value, args.contextValue) } };
    } catch {
      return execute({ ...args, rootValue: chunk }) as PromiseOrValue<ExecutionResult>;
    }
  });
  (args.contextValue as NodeContext).results = results;
  return results;
}

/** Calls a root field's resolver, or what opens its stream. */
async function resolveRoot(
  { readArguments, info }: PlannedField,
  { contextValue, rootValue }: ExecutionArgs,
  resolve: PlannedField["definition"]["resolve"],
): Promise<unknown> {
  const variableValues = variablesOf(contextValue) ?? {};
  return resolve?.(rootValue, readArguments(variableValues), contextValue, { rootValue, variableValues, ...info });
}

function withOutcomes(args: ExecutionArgs, outcomes: Outcomes): ExecutionArgs {
  (args.contextValue as Partial<Context>).outcomes = outcomes;
  return args;
}
