// The warnings at the start: for what is allowed, and yet more dangerous than an operator may know.
import { describe, expect, test } from "vitest";
import { readConfig } from "../../src/config/read-config.ts";
import { findWarnings } from "../../src/config/warnings.ts";

const CLIENT_KEYS = '[{"id":"a","key":"secret-0123456789"}]';
const jwt = { JWT_ISSUER: "https://issuer.example.com", JWT_AUDIENCE: "graphql" };
const production = { NODE_ENV: "production", OPENAI_API_KEY: "sk-secret", CLIENT_KEYS };

/** The variables that the warnings begin with. */
const warn = (environment: Record<string, string>) =>
  findWarnings(readConfig(environment)).map((warning) => {
    expect(warning).not.toMatch(/secret|\n/);
    expect(warning).toMatch(/Set |Use |Leave /);
    return /^\w+/.exec(warning)?.[0];
  });

describe("there is none for", () => {
  test.each<[string, Record<string, string>]>([
    ["nothing set", {}],
    ["OpenAI from loopback", { OPENAI_API_KEY: "sk-secret" }],
    ["another name of loopback", { HOST: "localhost" }],
    ["another address of loopback", { HOST: "127.1.2.3" }],
    ["loopback's address in IPv6", { HOST: "::1" }],
    ["an upstream on loopback", { OPENAI_BASE_URL: "http://127.0.0.1:11434/v1" }],
    ["an upstream on loopback by name", { OPENAI_BASE_URL: "http://localhost:11434/v1" }],
    ["an upstream on loopback in IPv6", { OPENAI_BASE_URL: "http://[::1]:11434/v1" }],
    ["an upstream on loopback in another notation", { OPENAI_BASE_URL: "http://0x7f.1:11434/v1" }],
    ["an open host with keys", { HOST: "0.0.0.0", CLIENT_KEYS }],
    ["an open host with a file of keys", { HOST: "0.0.0.0", CLIENT_KEYS_FILE: "/keys.json" }],
    ["an open host with JWTs", { HOST: "0.0.0.0", JWT_JWKS_URL: "https://issuer.example.com/jwks", ...jwt }],
    ["an open host that passes keys through", { HOST: "::", AUTH: "passthrough" }],
    ["production as docs/security.md has it", { ...production, HOST: "0.0.0.0" }],
    ["Redis with TLS", { ...production, REDIS_URL: "rediss://:secret@redis.example.com" }],
    ["Redis without a password", { ...production, REDIS_URL: "redis://redis:6379" }],
    ["Redis on loopback", { ...production, REDIS_URL: "redis://:secret@127.0.0.1" }],
    ["introspection in development", { INTROSPECTION: "true" }],
    ["a public URL", { PUBLIC_URL: "https://secret.example.com" }],
    [
      "a public URL of workers with Redis",
      { PUBLIC_URL: "https://a.example", WORKERS: "2", REDIS_URL: "redis://redis" },
    ],
    ["a public URL where nothing is kept", { PUBLIC_URL: "https://a.example", WORKERS: "2", MEDIA_TTL_SECONDS: "0" }],
  ])("%s", (_, environment) => expect(warn(environment)).toEqual([]));
});

describe("there is one for", () => {
  const away = "http://secret.example.com";
  test.each<[string, Record<string, string>, string[]]>([
    ["an open host without callers told apart", { HOST: "0.0.0.0" }, ["HOST"]],
    ["every address in IPv6", { HOST: "::" }, ["HOST"]],
    ["one address of a network", { HOST: "192.168.1.7" }, ["HOST"]],
    ["a name of another machine", { HOST: "server.secret.example.com" }, ["HOST"]],
    ["an open host with AUTH=none", { HOST: "0.0.0.0", AUTH: "none", OPENAI_API_KEY: "sk-secret" }, ["HOST"]],
    [
      "production without callers told apart",
      { ...production, CLIENT_KEYS: "", HOST: "::", ALLOW_ANONYMOUS: "true" },
      ["HOST"],
    ],
    ["a public URL of workers without Redis", { PUBLIC_URL: "https://a.example", WORKERS: "2" }, ["PUBLIC_URL"]],
    ["an upstream by plain http", { OPENAI_BASE_URL: `${away}/v1` }, ["OPENAI_BASE_URL"]],
    ["an upstream in a private network", { OPENAI_BASE_URL: "http://10.0.0.5:8000/v1" }, ["OPENAI_BASE_URL"]],
    ["an upstream by a service's name", { OPENAI_BASE_URL: "http://secret:8000/v1" }, ["OPENAI_BASE_URL"]],
    [
      "an upstream whose name only looks like loopback",
      { OPENAI_BASE_URL: "http://127.0.0.1.secret.example/v1" },
      ["OPENAI_BASE_URL"],
    ],
    ["a key set by plain http", { JWT_JWKS_URL: `${away}/jwks`, ...jwt }, ["JWT_JWKS_URL"]],
    ["a password for Redis in the clear", { ...production, REDIS_URL: "redis://:secret@redis:6379" }, ["REDIS_URL"]],
    ["introspection in production", { ...production, INTROSPECTION: "true" }, ["INTROSPECTION"]],
    [
      "each of several",
      { HOST: "0.0.0.0", OPENAI_BASE_URL: `${away}/v1`, REDIS_URL: "redis://:secret@redis" },
      ["HOST", "OPENAI_BASE_URL", "REDIS_URL"],
    ],
  ])("%s", (_, environment, names) => expect(warn(environment)).toEqual(names));
});
