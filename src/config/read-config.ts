// Turns the environment into one frozen Config, or into a message that lists everything wrong with it.
import type { z } from "zod";
import { findConflicts } from "./conflicts.ts";
import { type Values, variables } from "./variables.ts";

/** The configuration: every variable's value, including those whose defaults depend on others. */
export type Config = Readonly<
  Values & {
    GRAPHIQL: boolean;
    INTROSPECTION: boolean;
    SANDBOX: boolean;
    OPENAI_BASE_URL: URL;
    EXTRA_BODY: readonly string[];
  }
>;

/** The variables that name an upstream, or an account there. */
const UPSTREAMS = ["OPENAI_API_KEY", "OPENAI_API_KEY_FILE", "OPENAI_BASE_URL", "UPSTREAM_HEADERS", "AUTH=passthrough"];

/** Thrown by readConfig; its message has one line for each bad variable. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads the configuration from the environment; an empty variable counts as unset.
 * Throws a ConfigError that names every bad variable and what it accepts, but never repeats a value.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const entries = Object.entries(variables).map(([name, { schema, accepts, alias }]) => {
    const result = schema.safeParse((alias && environment[alias]) || environment[name] || undefined);
    if (!result.success) problems.push(`${name} must be ${accepts}${describePlace(result.error)}`);
    return [name, result.data];
  });
  const values = Object.fromEntries(entries) as Values;
  const isProduction = values.NODE_ENV === "production";
  problems.push(...findConflicts(values, isProduction));
  const hasAccount = values.OPENAI_API_KEY || values.OPENAI_API_KEY_FILE || values.UPSTREAM_HEADERS;
  // With AUTH=passthrough each caller brings a key for OpenAI.
  const hasUpstream = Boolean(hasAccount || values.OPENAI_BASE_URL || values.AUTH === "passthrough");
  const sandbox = values.SANDBOX ?? (!hasUpstream && !isProduction);
  if (isProduction && values.SANDBOX) problems.push("SANDBOX must not be true in production");
  if (sandbox && hasUpstream) problems.push(`SANDBOX must not be true together with ${UPSTREAMS.join(", ")}`);
  if (!sandbox && !hasUpstream) {
    problems.push(
      "OPENAI_API_KEY must be set, or OPENAI_API_KEY_FILE, or UPSTREAM_HEADERS with a key, or OPENAI_BASE_URL for a server that needs no key",
    );
  }
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return Object.freeze({
    ...values,
    GRAPHIQL: values.GRAPHIQL ?? !isProduction,
    INTROSPECTION: values.INTROSPECTION ?? !isProduction,
    SANDBOX: sandbox,
    EXTRA_BODY: values.EXTRA_BODY ?? (isProduction ? [] : ["*"]),
    OPENAI_BASE_URL: values.OPENAI_BASE_URL ?? new URL("https://api.openai.com/v1"),
  });
}

/** The place of the first fault inside a value, and what is wrong there if a check of our own says so. */
function describePlace({ issues: [issue] }: z.ZodError): string {
  if (!issue) return "";
  const place = issue.path.join(".");
  if (issue.code === "unrecognized_keys") return ` (${place || "it"} ${issue.message})`;
  if (place === "") return "";
  // The types alone, no value.
  if (issue.code === "invalid_type") return ` (see ${place}: ${issue.message.replace("Invalid input: ", "")})`;
  return issue.code === "custom" ? ` (${place} ${issue.message})` : ` (see ${place})`;
}
