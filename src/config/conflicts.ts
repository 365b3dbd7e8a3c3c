// Checks variables against each other: which must not be set together, and which need another one.
import { sha256 } from "../callers/caller-schema.ts";
import { hasWildcard } from "./origins.ts";
import type { Values } from "./variables.ts";

/** One sentence for each variable that is missing, or contradicts another one. Never repeats a secret. */
export function findConflicts(values: Values, isProduction: boolean): string[] {
  const { AUTH: auth } = values;
  const hasKeys = Boolean(values.CLIENT_KEYS || values.CLIENT_KEYS_FILE);
  const hasJwt = Boolean(values.JWT_JWKS_URL || values.JWT_PUBLIC_KEY);
  const problems: string[] = [];
  const report = (isProblem: boolean, problem: string) => void (isProblem && problems.push(problem));
  report(
    Boolean(values.CLIENT_KEYS && values.CLIENT_KEYS_FILE),
    "CLIENT_KEYS must not be set together with CLIENT_KEYS_FILE",
  );
  report(
    Boolean(values.JWT_JWKS_URL && values.JWT_PUBLIC_KEY),
    "JWT_JWKS_URL must not be set together with JWT_PUBLIC_KEY",
  );
  report(auth === "keys" && !hasKeys, "CLIENT_KEYS or CLIENT_KEYS_FILE must be set with AUTH=keys");
  report(auth === "jwt" && !hasJwt, "JWT_JWKS_URL or JWT_PUBLIC_KEY must be set with AUTH=jwt");
  report(
    hasKeys && auth !== undefined && auth !== "keys",
    `CLIENT_KEYS and CLIENT_KEYS_FILE must not be set with AUTH=${auth}`,
  );
  report(
    hasJwt && auth !== undefined && auth !== "jwt",
    `JWT_JWKS_URL and JWT_PUBLIC_KEY must not be set with AUTH=${auth}`,
  );
  report(
    !hasJwt && Boolean(values.JWT_ISSUER || values.JWT_AUDIENCE || values.JWT_LIMITS),
    "JWT_JWKS_URL or JWT_PUBLIC_KEY must be set if another JWT_ variable is",
  );
  report(
    isProduction && hasJwt && !(values.JWT_ISSUER && values.JWT_AUDIENCE),
    "JWT_ISSUER and JWT_AUDIENCE must be set with JWTs in production",
  );
  report(
    isProduction && !tellsCallersApart(values) && !values.ALLOW_ANONYMOUS,
    "CLIENT_KEYS, CLIENT_KEYS_FILE, JWT_JWKS_URL or JWT_PUBLIC_KEY must be set in production, or AUTH=passthrough; or ALLOW_ANONYMOUS=true, if something in front of the server tells callers apart",
  );
  report(
    values.CORS_CREDENTIALS && hasWildcard(values.CORS_ORIGINS ?? []),
    "CORS_CREDENTIALS must not be true together with * in CORS_ORIGINS, which stands for pages of strangers, too",
  );
  report(values.METRICS_PORT !== undefined && !values.METRICS, "METRICS_PORT must not be set with METRICS=false");
  // Node's own RangeError would name neither variable.
  const { HEADERS_TIMEOUT_MS: headersMs, REQUEST_TIMEOUT_MS: requestMs } = values;
  report(
    requestMs < headersMs,
    `REQUEST_TIMEOUT_MS (${requestMs}) must be at least HEADERS_TIMEOUT_MS (${headersMs}), which is a part of it`,
  );
  const key = values.OPENAI_API_KEY;
  report(
    key !== undefined && values.OPENAI_API_KEY_FILE !== undefined,
    "OPENAI_API_KEY must not be set together with OPENAI_API_KEY_FILE",
  );
  report(
    key !== undefined && (values.CLIENT_KEYS ?? []).some(({ keySha256 }) => keySha256 === sha256(key).toString("hex")),
    "CLIENT_KEYS must not hold OPENAI_API_KEY",
  );
  const { username, password, search } = values.OPENAI_BASE_URL ?? { username: "", password: "", search: "" };
  const hasCredentials = Boolean(key || values.OPENAI_API_KEY_FILE || username || password);
  report(
    hasCredentials && values.UPSTREAM_HEADERS !== undefined && Object.hasOwn(values.UPSTREAM_HEADERS, "authorization"),
    "UPSTREAM_HEADERS must not hold authorization if OPENAI_API_KEY, OPENAI_API_KEY_FILE or credentials in OPENAI_BASE_URL are set, which are sent in it",
  );
  report(
    auth === "passthrough" && `${username}${password}${search}` !== "",
    "OPENAI_BASE_URL must hold neither credentials nor a query with AUTH=passthrough, which never uses the server's own",
  );
  report(
    values.PERSISTED_OPERATIONS_ONLY && !values.PERSISTED_OPERATIONS_FILE,
    "PERSISTED_OPERATIONS_FILE must be set with PERSISTED_OPERATIONS_ONLY=true",
  );
  report(
    values.WORKERS > 1 && !values.REDIS_URL && Boolean(hasKeys || values.JWT_LIMITS),
    "REDIS_URL must be set with WORKERS above 1 if callers can have limits (CLIENT_KEYS, CLIENT_KEYS_FILE, JWT_LIMITS): each worker would grant them in full",
  );
  report(values.MAX_CONCURRENT < values.WORKERS, "MAX_CONCURRENT must be at least WORKERS, which share it");
  report(values.MAX_CONCURRENT_READS < values.WORKERS, "MAX_CONCURRENT_READS must be at least WORKERS, which share it");
  report(
    values.MAX_INFLIGHT_BYTES < 4 * values.MAX_BODY_BYTES,
    "MAX_INFLIGHT_BYTES must be at least four times MAX_BODY_BYTES, because each caller may hold a quarter of it",
  );
  return problems;
}

/** Whether a caller needs credentials. */
export function tellsCallersApart(values: Values): boolean {
  const hasKeys = values.CLIENT_KEYS || values.CLIENT_KEYS_FILE;
  return Boolean(hasKeys || values.JWT_JWKS_URL || values.JWT_PUBLIC_KEY || values.AUTH === "passthrough");
}
