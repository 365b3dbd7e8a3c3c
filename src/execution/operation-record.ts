// Fills the record of an operation with what the executor knows: its type, name and root fields, and how it ended.
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  Kind,
  type SelectionSetNode,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import type { NodeContext } from "../request/params.ts";
import { type OperationRecord, RootField } from "../telemetry/operation-record.ts";
import { planOf } from "./plan.ts";

/** Must come before plugins that refuse operations. Over WebSocket results are read by readResults alone. */
export function useOperationRecord(): Plugin<object, NodeContext> {
  return {
    onParams({ params, context }) {
      (context as Partial<NodeContext>).operation?.nameAs(params.operationName);
    },
    onExecute: ({ args }) => describeOperation(args),
    onSubscribe: ({ args }) => describeOperation(args),
    onResultProcess({ result, setResult, serverContext: { operation } }) {
      if (!operation || Array.isArray(result)) return;
      if (Symbol.asyncIterator in result) setResult(readResults(result, operation));
      else operation.readResult(result);
    },
  };
}

/** The results of a stream, each of which the record learns of on its way. */
export function readResults<Result extends ExecutionResult>(
  results: AsyncIterable<Result>,
  operation: OperationRecord,
): AsyncIterableIterator<Result> {
  operation.beginStream();
  const iterator = results[Symbol.asyncIterator]();
  return {
    async next() {
      const step = await iterator.next();
      if (!step.done && step.value.errors) operation.readResult(step.value);
      return step;
    },
    // Not a generator, whose return() would wait for the step under way.
    async return() {
      await iterator.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Tells the record what is to be executed; only the first time counts. */
export function describeOperation(args: ExecutionArgs): void {
  const { document, operationName, contextValue } = args;
  const { operation: record } = contextValue as Partial<NodeContext>;
  if (!record || record.type) return;
  const plan = planOf(args);
  const operation = plan?.operation ?? getOperationAST(document, operationName);
  if (!operation) return;
  record.type = operation.operation;
  record.nameAs(operation.name?.value);
  if (plan) {
    record.fields = plan.fields.map(({ key, info }) => new RootField(record, key, info.fieldName));
    return;
  }
  const fields = new Map<string, RootField>();
  collectFields(operation.selectionSet, document, record, fields, new Set());
  record.fields = [...fields.values()];
}

/** Every root field that the document names; the document has been found valid. */
function collectFields(
  { selections }: SelectionSetNode,
  document: DocumentNode,
  record: OperationRecord,
  fields: Map<string, RootField>,
  seen: Set<string>,
): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      const name = selection.name.value;
      const key = selection.alias?.value ?? name;
      if (!fields.has(key)) fields.set(key, new RootField(record, key, name));
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      collectFields(selection.selectionSet, document, record, fields, seen);
    } else if (!seen.has(selection.name.value)) {
      const name = selection.name.value;
      seen.add(name);
      const fragment = document.definitions.find(
        (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
      );
      if (fragment?.kind === Kind.FRAGMENT_DEFINITION)
        collectFields(fragment.selectionSet, document, record, fields, seen);
    }
  }
}
