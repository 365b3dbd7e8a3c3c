// GraphQL Yoga with the schema and every plugin, in the order in which they see a request.
import { createYoga, type YogaServerInstance } from "graphql-yoga";
import { documentLimitsOf } from "../app/document-limits.ts";
import type { Config } from "../config/read-config.ts";
import { useErrorLimit } from "../errors/error-limit.ts";
import type { createMaskError } from "../errors/mask.ts";
import type { MessageOptions } from "../errors/safe-messages.ts";
import { useErrorStatus } from "../errors/status.ts";
import { useOperationLimits } from "../execution/allowance.ts";
import { useDocumentLimits } from "../execution/document-limits.ts";
import { createDocumentCache, useDocumentCache } from "../execution/documents.ts";
import { useNoIntrospection } from "../execution/introspection.ts";
import { useOperationRecord } from "../execution/operation-record.ts";
import { usePlannedRequests } from "../execution/planned-requests.ts";
import { usePlannedExecution } from "../execution/run.ts";
import { useStreamErrors } from "../execution/stream-errors.ts";
import { useValidationErrors } from "../execution/validation-errors.ts";
import { useVariableErrors } from "../execution/variables.ts";
import { type NodeContext, type ReadParams, useRequestParams } from "../request/params.ts";
import { schema } from "../schema/index.ts";
import { useAcceptable } from "./acceptable.ts";
import { useEarlyAnswer } from "./early-answer.ts";
import { useEventStream } from "./event-stream.ts";

/** What the app shares with Yoga. */
export interface YogaOptions {
  /** The one path that is served. */
  endpoint: string;
  readParams: ReadParams;
  maskError: ReturnType<typeof createMaskError>;
  messages: MessageOptions;
}

/** Builds Yoga; opens no port, and calls nothing before the first operation. */
export function createGraphQL(
  config: Config,
  { endpoint, readParams, maskError, messages }: YogaOptions,
): YogaServerInstance<NodeContext, object> {
  const documents = createDocumentCache();
  return createYoga<NodeContext>({
    schema,
    graphqlEndpoint: endpoint,
    maskedErrors: { maskError },
    // What is worth a log line is reported by maskError; Yoga's logger would log clients' mistakes as errors.
    logging: false,
    // Answered ahead of Yoga: see createEdge.
    cors: false,
    graphiql: false,
    landingPage: false,
    // Read and limited by useRequestParams.
    multipart: false,
    maxRequestBodySize: false,
    // useDocumentCache takes its place: Yoga's keeps prompts, and refused documents of any size.
    parserAndValidationCache: false,
    plugins: [
      ...(config.INTROSPECTION ? [] : [useNoIntrospection()]),
      useRequestParams(readParams),
      useOperationRecord(),
      useDocumentCache(documents),
      usePlannedRequests({ schema, documents, maxPaidFields: config.MAX_PAID_FIELDS }),
      useValidationErrors(messages),
      useDocumentLimits(documentLimitsOf(config)),
      useVariableErrors(messages),
      usePlannedExecution(),
      useErrorLimit(maskError),
      useOperationLimits(config.MAX_PAID_FIELDS),
      useAcceptable(),
      useErrorStatus(),
      useStreamErrors(maskError),
      useEventStream(),
      useEarlyAnswer(),
    ],
  });
}
