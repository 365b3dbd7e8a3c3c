// GraphQL from a request's parameters to its results, the same for every transport: an operation is prepared once for all
// requests that name it, and then run for each of them. Knows no HTTP.
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  specifiedRules,
  type ValidationRule,
} from "graphql";
import type { Caller } from "../callers/caller.ts";
import { maskErrors } from "../errors/error-limit.ts";
import type { HeldBytes } from "../http/held-bytes.ts";
import type { Context } from "../schema/shared/context.ts";
import { type OperationRecord, RootField } from "../telemetry/operation-record.ts";
import { findExcess } from "./allowance.ts";
import { type ClientTerms, runOnTerms } from "./client-terms.ts";
import { createDocuments, type DocumentsOptions } from "./documents.ts";
import { type PreparedOperation, unknownOperation } from "./known-document.ts";
import type { Replays } from "./replays/replays.ts";
import type { Result } from "./result.ts";
import { ResultStream } from "./result-stream.ts";
import { createExecutableSchema } from "./root-fields.ts";
import { findVariableErrors, type Variables } from "./variables.ts";

/** What an operation is run with. */
export interface OperationContext extends Context, ClientTerms {
  readonly caller: Caller;
  held?: HeldBytes | undefined;
  /** What is known of the operation. Undefined if nobody reads it. */
  operation?: OperationRecord | undefined;
}

/** The parameters of a request. https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters */
export interface OperationParams {
  query?: string | undefined;
  operationName?: string | null | undefined;
  variables?: Readonly<Variables> | null | undefined;
  /** Not read here. */
  extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/** What an operation yields: one result, or a stream of them. */
export type Results = Result | ResultStream;

/** None of its functions throws, but `parse`. Errors are as clients may see them, but for those of `parse` and what comes after it. */
export interface Engine {
  /** The schema as it is executed. */
  readonly schema: GraphQLSchema;
  /** Finds the operation that is asked for, parsing and validating its document if need be; `record` learns of it. */
  prepare(params: OperationParams, record?: OperationRecord): PreparedOperation | ExecutionResult;
  /**
   * Runs the operation, if the caller may and the variables fit; the context's record learns how it went. The result of one
   * that goes well is JSON at once if that is asked for and takes the least.
   */
  run(
    prepared: PreparedOperation,
    given: OperationParams["variables"],
    context: OperationContext,
    asJson?: boolean,
  ): Promise<Results>;
  /** For a frame that does both in steps of its own. Throws what is wrong with the syntax. */
  parse(source: string): DocumentNode;
  /** For such a frame; `rules` beside GraphQL's own are checked every time. */
  validate(document: DocumentNode, rules?: readonly ValidationRule[]): readonly GraphQLError[];
  /** For such a frame. The context's record learns what is to be executed. The document must be valid. */
  describe(args: ExecutionArgs): void;
  /** For such a frame, after `describe`. The document must be valid. */
  execute(args: ExecutionArgs): Promise<Results>;
}

export interface EngineOptions extends Omit<DocumentsOptions, "rules"> {
  /** Whether documents may ask for the schema. */
  introspection: boolean;
  /** Most root fields of mutations and subscriptions in one operation. */
  maxPaidFields: number;
  /** Largest answer, and largest event of a stream. */
  maxResponseBytes: number;
  maskError(error: unknown): GraphQLError;
  /** Undefined: idempotency keys mean nothing. */
  replays?: Replays | undefined;
}

/** What a value of an answer counts at least, in bytes: made, it takes more. */
const VALUE_BYTES = 64;

/** Builds the engine for a schema. */
export function createEngine(engineOptions: EngineOptions): Engine {
  const { introspection, maxPaidFields, maxResponseBytes, maskError, replays, ...options } = engineOptions;
  const maxValues = Math.ceil(maxResponseBytes / VALUE_BYTES);
  const { messages } = options;
  const schema = createExecutableSchema(options.schema, maxValues);
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const documents = createDocuments({ ...options, schema, rules });

  /** What keeps an operation from being run for this caller and with these variables. */
  function findRefusals(prepared: PreparedOperation, { variables, given, caller }: Attempt): readonly GraphQLError[] {
    const errors = variables ? [] : findVariableErrors(schema, prepared.operation, given, messages);
    if (errors.length > 0) return errors;
    const excess = findExcess(schema, prepared, { caller, variables }, maxPaidFields);
    return excess ? [excess] : [];
  }

  /** Runs an operation, or says why not; errors as they were thrown. */
  function attempt(
    prepared: PreparedOperation,
    given: OperationParams["variables"],
    context: OperationContext,
    asJson = false,
  ): Results | Promise<Results> {
    const variables = prepared.readVariables(given);
    const errors = findRefusals(prepared, { variables, given, caller: context.caller });
    if (errors.length > 0) return { errors };
    return runOnTerms({ schema, prepared, given, variables, context, maxValues, asJson }, context, {
      replays,
      maskError,
    });
  }

  /** The results as clients may see them; the record learns of each. */
  function show(results: Results, record: OperationRecord | undefined): Results {
    const showOne = (result: Result): Result => {
      if (!result.errors) return result;
      const masked = maskErrors(result, maskError);
      record?.readResult(masked);
      return masked;
    };
    if (!(results instanceof ResultStream)) return showOne(results);
    record?.beginStream();
    return results.map(showOne);
  }

  return {
    schema,
    prepare({ query = "", operationName }, record) {
      record?.nameAs(operationName);
      const refuse = (errors: readonly GraphQLError[]) => show({ errors }, record) as ExecutionResult;
      let known = documents.find(query);
      try {
        if (!known) {
          const document = documents.parse(query);
          if (!getOperationAST(document, operationName)) return refuse([unknownOperation(operationName)]);
          const errors = documents.validate(document);
          if (errors.length > 0) return refuse(errors);
          known = documents.know(document);
        }
      } catch (error) {
        return refuse([error as GraphQLError]);
      }
      const prepared = known.operationOf(operationName);
      if (!prepared) return refuse([unknownOperation(operationName)]);
      if (record) describeOperation(prepared, record);
      return prepared;
    },
    run: async (prepared, given, context, asJson) =>
      show(await attempt(prepared, given, context, asJson), context.operation),
    parse: documents.parse,
    validate: (document, rules = []) =>
      documents.validate(
        document,
        rules.filter((rule) => !specifiedRules.includes(rule)),
      ),
    describe({ document, operationName, contextValue }) {
      const { operation: record } = contextValue as OperationContext;
      const prepared = record && documents.know(document).operationOf(operationName);
      if (prepared) describeOperation(prepared, record);
    },
    async execute({ document, operationName, variableValues, contextValue }) {
      const prepared = documents.know(document).operationOf(operationName);
      if (!prepared) return { errors: [unknownOperation(operationName)] };
      return attempt(prepared, variableValues, contextValue as OperationContext);
    },
  };
}

/** One try to run an operation. */
interface Attempt {
  given: OperationParams["variables"];
  variables: Variables | undefined;
  caller: Caller;
}

/** Fills the record with what is to be executed. */
function describeOperation({ operation, rootFields }: PreparedOperation, record: OperationRecord): void {
  record.type = operation.operation;
  record.nameAs(operation.name?.value);
  record.fields = rootFields.map(({ key, name }) => new RootField(record, key, name));
}
