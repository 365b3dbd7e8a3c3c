// Who may call, from which pages, with which documents, and where replicas count it.
import { z } from "zod";
import { callerLimits, clientKeys } from "../callers/caller-schema.ts";
import { flag, httpUrl, json, origins, pem, text, variable } from "./variable.ts";

export const callerVariables = {
  AUTH: variable(
    "keys, jwt, passthrough or none",
    z.enum(["keys", "jwt", "passthrough", "none"]).optional(),
    "How callers are told apart. `passthrough` sends each caller's own key to the upstream. Unset: by client keys and JWTs, whichever are configured, or else `none`.",
  ),
  ALLOW_ANONYMOUS: variable(
    "true or false",
    flag.default(false),
    "Lets production start although callers are not told apart, because something in front of the server does it.",
  ),
  CLIENT_KEYS: variable(
    "a JSON list of client keys",
    json.pipe(clientKeys.min(1)).optional(),
    "The keys that callers send as `Authorization: Bearer`, each with its owner's id and limits.",
  ),
  CLIENT_KEYS_FILE: variable(
    "a path",
    text.optional(),
    "A file with such a list, read again when it changes and on SIGHUP.",
  ),
  JWT_JWKS_URL: variable("an http(s) URL", httpUrl.optional(), "Where the keys are that sign callers' JWTs."),
  JWT_PUBLIC_KEY: variable("a public key in PEM", pem.optional(), "The one key that signs callers' JWTs."),
  JWT_ISSUER: variable("text", text.optional(), "The `iss` that a JWT must have. Needed in production."),
  JWT_AUDIENCE: variable("text", text.optional(), "The `aud` that a JWT must have. Needed in production."),
  JWT_LIMITS: variable(
    "a JSON object of limits",
    json.pipe(callerLimits).optional(),
    "The limits of each caller with a JWT, by its `sub`.",
  ),
  REDIS_URL: variable(
    "a redis(s) URL",
    z
      .string()
      .refine((value) => URL.canParse(value) && /^rediss?:/.test(value) && !/%(?![\da-f]{2})/i.test(value))
      .optional(),
    "Where replicas share callers' counters. Unset: each counts in its own memory.",
  ),
  REDIS_DOWN: variable(
    "refuse or serve",
    z.enum(["refuse", "serve"]).default("refuse"),
    "What happens to limited callers while Redis is away: refused with OVERLOADED, or counted in memory meanwhile.",
  ),
  CORS_ORIGINS: variable(
    "origins, separated by commas",
    origins.optional(),
    "The web pages' origins, other than the server's own, that may call it. Unset: none.",
  ),
  PERSISTED_OPERATIONS_FILE: variable(
    "a path",
    text.optional(),
    "A manifest of trusted documents as Apollo, Relay or GraphQL Code Generator write it.",
  ),
  PERSISTED_OPERATIONS_ONLY: variable(
    "true or false",
    flag.default(false),
    "Serves nothing but the documents of that manifest.",
  ),
} as const;
