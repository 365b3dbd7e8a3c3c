// Executes one prepared operation: by its plan, or by the executor where there is none. A plan serves only what goes well. For
// anything else the executor takes over with what the root fields have resolved to already: so errors and nulls are the
// executor's own, and no upstream call is made twice.
import {
  createSourceEventStream,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  locatedError,
} from "graphql";
import { ChunkStream } from "../openai/chunk-stream.ts";
import { Turns } from "../openai/client/turns.ts";
import type { Context } from "../schema/shared/context.ts";
import { countValues, createCount, createExcess, mayHaveMoreValues } from "./answer-size.ts";
import type { PreparedOperation } from "./known-document.ts";
import {
  createExecution,
  createInfo,
  type Execution,
  fillLater,
  isPromise,
  settle,
  tooManyValues,
} from "./plan/compilation.ts";
import type { ExecutionPlan, PlannedField } from "./plan/plan.ts";
import { batchesOf, ResultStream } from "./result-stream.ts";
import { RootValue, resolveRootField } from "./root-fields.ts";
import type { Variables } from "./variables.ts";

/** One run of an operation. */
export interface Run {
  /** See createExecutableSchema. */
  schema: GraphQLSchema;
  prepared: PreparedOperation;
  /** As the client sent them. */
  given: Readonly<Variables> | null | undefined;
  /** As coerced. Undefined if the executor has to coerce them. */
  variables: Variables | undefined;
  context: Context;
  /** Most values of the answer, or of one event. */
  maxValues: number;
}

/** Yields an operation's result, or its stream of results, with errors as they were thrown. Never throws. */
export function runOperation(run: Run): Promise<ExecutionResult | ResultStream> {
  const { plan, operation } = run.prepared;
  const rootValue = new RootValue();
  if (!plan || !run.variables) return runByExecutor(run, rootValue);
  return operation.operation === "subscription"
    ? subscribeByPlan(plan, run, rootValue)
    : runByPlan(plan, run, rootValue);
}

async function runByPlan(plan: ExecutionPlan, run: Run, rootValue: RootValue): Promise<ExecutionResult | ResultStream> {
  const { outcomes } = rootValue;
  const execution = createExecution(run.context, run.variables ?? {}, rootValue, run.maxValues);
  const begin = (field: PlannedField) => {
    const outcome = resolvePlanned(field, field.definition.resolve, execution);
    outcomes.set(field.key, outcome);
    return outcome;
  };
  try {
    const count = createCount(run);
    // A mutation's fields one after the other, a query's side by side.
    if (run.prepared.operation.operation === "query") for (const field of plan.fields) begin(field).catch(() => {});
    const data: Record<string, unknown> = {};
    const turns = plan.fields.length > 1 ? new Turns() : undefined;
    if (turns?.isOver()) await turns.next();
    for (const field of plan.fields) {
      const value = await (outcomes.get(field.key) ?? begin(field));
      turns?.begin();
      data[field.key] = completePlanned(plan, field, value, execution);
      const problem = count(run.maxValues - execution.room);
      if (problem) return refuse(run, problem);
      if (turns?.isOver()) await turns.next();
    }
    if (execution.pending || execution.hasFailed) await settle(execution);
    return { data };
  } catch (error) {
    return error === tooManyValues ? refuse(run, createExcess(run.maxValues)) : runByExecutor(run, rootValue);
  }
}

async function subscribeByPlan(
  plan: ExecutionPlan,
  run: Run,
  rootValue: RootValue,
): Promise<ExecutionResult | ResultStream> {
  const [field] = plan.fields;
  if (!field?.definition.subscribe) return runByExecutor(run, rootValue);
  const execution = createExecution(run.context, run.variables ?? {}, rootValue, run.maxValues);
  const outcome = resolvePlanned(field, field.definition.subscribe, execution);
  const source = await outcome.catch(() => undefined);
  if (source instanceof ChunkStream) return createStream(source, plan, field, run);
  rootValue.outcomes.set(field.key, outcome);
  return runByExecutor(run, rootValue);
}

