// Environment variables -> one frozen Config. Each variable is read, checked and documented here and nowhere else.
import { z } from "zod";

/** One variable: its schema, and what README's table says of it. */
interface Variable<Schema extends z.ZodType> {
  schema: Schema;
  accepts: string;
  description: string;
}

function variable<Schema extends z.ZodType>(accepts: string, schema: Schema, description: string): Variable<Schema> {
  return { schema, accepts, description };
}

const text = z.string().min(1);
/** What may stand in an HTTP header. */
const word = z.string().regex(/^[\x21-\x7e]+$/);
const flag = z.enum(["true", "false"]).transform((value) => value === "true");
const whole = (minimum: number, maximum = 2 ** 31 - 1) =>
  z.string().regex(/^\d+$/).transform(Number).pipe(z.number().min(minimum).max(maximum));
const httpUrl = z
  .string()
  .refine((value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))
  .refine((value) => !/%(?![\da-f]{2})/i.test(value))
  .transform((value) => new URL(value));

const milliseconds = "a whole number of milliseconds, at least 1";

/** Every variable by its name, in the order of README's table. */
export const variables = {
  HOST: variable("an address or name", text.default("127.0.0.1"), "Where to listen; `0.0.0.0` for every interface."),
  PORT: variable("0 to 65535", whole(0, 65_535).default(4000), "Where to listen; 0 for any free port."),
  NODE_ENV: variable(
    "production, development or test",
    z.enum(["production", "development", "test"]).default("development"),
    "`production` turns GraphiQL, introspection and the sandbox off and refuses to start with neither key nor base URL.",
  ),
  GRAPHIQL: variable("true or false", flag.optional(), "Serves GraphiQL. Unset: true, in production false."),
  INTROSPECTION: variable("true or false", flag.optional(), "Answers introspection. Unset: true, in production false."),
  LOG_LEVEL: variable(
    "silent, error or info",
    z.enum(["silent", "error", "info"]).default("info"),
    "What is logged: nothing, faults of this server, or those and start and stop.",
  ),
  OPENAI_API_KEY: variable(
    "text without spaces",
    word.optional(),
    "The upstream's key. Needed for OpenAI, optional with `OPENAI_BASE_URL`.",
  ),
  OPENAI_BASE_URL: variable(
    "an http(s) URL",
    httpUrl.optional(),
    "The root of the upstream's API. Unset: `https://api.openai.com/v1`, or the sandbox where there is no key either.",
  ),
  OPENAI_ORG_ID: variable("text without spaces", word.optional(), "Sent as `OpenAI-Organization`."),
  OPENAI_PROJECT_ID: variable("text without spaces", word.optional(), "Sent as `OpenAI-Project`."),
  IMAGE_VARIATIONS_VIA: variable(
    "variations or edits",
    z.enum(["variations", "edits"]).default("variations"),
    "The endpoint that serves `imageVariations`. OpenAI itself has retired `variations`.",
  ),
  IMAGE_VARIATIONS_MODEL: variable(
    "text",
    text.default("gpt-image-1"),
    "The model for `edits` where the caller names none.",
  ),
  IMAGE_VARIATIONS_PROMPT: variable(
    "text",
    text.default("Create a variation of this image: keep its subject and style, change the details."),
    "The prompt for `edits`, which variations have not.",
  ),
  UPSTREAM_HEADERS_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(600_000),
    "Longest wait for the head of an upstream answer. A whole chat answer's head comes with its end.",
  ),
  UPSTREAM_IDLE_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(120_000),
    "Longest silence inside an upstream answer, and longest wait for the upstream to take more of an upload.",
  ),
  UPSTREAM_TOTAL_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(600_000),
    "Longest time for an upstream call, retries and waits included.",
  ),
  MAX_RETRIES: variable("0 to 10", whole(0, 10).default(2), "Attempts after the first, for failures that may pass."),
  MAX_UPSTREAM_BYTES: variable(
    "a whole number of bytes, at least 1",
    whole(1).default(128 * 2 ** 20),
    "Largest upstream answer.",
  ),
  MAX_BODY_BYTES: variable(
    "a whole number of bytes, at least 1",
    whole(1).default(8 * 2 ** 20),
    "Largest JSON request body, or `operations` field.",
  ),
  MAX_UPLOAD_BYTES: variable(
    "a whole number of bytes, at least 1",
    whole(1).default(50 * 2 ** 20),
    "Largest uploaded file.",
  ),
  MAX_FILES: variable("0 to 1000", whole(0, 1000).default(10), "Most files in a request."),
  UPLOAD_STALL_MS: variable(
    milliseconds,
    whole(1).default(10_000),
    "Longest time in which an upload makes no progress, because the client sends nothing or the operation reads the files in another order.",
  ),
  HEADERS_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(20_000),
    "Longest time for a client to send the head of a request.",
  ),
  REQUEST_TIMEOUT_MS: variable(
    milliseconds,
    whole(1).default(300_000),
    "Longest time for a client to send a whole request.",
  ),
  STREAM_WRITE_STALL_MS: variable(
    milliseconds,
    whole(1).default(30_000),
    "How long a client may stop reading its stream before it is cut off.",
  ),
  DRAIN_MS: variable(
    "a whole number of milliseconds",
    whole(0).default(10_000),
    "How long requests in flight may still take after SIGTERM or SIGINT.",
  ),
  SANDBOX: variable(
    "true or false",
    flag.optional(),
    "Starts the built-in upstream and uses it. Unset: true where there is neither key nor base URL, in production false.",
  ),
  SANDBOX_PORT: variable(
    "0 to 65535",
    whole(0, 65_535).default(0),
    "The sandbox's port on 127.0.0.1; 0 for any free port.",
  ),
  SANDBOX_DELAY_MS: variable(
    "a whole number of milliseconds",
    whole(0).default(40),
    "The sandbox's pause before each streamed word.",
  ),
} as const;

