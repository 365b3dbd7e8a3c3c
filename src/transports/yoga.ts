// GraphQL Yoga around the engine: the frame for an embedder's own plugins, and for answers as multipart/mixed. Yoga runs the
// plugins' hooks and negotiates the content; the engine is its parse, validate, execute and subscribe.
// https://the-guild.dev/graphql/yoga-server/docs/features/envelop-plugins
import { type DocumentNode, type ExecutionResult, type GraphQLSchema, getOperationAST } from "graphql";
import { createYoga, type Plugin } from "graphql-yoga";
import { requestError } from "../errors/codes.ts";
import { maskErrors } from "../errors/error-limit.ts";
import type { createMaskError } from "../errors/mask.ts";
import type { Engine, OperationParams } from "../execution/engine.ts";
import type { NodeContext, ReadParams } from "../request/params.ts";
import type { AnswerRequest } from "./http.ts";
import type { PrepareOperation } from "./websocket/operation.ts";
import { recordResults, useRequests, useResponses } from "./yoga-hooks.ts";

export interface FrameOptions {
  /** The one path that is served. */
  endpoint: string;
  readParams: ReadParams;
  maskError: ReturnType<typeof createMaskError>;
  /** Yoga's or Envelop's. Their hooks run in this order, around the engine. */
  plugins: readonly Plugin[];
}

/** Yoga, as transports use it. */
export interface Frame {
  /** Answers one request over HTTP, by all hooks of the plugins. */
  answer: AnswerRequest;
  /** Prepares an operation that came over WebSocket, by those hooks of the plugins that are Envelop's. */
  prepareOperation: PrepareOperation;
}

/** Builds Yoga; opens no port, and calls nothing before the first operation. */
export function createFrame(engine: Engine, { endpoint, readParams, maskError, plugins }: FrameOptions): Frame {
  const yoga = createYoga<NodeContext>({
    schema: engine.schema,
    graphqlEndpoint: endpoint,
    maskedErrors: { maskError },
    // What is worth a log line is reported by maskError; Yoga's logger would log clients' mistakes as errors.
    logging: false,
    // Answered before Yoga: see createEdge.
    cors: false,
    graphiql: false,
    landingPage: false,
    // Read and limited by readParams.
    multipart: false,
    maxRequestBodySize: false,
    // The engine keeps documents: Yoga's cache keeps prompts, and refused documents of any size.
    parserAndValidationCache: false,
    plugins: [useEngine(engine), useRequests(readParams), ...plugins, useResponses(maskError)],
  });

  return {
    answer: async (context) => void (await yoga(context.req, context.res, context)),
    prepareOperation(params, context) {
      const { operation: record } = context;
      record?.nameAs(params.operationName);
      const refuse = (errors: readonly unknown[]) => maskErrors({ errors } as ExecutionResult, maskError);
      try {
        const enveloped = yoga.getEnveloped({ ...context, params } as never);
        const document: DocumentNode = enveloped.parse(params.query);
        const errors: readonly unknown[] = enveloped.validate(enveloped.schema, document);
        if (errors.length > 0) return refuse(errors);
        const operation = getOperationAST(document, params.operationName);
        if (!operation) return refuse([unknownOperation()]);
        const execute = operation.operation === "subscription" ? enveloped.subscribe : enveloped.execute;
        return {
          document,
          async run(signal) {
            try {
              const contextValue = await enveloped.contextFactory({ signal });
              const results = await execute(argumentsOf(enveloped.schema, document, params, contextValue));
              return recordResults(results, record, maskError);
            } catch (error) {
              return recordResults(refuse([error]), record, maskError);
            }
          },
        };
      } catch (error) {
        return refuse([error]);
      }
    },
  };
}

function argumentsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operationName, variables }: OperationParams,
  contextValue: unknown,
) {
  return { schema, document, operationName, variableValues: variables, contextValue };
}

function unknownOperation(): Error {
  return requestError("BAD_REQUEST", 400, "Could not determine what operation to execute.");
}

/** Has Yoga parse, validate and execute by the engine. Rules that plugins add are checked by it as well. */
function useEngine({ parse, validate, execute }: Engine): Plugin {
  return {
    onParse: ({ setParseFn }) => setParseFn((source) => parse(typeof source === "string" ? source : source.body)),
    onValidate: ({ setValidationFn }) => setValidationFn((_, document, rules) => [...validate(document, rules)]),
    onExecute: ({ setExecuteFn }) => setExecuteFn(execute),
    onSubscribe: ({ setSubscribeFn }) => setSubscribeFn(execute),
  };
}
