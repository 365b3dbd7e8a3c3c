// The variables about callers: who may call, from which web pages, with which documents, and where usage is counted.
import * as z from "zod";
import { clientKeys, limitsSchema } from "../callers/caller-schema.ts";
import { callerLimits } from "../schema/shared/caller-limits.ts";
import { origins } from "./origins.ts";
import { flag, httpUrl, json, pem, text, variable } from "./variable.ts";

export const callerVariables = {
  AUTH: variable(
    "keys, jwt, passthrough or none",
    z.enum(["keys", "jwt", "passthrough", "none"]).optional(),
    "How callers are told apart. `passthrough` sends each caller's own key to the upstream. Unset: by client keys, JWTs or both, whichever are configured; otherwise `none`.",
  ),
  ALLOW_ANONYMOUS: variable(
    "true or false",
    flag.default(false),
    "Lets production start although the server does not tell callers apart, because something in front of it does.",
  ),
  CLIENT_KEYS: variable(
    "a JSON list of client keys",
    json.pipe(clientKeys.refine((keys) => keys.length > 0)).optional(),
    "The keys that callers send as `Authorization: Bearer`, each of at least 16 characters, with the caller's id and limits; and the limits of teams.",
  ),
  CLIENT_KEYS_FILE: variable(
    "a path",
    text.optional(),
    "A file with a list as in `CLIENT_KEYS`; it is read again when it changes and on SIGHUP.",
  ),
  JWT_JWKS_URL: variable(
    "an http(s) URL",
    httpUrl.optional(),
    "The URL of the key set (JWKS) that verifies callers' JWTs.",
  ),
  JWT_PUBLIC_KEY: variable("a public key in PEM", pem.optional(), "The public key that verifies callers' JWTs."),
  JWT_ISSUER: variable("text", text.optional(), "The `iss` that a JWT must have. Required with JWTs in production."),
  JWT_AUDIENCE: variable("text", text.optional(), "The `aud` that a JWT must have. Required with JWTs in production."),
  JWT_LIMITS: variable(
    `a JSON object with any of ${Object.keys(callerLimits).join(", ")}`,
    json.pipe(limitsSchema).optional(),
    "The limits of every caller with a JWT; each `sub` is counted on its own.",
  ),
  REDIS_URL: variable(
    "a redis(s) URL",
    z
      .string()
      .refine((value) => URL.canParse(value) && /^rediss?:/.test(value) && !/%(?![\da-f]{2})/i.test(value))
      .optional(),
    "The Redis where several servers share callers' counters. Unset: each process counts in its own memory.",
  ),
  REDIS_DOWN: variable(
    "refuse or serve",
    z.enum(["refuse", "serve"]).default("refuse"),
    "What happens to callers with limits while Redis is away: they are refused with `OVERLOADED`, or counted in memory meanwhile.",
  ),
  CORS_ORIGINS: variable(
    "origins, separated by commas",
    origins.optional(),
    "The origins of web pages that may call the server, apart from its own, such as `https://app.example.com`, `https://*.example.com` (any one label) or `tauri://localhost`. Except in production, pages of localhost, 127.0.0.1 and [::1] may call it as well, on any port. Unset: no others.",
  ),
  CORS_CREDENTIALS: variable(
    "true or false",
    flag.default(false),
    "Lets these pages send cookies, for a proxy in front that reads them; this server does not. Not with `*` in `CORS_ORIGINS`.",
  ),
  PERSISTED_OPERATIONS_FILE: variable(
    "a path",
    text.optional(),
    "A manifest of trusted documents, in the format of Apollo, Relay or GraphQL Code Generator.",
  ),
  PERSISTED_OPERATIONS_ONLY: variable(
    "true or false",
    flag.default(false),
    "Serves only the documents of that manifest.",
  ),
} as const;