type Values = { [Name in keyof typeof variables]: z.output<(typeof variables)[Name]["schema"]> };

/** The configuration: every variable's value, with what depends on several of them settled. */
export type Config = Readonly<
  Values & { GRAPHIQL: boolean; INTROSPECTION: boolean; SANDBOX: boolean; OPENAI_BASE_URL: URL }
>;

/** Thrown by readConfig; its message has one line for each bad variable. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads the configuration from the environment; an empty variable counts as unset.
 * Throws ConfigError that names every bad variable and what it accepts, never a value of it.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const entries = Object.entries(variables).map(([name, { schema, accepts }]) => {
    const result = schema.safeParse(environment[name] || undefined);
    if (!result.success) problems.push(`${name} must be ${accepts}`);
    return [name, result.data];
  });
  const values = Object.fromEntries(entries) as Values;
  const isProduction = values.NODE_ENV === "production";
  const hasUpstream = Boolean(values.OPENAI_API_KEY || values.OPENAI_BASE_URL);
  const sandbox = values.SANDBOX ?? (!hasUpstream && !isProduction);
  if (isProduction && values.SANDBOX) problems.push("SANDBOX must not be true in production");
  if (sandbox && hasUpstream) problems.push("SANDBOX must not be true together with OPENAI_API_KEY or OPENAI_BASE_URL");
  if (!sandbox && !hasUpstream) {
    problems.push("OPENAI_API_KEY must be set, or OPENAI_BASE_URL for a server that needs no key");
  }
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return Object.freeze({
    ...values,
    GRAPHIQL: values.GRAPHIQL ?? !isProduction,
    INTROSPECTION: values.INTROSPECTION ?? !isProduction,
    SANDBOX: sandbox,
    OPENAI_BASE_URL: values.OPENAI_BASE_URL ?? new URL("https://api.openai.com/v1"),
  });
}
