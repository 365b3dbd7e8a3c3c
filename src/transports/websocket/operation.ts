// One operation over WebSocket: from its parameters to what the executor needs, by the same hooks as over HTTP.
import type { Socket } from "node:net";
import { type DocumentNode, type ExecutionArgs, type ExecutionResult, GraphQLError, getOperationAST } from "graphql";
import type { SubscribePayload } from "graphql-ws";
import type { PromiseOrValue, YogaServerInstance } from "graphql-yoga";
import { codedError } from "../../errors/codes.ts";
import type { NodeContext } from "../../request/params.ts";
import type { OperationRecord } from "../../telemetry/operation-record.ts";

type Enveloped = ReturnType<YogaServerInstance<NodeContext, object>["getEnveloped"]>;

/** What an operation needs beside its arguments; graphql-ws passes it along as the root value. */
export interface Operation {
  socket: Socket;
  execute(args: ExecutionArgs): PromiseOrValue<ExecutionResult | AsyncIterable<ExecutionResult>>;
  record: OperationRecord | undefined;
}

/** Parses and validates. Yields what is wrong with the document; throws what is wrong with its syntax. */
export async function prepareOperation(
  enveloped: Enveloped,
  { query, operationName, variables }: SubscribePayload,
  { socket, record }: Pick<Operation, "socket" | "record">,
): Promise<ExecutionArgs | GraphQLError[]> {
  const document = readDocument(enveloped.parse, query);
  const errors: GraphQLError[] = enveloped.validate(enveloped.schema, document);
  if (errors.length > 0) return errors;
  const operation = getOperationAST(document, operationName)?.operation;
  if (!operation) return [codedError("BAD_REQUEST", "Could not determine what operation to execute.")];
  const execute = operation === "subscription" ? enveloped.subscribe : enveloped.execute;
  return {
    schema: enveloped.schema,
    document,
    operationName,
    variableValues: variables,
    contextValue: await enveloped.contextFactory(),
    rootValue: { socket, execute, record } satisfies Operation,
  };
}

/** The document; throws what is wrong with its syntax, under the code that Yoga gives it over HTTP. */
function readDocument(parse: (query: string) => DocumentNode, query: string): DocumentNode {
  try {
    return parse(query);
  } catch (error) {
    if (error instanceof GraphQLError) error.extensions.code ??= "GRAPHQL_PARSE_FAILED";
    throw error;
  }
}
