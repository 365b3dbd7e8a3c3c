// What the prepared functions of an operation share: what is known when they are made, what each run of them is given, and
// how they treat a value that is not plain.
import type {
  FragmentDefinitionNode,
  GraphQLResolveInfo,
  GraphQLSchema,
  OperationDefinitionNode,
  ResponsePath,
} from "graphql";
import type { Select } from "./selection.ts";

/** What is known of an operation before its variables. */
export interface Compilation {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: Record<string, FragmentDefinitionNode>;
  readonly select: Select;
  /** Whether anything in the operation reads `info`, whose path is then kept. */
  needsPaths: boolean;
  /** How many fields have been prepared: fragments are prepared wherever they are used. */
  fields: number;
}

/** One run of an operation, or of one event of a stream. */
export interface Execution {
  readonly context: unknown;
  /** As coerced. */
  readonly variables: Record<string, unknown>;
  readonly rootValue: unknown;
  /** Fields whose values have yet to come, if there are any. They never reject: see hasFailed. */
  pending: Promise<void>[] | undefined;
  /** Whether one of them was not plain. */
  hasFailed: boolean;
  /** How many more values the answer may have: aliases multiply what an upstream has sent. */
  room: number;
}

/** Where a value stands in the answer. Undefined if nothing in the operation asks for it. */
export type Path = ResponsePath | undefined;

/** Yields a value's place in the answer, or throws: then the executor completes the answer. */
export type Complete = (value: unknown, execution: Execution, path: Path) => unknown;

/** The part of a resolver's `info` that is the same for every request. */
export type StaticInfo = Omit<GraphQLResolveInfo, "variableValues" | "rootValue" | "path">;

/** Thrown for a value that is not what most are: null where it must not be, an error, of an unexpected type. */
export const notPlain = new Error("The executor completes this value.");

/** Thrown for an answer that has more values than it may have. The executor does not complete it either. */
export const tooManyValues = new Error("The answer has too many values.");

/** Counts values that are about to be completed. Throws `tooManyValues`. */
export function takeRoom(execution: Execution, values: number): void {
  execution.room -= values;
  if (execution.room < 0) throw tooManyValues;
}

/** Leaves it to the executor to ask for a value again. If this one is a promise, nobody waits for how it ends. */
export function leave(value: unknown): never {
  if (isPromise(value)) Promise.resolve(value).catch(() => {});
  throw notPlain;
}

/** Begins a run, whose answer may have `room` values. */
export function createExecution(
  context: unknown,
  variables: Record<string, unknown>,
  rootValue: unknown,
  room: number,
): Execution {
  return { context, variables, rootValue, pending: undefined, hasFailed: false, room };
}

/** Waits for all fields whose values have yet to come. Throws `notPlain` if the executor has to complete one. */
export async function settle(execution: Execution): Promise<void> {
  while (execution.pending) {
    const { pending } = execution;
    execution.pending = undefined;
    await Promise.all(pending);
  }
  if (execution.hasFailed) throw notPlain;
}

/** Reserves a place in `holder` for a value that has yet to come, and completes the value into it then. */
export function fillLater(
  holder: unknown[] | Record<string, unknown>,
  key: string | number,
  value: PromiseLike<unknown>,
  complete: Complete,
  execution: Execution,
  path: Path,
): undefined {
  const fill = (settled: unknown) => {
    (holder as Record<string | number, unknown>)[key] = complete(settled, execution, path);
  };
  const fail = () => {
    execution.hasFailed = true;
  };
  execution.pending ??= [];
  execution.pending.push(Promise.resolve(value).then(fill).catch(fail));
}

/** A resolver's whole `info`. */
export function createInfo(info: StaticInfo, execution: Execution, path: Path): GraphQLResolveInfo {
  let place = path;
  // As the executor has it: the place of the field, not of an entry in its list.
  while (typeof place?.key === "number") place = place.prev;
  const { variables: variableValues, rootValue } = execution;
  // What is spread stands last: keys that follow it are added on V8's slow path.
  return { path: place as ResponsePath, rootValue, variableValues, ...info };
}

/** Whether a value is an object, and neither an error, which a resolver may return as well as throw, nor a promise. */
export function isPlain(value: unknown): boolean {
  return typeof value === "object" && !(value instanceof Error) && !isPromise(value);
}

/** JSON may have a `then` that is not a function. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" && value !== null && typeof (value as { readonly then?: unknown }).then === "function"
  );
}
