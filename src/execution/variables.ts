// An operation's variables: coerced to their types, and what is wrong with those that do not fit, by place and without values.
// https://spec.graphql.org/September2025/#sec-Coercing-Variable-Values
import {
  coerceInputValue,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from "graphql";
import { errorCodes } from "../errors/codes.ts";
import { MAX_ERRORS } from "../errors/error-limit.ts";
import { type MessageOptions, safeMessage, shortenNames } from "../errors/safe-messages.ts";
import { coerceOf } from "./input-coercion.ts";

/** Longest reason of graphql-js', in characters, that is asked for again with suggestions: they take as long to find. */
const MAX_SUGGESTING_LENGTH = 1_000;

/** Variables by name, as clients send them or as resolvers get them. */
export type Variables = Record<string, unknown>;
type Given = Readonly<Variables> | null | undefined;

/** Yields the variables as resolvers get them. Undefined if one of them does not fit its type, or may not. */
export type ReadVariables = (given: Given) => Variables | undefined;

/** Makes the function for an operation, once for all requests. */
export function createReadVariables(schema: GraphQLSchema, operation: OperationDefinitionNode): ReadVariables {
  const definitions = typesOf(schema, operation);
  if (definitions.some(({ type }) => type === undefined)) return () => undefined;
  const readers = definitions.map(({ node, type }) => createReader(node, type as GraphQLInputType));
  return (given) => {
    const variables: Variables = {};
    try {
      for (const read of readers) read(given ?? NONE, variables);
      return variables;
    } catch {
      return undefined;
    }
  };
}

const NONE: Readonly<Variables> = Object.freeze({});

/** Thrown for a variable that is needed and not given. Nothing reads its message. */
const missing = new Error("The variable is missing.");

function createReader({ variable, defaultValue }: VariableDefinitionNode, type: GraphQLInputType) {
  const name = variable.name.value;
  const coerce = coerceOf(type);
  const isRequired = isNonNullType(type);
  return (given: Readonly<Variables>, variables: Variables): void => {
    if (Object.hasOwn(given, name)) variables[name] = coerce(given[name]);
    else if (defaultValue) variables[name] = valueFromAST(defaultValue, type);
    else if (isRequired) throw missing;
  };
}

/** An operation's variables with their types; no type for one that no variable can have. */
function typesOf(schema: GraphQLSchema, { variableDefinitions = [] }: OperationDefinitionNode) {
  return variableDefinitions.map((node) => {
    const type = typeFromAST(schema, node.type);
    return { node, type: isInputType(type) ? type : undefined };
  });
}

/**
 * What the executor would find wrong with the variables, up to the number that is shown. The executor's own errors quote whole
 * values, once for each thing wrong with them: that shows prompts, and takes it many seconds for a body of a few megabytes.
 */
export function findVariableErrors(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  given: Given,
  options: MessageOptions,
): GraphQLError[] {
  const found = findProblems(schema, operation, given, true);
  const maySuggest = !options.hideSuggestions && found.every(({ reason }) => reason.length < MAX_SUGGESTING_LENGTH);
  const problems = found.length > 0 && maySuggest ? findProblems(schema, operation, given, false) : found;
  return problems.map((problem) => createError(problem, options));
}

/** One thing wrong with a variable, or inside it at `path`. */
interface Problem {
  node: VariableDefinitionNode;
  path: readonly (string | number)[];
  reason: string;
  /** Whether it is in the words of a scalar of this server's own. */
  isOwn: boolean;
}

function findProblems(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  given: Given,
  hideSuggestions: boolean,
): Problem[] {
  const problems: Problem[] = [];
  const enough = new Error("enough");
  const report = (problem: Problem) => {
    problems.push(problem);
    if (problems.length === MAX_ERRORS) throw enough;
  };
  try {
    for (const { node, type } of typesOf(schema, operation)) {
      if (!type) continue;
      const name = node.variable.name.value;
      const isGiven = Object.hasOwn(given ?? NONE, name);
      const value = given?.[name];
      if (!isGiven || value === null) {
        if (!isNonNullType(type) || (!isGiven && node.defaultValue)) continue;
        const reason = `Expected type "${type}"; ${isGiven ? "got null" : "it was not given"}.`;
        report({ node, path: [], reason, isOwn: true });
        continue;
      }
      coerceInputValue(
        value,
        type,
        (path, _, { message, extensions }) =>
          report({ node, path, reason: message, isOwn: Object.hasOwn(errorCodes, String(extensions.code)) }),
        hideSuggestions,
      );
    }
  } catch (error) {
    if (error !== enough) throw error;
  }
  return problems;
}

function createError({ node, path, reason, isOwn }: Problem, options: MessageOptions): GraphQLError {
  const name = node.variable.name.value;
  const steps = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`));
  const place = path.length > 0 ? ` at "${name}${steps.join("")}"` : "";
  const why = isOwn ? reason : safeMessage(reason, "It does not fit its type.", options);
  return new GraphQLError(shortenNames(`Variable "$${name}" is not valid${place}: ${why}`), {
    nodes: node,
    extensions: { code: "BAD_USER_INPUT", http: { spec: true, status: 400 } },
  });
}