/** The results of a planned subscription: one an event. */
function createStream(source: ChunkStream<unknown>, plan: ExecutionPlan, field: PlannedField, run: Run): ResultStream {
  const { context, variables = {}, prepared, maxValues } = run;
  const { key, info, path, readArguments, complete } = field;
  const { resolve = (event: unknown) => event } = field.definition;
  const parameters = readArguments(variables);
  const needsInfo = resolve.length > 3;
  const sameInfo = createInfo(info, createExecution(context, variables, undefined, 0), path);
  const place = plan.compilation.needsPaths ? path : undefined;

  function toData(execution: Execution): ExecutionResult {
    const given = needsInfo ? createInfo(info, execution, path) : sameInfo;
    const value = resolve(execution.rootValue, parameters, context, given);
    const data: Record<string, unknown> = {};
    data[key] = isPromise(value)
      ? fillLater(data, key, value, complete, execution, place)
      : complete(value, execution, place);
    return { data };
  }

  return new ResultStream(source, {
    toResult(event) {
      const execution = createExecution(context, variables, event, maxValues);
      try {
        const result = toData(execution);
        if (!execution.pending) return result;
        return settle(execution).then(
          () => result,
          () => executeEvent(run, event),
        );
      } catch (error) {
        return error === tooManyValues ? refuse(run, createExcess(maxValues)) : executeEvent(run, event);
      }
    },
    toFailure: (error) => locate(error, prepared),
  });
}

async function resolvePlanned(
  { readArguments, info, path }: PlannedField,
  resolve: PlannedField["definition"]["resolve"],
  execution: Execution,
): Promise<unknown> {
  const { context, variables } = execution;
  if (!resolve) return undefined;
  const whole = createInfo(info, execution, path);
  return resolveRootField(resolve, undefined, readArguments(variables), context as Context, whole);
}

/** Runs by graphql-js' own executor, as if there were no plan but for what root fields have resolved to. */
async function runByExecutor(run: Run, rootValue: RootValue): Promise<ExecutionResult | ResultStream> {
  const { operation } = run.prepared.operation;
  try {
    if (operation !== "subscription") {
      const result = await execute(argumentsOf(run, rootValue));
      const problem = operation === "query" ? createCount(run)(countValues(result.data)) : undefined;
      return problem ? refuse(run, problem) : result;
    }
    const source = await createSourceEventStream(argumentsOf(run, rootValue));
    if (!(Symbol.asyncIterator in source)) return source;
    const events = source instanceof ChunkStream ? source : batchesOf(source);
    return new ResultStream(events, {
      toResult: (event) => executeEvent(run, event),
      toFailure: (error) => locate(error, run.prepared),
    });
  } catch (error) {
    return { errors: [error as GraphQLError] };
  }
}

function executeEvent(run: Run, event: unknown): ExecutionResult | Promise<ExecutionResult> {
  const { operation, fragments } = run.prepared;
  return mayHaveMoreValues(event, operation, fragments, run.maxValues)
    ? refuse(run, createExcess(run.maxValues))
    : (execute(argumentsOf(run, event)) as ExecutionResult | Promise<ExecutionResult>);
}

/** The result in place of one that is too large. */
function refuse({ prepared: { operation } }: Run, problem: Error): ExecutionResult {
  return { errors: [locatedError(problem, operation)], data: null };
}

/** What a stream throws, as a result: at the operation, as no field of the answer is to blame. */
function locate(error: unknown, { operation }: PreparedOperation): ExecutionResult {
  return { errors: [locatedError(error, operation)] };
}

function completePlanned(plan: ExecutionPlan, field: PlannedField, value: unknown, execution: Execution): unknown {
  return field.complete(value, execution, plan.compilation.needsPaths ? field.path : undefined);
}

function argumentsOf({ schema, prepared: { document, operation }, given, context }: Run, rootValue: unknown) {
  const variableValues = given as Record<string, unknown> | undefined;
  return { schema, document, operationName: operation.name?.value, variableValues, contextValue: context, rootValue };
}
