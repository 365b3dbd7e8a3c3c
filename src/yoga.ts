// GraphQL Yoga with the schema and every plugin, in the order in which they see a request.
import { createYoga, type YogaServerInstance } from "graphql-yoga";
import type { Config } from "./config.ts";
import { documentLimitsOf } from "./document-limits.ts";
import { useAcceptable } from "./plugins/acceptable.ts";
import { createDocumentCache, useDocumentCache } from "./plugins/document-cache.ts";
import { useDocumentLimits } from "./plugins/document-limits.ts";
import { useEarlyAnswer } from "./plugins/early-answer.ts";
import { useErrorLimit } from "./plugins/error-limit.ts";
import { useErrorStatus } from "./plugins/error-status.ts";
import type { createMaskError } from "./plugins/errors.ts";
import { useEventStream } from "./plugins/event-stream.ts";
import { useNoIntrospection } from "./plugins/introspection.ts";
import { useOperationLimits } from "./plugins/operation-limits.ts";
import { useOperationRecord } from "./plugins/operation-record.ts";
import { usePlannedExecution } from "./plugins/planned-execution.ts";
import { usePlannedRequests } from "./plugins/planned-requests.ts";
import { type NodeContext, type ReadParams, useRequestParams } from "./plugins/request-params.ts";
import type { MessageOptions } from "./plugins/safe-messages.ts";
import { useStreamErrors } from "./plugins/stream-errors.ts";
import { useValidationErrors } from "./plugins/validation-errors.ts";
import { useVariableErrors } from "./plugins/variable-errors.ts";
import { schema } from "./schema/index.ts";

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
