// Variables that do not fit their types, told by their place and without their values.
import {
  coerceInputValue,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  getOperationAST,
  isInputType,
  isNonNullType,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import { errorCodes } from "../errors/codes.ts";
import { MAX_ERRORS } from "../errors/error-limit.ts";
import { type MessageOptions, safeMessage, shortenNames } from "../errors/safe-messages.ts";
import { coerceOf } from "./input-coercion.ts";

/** Longest reason of graphql-js', in characters, that is asked for again with suggestions: they take as long to find. */
const MAX_SUGGESTING_LENGTH = 1_000;

type Args = Pick<ExecutionArgs, "schema" | "document" | "operationName" | "variableValues" | "contextValue">;
type Variables = Record<string, unknown>;

/** Where an operation's context has its checked variables. On the context: a WeakMap of them would cost several times as much. */
const VARIABLES = Symbol("variables");

/** The checked variables of the operation with this context, as its resolvers get them. Undefined: the executor is to coerce them. */
export function variablesOf(contextValue: unknown): Variables | undefined {
  return (contextValue as { [VARIABLES]?: Variables })[VARIABLES];
}

/** Checks an operation's variables; see variablesOf. */
export function checkVariables(args: Args): Variables | undefined {
  const variables = coerceAll(args);
  if (variables) (args.contextValue as { [VARIABLES]?: Variables })[VARIABLES] = variables;
  return variables;
}

interface Hook {
  args: Args;
  setResultAndStopExecution(result: ExecutionResult): void;
}

/**
 * Checks variables before the executor does. The executor's own errors quote whole values, once for each thing wrong
 * with them: that tells prompts, and takes it many seconds for a body of a few megabytes.
 */
export function useVariableErrors(options: MessageOptions): Plugin {
  function check({ args, setResultAndStopExecution }: Hook): void {
    if (checkVariables(args)) return;
    const found = findProblems(args, true);
    if (found.length === 0) return;
    const maySuggest = !options.hideSuggestions && found.every(({ reason }) => reason.length < MAX_SUGGESTING_LENGTH);
    const problems = maySuggest ? findProblems(args, false) : found;
    setResultAndStopExecution({ errors: problems.map((problem) => createError(problem, options)) });
  }
  return { onExecute: check, onSubscribe: check };
}

/** The variables as resolvers get them; undefined where one of them does not fit its type, or may not. */
function coerceAll({ schema, document, operationName, variableValues = {} }: Args): Variables | undefined {
  const variables: Variables = {};
  try {
    for (const { variable, type: typeNode, defaultValue } of getOperationAST(document, operationName)
      ?.variableDefinitions ?? []) {
      const name = variable.name.value;
      const type = typeFromAST(schema, typeNode);
      if (!isInputType(type)) return undefined;
      if (variableValues && Object.hasOwn(variableValues, name)) variables[name] = coerceOf(type)(variableValues[name]);
      else if (defaultValue) variables[name] = valueFromAST(defaultValue, type);
      else if (isNonNullType(type)) return undefined;
    }
    return variables;
  } catch {
    return undefined;
  }
}

/** One thing wrong with a variable, or inside it at `path`. */
interface Problem {
  node: VariableDefinitionNode;
  path: readonly (string | number)[];
  reason: string;
  /** Said by a scalar of this server's own. */
  isOurs?: boolean;
}

/** What the executor would find, up to the number that is told. */
function findProblems({ schema, document, operationName, variableValues }: Args, hideSuggestions: boolean): Problem[] {
  const problems: Problem[] = [];
  const enough = new Error("enough");
  const report = (problem: Problem) => {
    problems.push(problem);
    if (problems.length === MAX_ERRORS) throw enough;
  };
  try {
    for (const node of getOperationAST(document, operationName)?.variableDefinitions ?? []) {
      const type = typeFromAST(schema, node.type);
      if (!isInputType(type)) continue;
      const name = node.variable.name.value;
      const isGiven = Object.hasOwn(variableValues ?? {}, name);
      const value = variableValues?.[name];
      if (!isGiven || value === null) {
        if (!isNonNullType(type) || (!isGiven && node.defaultValue)) continue;
        report({
          node,
          path: [],
          reason: `Expected type "${type}"; ${isGiven ? "got null" : "it was not given"}.`,
          isOurs: true,
        });
        continue;
      }
      coerceInputValue(
        value,
        type,
        (path, _, { message, extensions }) =>
          report({ node, path, reason: message, isOurs: Object.hasOwn(errorCodes, String(extensions.code)) }),
        hideSuggestions,
      );
    }
  } catch (error) {
    if (error !== enough) throw error;
  }
  return problems;
}

function createError({ node, path, reason, isOurs }: Problem, options: MessageOptions): GraphQLError {
  const name = node.variable.name.value;
  const steps = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`));
  const place = path.length > 0 ? ` at "${name}${steps.join("")}"` : "";
  const why = isOurs ? reason : safeMessage(reason, "It does not fit its type.", options);
  return new GraphQLError(shortenNames(`Variable "$${name}" is not valid${place}: ${why}`), {
    nodes: node,
    extensions: { code: "BAD_USER_INPUT", http: { spec: true, status: 400 } },
  });
}
