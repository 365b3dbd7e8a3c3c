// The engine over the schema with every kind of type, without limits that generated operations would meet.
import type { GraphQLError } from "graphql";
import { ANYBODY } from "../../src/callers/caller.ts";
import { createEngine, type OperationContext } from "../../src/execution/engine.ts";
import { createTestSchema } from "./test-schema.ts";

const LIMITS = { maxTokens: 100_000, maxLength: 2 ** 20, maxDepth: 100, maxAliases: 1000, maxDirectives: 1000 };

/** An engine that shows errors as they are, and counts the calls of root fields. */
export function startTestEngine() {
  const calls: string[] = [];
  const schema = createTestSchema((field) => calls.push(field));
  const engine = createEngine({
    schema,
    limits: LIMITS,
    messages: { hideSuggestions: true },
    introspection: true,
    maxPaidFields: 1000,
    maxResponseBytes: 2 ** 26,
    maskError: (error) => error as GraphQLError,
  });
  const context = { caller: ANYBODY, signal: new AbortController().signal } as unknown as OperationContext;
  return { calls, schema, engine, context };
}
