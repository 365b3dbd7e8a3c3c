// The configuration: its defaults, the settings that depend on others, and one message that lists every problem.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../../src/config/read-config.ts";
import { variables } from "../../src/config/variables.ts";

const readText = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");

test("nothing set: development on loopback with the sandbox", () => {
  expect(readConfig({})).toMatchObject({
    HOST: "127.0.0.1",
    PORT: 4000,
    NODE_ENV: "development",
    GRAPHIQL: true,
    INTROSPECTION: true,
    SANDBOX: true,
    MAX_RETRIES: 2,
  });
});

test("an empty variable counts as unset", () => {
  expect(readConfig({ PORT: "", OPENAI_API_KEY: "", GRAPHIQL: "" })).toMatchObject({
    PORT: 4000,
    SANDBOX: true,
    GRAPHIQL: true,
  });
});

test("a key means OpenAI, a base URL means that server, and neither needs the sandbox", () => {
  const withKey = readConfig({ OPENAI_API_KEY: "sk-1" });
  expect(withKey.OPENAI_BASE_URL.href).toBe("https://api.openai.com/v1");
  expect(withKey.SANDBOX).toBe(false);
  const withUrl = readConfig({ OPENAI_BASE_URL: "http://127.0.0.1:11434/v1" });
  expect(withUrl.OPENAI_BASE_URL.href).toBe("http://127.0.0.1:11434/v1");
  expect(withUrl.OPENAI_API_KEY).toBeUndefined();
  expect(withUrl.SANDBOX).toBe(false);
});

test("production turns GraphiQL and introspection off unless asked", () => {
  const production = { NODE_ENV: "production", OPENAI_API_KEY: "sk-1", ALLOW_ANONYMOUS: "true" };
  expect(readConfig(production)).toMatchObject({ GRAPHIQL: false, INTROSPECTION: false, SANDBOX: false });
  expect(readConfig({ ...production, GRAPHIQL: "true", INTROSPECTION: "true" })).toMatchObject({
    GRAPHIQL: true,
    INTROSPECTION: true,
  });
});

test.each([
  ["production with neither key nor base URL", { NODE_ENV: "production" }, ["OPENAI_API_KEY"]],
  ["the sandbox in production", { NODE_ENV: "production", SANDBOX: "true", OPENAI_API_KEY: "sk-1" }, ["SANDBOX"]],
  ["the sandbox beside a key", { SANDBOX: "true", OPENAI_API_KEY: "sk-1" }, ["SANDBOX"]],
  ["no sandbox and no upstream", { SANDBOX: "false" }, ["OPENAI_API_KEY"]],
  [
    "several workers that each count callers' limits in their own memory",
    { WORKERS: "2", CLIENT_KEYS: '[{"id":"a","key":"secret-0123456789"}]' },
    ["REDIS_URL"],
  ],
  ["the same with a file of keys", { WORKERS: "2", CLIENT_KEYS_FILE: "/keys.json" }, ["REDIS_URL"]],
  [
    "the same with JWTs",
    { WORKERS: "2", JWT_JWKS_URL: "https://issuer.example.com/keys", JWT_LIMITS: '{"requestsPerMinute":1}' },
    ["REDIS_URL"],
  ],
  ["fewer calls at once than workers", { WORKERS: "3", MAX_CONCURRENT: "2" }, ["MAX_CONCURRENT"]],
  [
    "production without a way to tell callers apart",
    { NODE_ENV: "production", OPENAI_API_KEY: "sk-1" },
    ["CLIENT_KEYS"],
  ],
  ["production with AUTH=none", { NODE_ENV: "production", OPENAI_API_KEY: "sk-1", AUTH: "none" }, ["CLIENT_KEYS"]],
  [
    "production with JWTs of any issuer for any audience",
    { NODE_ENV: "production", OPENAI_API_KEY: "sk-1", JWT_JWKS_URL: "https://issuer.example.com/keys" },
    ["JWT_ISSUER"],
  ],
  ["AUTH=keys without keys", { AUTH: "keys" }, ["CLIENT_KEYS"]],
  ["AUTH=jwt without keys", { AUTH: "jwt" }, ["JWT_JWKS_URL"]],
  [
    "AUTH=none beside client keys",
    { AUTH: "none", CLIENT_KEYS: '[{"id":"a","key":"secret-0123456789"}]' },
    ["CLIENT_KEYS"],
  ],
  [
    "AUTH=passthrough beside JWTs",
    { AUTH: "passthrough", JWT_JWKS_URL: "https://secret.example.com" },
    ["JWT_JWKS_URL"],
  ],
  ["an unknown AUTH", { AUTH: "secret" }, ["AUTH"]],
  ["client keys that are no JSON", { CLIENT_KEYS: "[secret" }, ["CLIENT_KEYS"]],
  ["no client key at all", { CLIENT_KEYS: "[]" }, ["CLIENT_KEYS"]],
  ["a client key without a key", { CLIENT_KEYS: '[{"id":"secret"}]' }, ["CLIENT_KEYS"]],
  [
    "a client key with an unknown field",
    { CLIENT_KEYS: '[{"id":"a","key":"b-0123456789abcdef","secret":1}]' },
    ["CLIENT_KEYS"],
  ],
  ["a client key with a space", { CLIENT_KEYS: '[{"id":"a","key":"sec ret"}]' }, ["CLIENT_KEYS"]],
  ["a limit below zero", { CLIENT_KEYS: '[{"id":"a","key":"b-0123456789abcdef","tokensPerDay":-1}]' }, ["CLIENT_KEYS"]],
  [
    "the upstream's key as a client's",
    { OPENAI_API_KEY: "secret-0123456789", CLIENT_KEYS: '[{"id":"a","key":"secret-0123456789"}]' },
    ["CLIENT_KEYS"],
  ],
  [
    "pass-through with credentials of the server's in the base URL",
    { AUTH: "passthrough", OPENAI_BASE_URL: "https://example.com/v1?key=secret" },
    ["OPENAI_BASE_URL"],
  ],
  [
    "two sources of client keys",
    { CLIENT_KEYS: '[{"id":"a","key":"b-0123456789abcdef"}]', CLIENT_KEYS_FILE: "/secret" },
    ["CLIENT_KEYS"],
  ],
  [
    "a private key where a public one belongs",
    { JWT_PUBLIC_KEY: "-----BEGIN PRIVATE KEY-----secret" },
    ["JWT_PUBLIC_KEY"],
  ],
  ["a cap of another name", { OUTPUT_CAP_FIELD: "max_new_tokens" }, ["OUTPUT_CAP_FIELD"]],
  ["names of fields with a space", { EXTRA_BODY: "top_k secret" }, ["EXTRA_BODY"]],
  ["a switch spelled otherwise", { EXTRA_BODY: "true" }, ["EXTRA_BODY"]],
  ["a switch in capitals", { EXTRA_BODY: "OFF" }, ["EXTRA_BODY"]],
  ["a switch among names", { EXTRA_BODY: "on, top_k" }, ["EXTRA_BODY"]],
  ["a client key's extraBody as text", { CLIENT_KEYS: '[{"id":"a","key":"b","extraBody":"secret"}]' }, ["CLIENT_KEYS"]],
  ["JWT limits without JWTs", { JWT_LIMITS: "{}" }, ["JWT_JWKS_URL"]],
  ["origins with credentials", { CORS_ORIGINS: "https://secret@app.example.com" }, ["CORS_ORIGINS"]],
  ["every origin", { CORS_ORIGINS: "*" }, ["CORS_ORIGINS"]],
  ["the null origin", { CORS_ORIGINS: "null" }, ["CORS_ORIGINS"]],
  ["a host with a port", { ALLOWED_HOSTS: "secret.example.com:443" }, ["ALLOWED_HOSTS"]],
  ["a host as a URL", { ALLOWED_HOSTS: "https://secret.example.com" }, ["ALLOWED_HOSTS"]],
  ["a host with a path", { ALLOWED_HOSTS: "secret.example.com/a" }, ["ALLOWED_HOSTS"]],
  ["a host with a wildcard", { ALLOWED_HOSTS: "*.secret.example.com" }, ["ALLOWED_HOSTS"]],
  ["an IPv6 address without brackets", { ALLOWED_HOSTS: "fe80::5ec" }, ["ALLOWED_HOSTS"]],
  ["an empty host", { ALLOWED_HOSTS: "a,,b" }, ["ALLOWED_HOSTS"]],
  ["a Redis of another protocol", { REDIS_URL: "http://secret" }, ["REDIS_URL"]],
  ["a Redis with half an escape", { REDIS_URL: "redis://:secret%@127.0.0.1" }, ["REDIS_URL"]],
  ["trusted documents alone, and none of them", { PERSISTED_OPERATIONS_ONLY: "true" }, ["PERSISTED_OPERATIONS_FILE"]],
  ["a public URL of another protocol", { PUBLIC_URL: "ftp://secret-host" }, ["PUBLIC_URL"]],
  ["a public URL that is a path", { PUBLIC_URL: "/secret" }, ["PUBLIC_URL"]],
  ["a public URL with credentials", { PUBLIC_URL: "https://secret@api.example.com" }, ["PUBLIC_URL"]],
  ["a public URL with a query", { PUBLIC_URL: "https://api.example.com/?secret" }, ["PUBLIC_URL"]],
  ["media for longer than a day", { MEDIA_TTL_SECONDS: "86401" }, ["MEDIA_TTL_SECONDS"]],
  ["no room for media", { MEDIA_MAX_BYTES: "0" }, ["MEDIA_MAX_BYTES"]],
  ["no attachments", { MAX_ATTACHMENT_BYTES: "0" }, ["MAX_ATTACHMENT_BYTES"]],
  ["a base URL of another protocol", { OPENAI_BASE_URL: "ftp://secret-host/v1" }, ["OPENAI_BASE_URL"]],
  ["a base URL that is none", { OPENAI_BASE_URL: "secret-host" }, ["OPENAI_BASE_URL"]],
  ["a key that no header may hold", { OPENAI_API_KEY: "secret\nkey" }, ["OPENAI_API_KEY"]],
  ["a base URL with half an escape", { OPENAI_BASE_URL: "http://secret%:x@127.0.0.1/v1" }, ["OPENAI_BASE_URL"]],
  [
    "several bad values at once",
    {
      PORT: "secret",
      MAX_RETRIES: "-1",
      DRAIN_MS: "1.5",
      GRAPHIQL: "yes",
      NODE_ENV: "secret",
      MAX_FILES: "9".repeat(20),
    },
    ["PORT", "MAX_RETRIES", "DRAIN_MS", "GRAPHIQL", "NODE_ENV", "MAX_FILES"],
  ],
])("%s is refused, every bad variable named and no value shown", (_, environment, names) => {
  const read = () => readConfig(environment);
  expect(read).toThrow(ConfigError);
  for (const name of names) expect(read).toThrow(new RegExp(`^${name}\\b.* must `, "m"));
  expect(read).not.toThrow(/secret/);
});

test.each([
  ["https://app.example.com/", "https://app.example.com/ never matches: write https://app.example.com"],
  ["https://app.example.com/graphql", "write https://app.example.com"],
  ["https://App.Example.com", "write https://app.example.com"],
  ["https://app.example.com:443", "write https://app.example.com"],
  ["http://localhost:80", "write http://localhost"],
  ["https://bücher.example", "write https://xn--bcher-kva.example"],
  ["https://*.example.com/", "write https://*.example.com"],
  ["app.example.com", "app.example.com has no scheme"],
  ["localhost:3000", "localhost:3000 has no scheme"],
  ["*", '* has "*" where it stands for nothing'],
  ["https://*", "as in https://*.example.com"],
  ["https://*.com", "as in https://*.example.com"],
  ["https://app-*.example.com", "as in https://*.example.com"],
  ["https://app.*.example.com", "as in https://*.example.com"],
  ["https://*.*.example.com", "as in https://*.example.com"],
  ["https://app.example.com:*", "as in https://*.example.com"],
  ["wss://app.example.com", "write https or http"],
  ["file://", "write https or http"],
  ["null", "null is the origin of every sandboxed page"],
  ["tauri://localhost/", "never matches"],
  ["Capacitor://localhost", "lower case"],
  ["https://a.example.com https://b.example.com", "is no origin"],
  ["https://a.example.com,", "an empty entry"],
])("the origin %s, which no page can have, is refused at the start with how to write it", (entry, words) => {
  const read = () => readConfig({ CORS_ORIGINS: `https://good.example.com,${entry}` });
  expect(read).toThrow(/^CORS_ORIGINS must be origins, separated by commas \(/);
  expect(read).toThrow(words);
});

test("origins of apps, and of every name of one more label, are taken as they are", () => {
  const list = [
    "https://*.vercel.app",
    "http://*.localhost:3000",
    "app://",
    "app://.",
    "tauri://localhost",
    "capacitor://localhost",
  ];
  list.push("chrome-extension://abcdefghijklmnopabcdefghijklmnop", "http://[::1]:3000");
  expect(readConfig({ CORS_ORIGINS: list.join(", ") }).CORS_ORIGINS).toEqual(list);
});

test("credentials never go with an asterisk", () => {
  const environment = { CORS_CREDENTIALS: "true", CORS_ORIGINS: "https://*.vercel.app" };
  expect(() => readConfig(environment)).toThrow(/^CORS_CREDENTIALS must not be true together with \* in CORS_ORIGINS/);
  expect(readConfig({ ...environment, CORS_ORIGINS: "https://a.vercel.app" }).CORS_CREDENTIALS).toBe(true);
});

test.each([
  [
    { CLIENT_KEYS: '[{"id":"a","key":"b-0123456789abcdef","requestPerMinute":1}]' },
    '(0 has an unknown field "requestPerMinute": requestsPerMinute is meant)',
  ],
  [
    { CLIENT_KEYS: '[{"id":"a","key":"b-0123456789abcdef","rpm":1}]' },
    "(0 has an unknown field; it may have id, key, keySha256, requestsPerMinute,",
  ],
  [{ CLIENT_KEYS: "[5]" }, "(see 0: expected object, received number)"],
  [
    { CLIENT_KEYS: '[{"id":"a","key":"b-0123456789abcdef","tokensPerDay":"9"}]' },
    "(see 0.tokensPerDay: expected number, received string)",
  ],
  [
    { JWT_JWKS_URL: "https://example.com", JWT_LIMITS: '{"tokens_per_day":1}' },
    '(it has an unknown field "tokens_per_day": tokensPerDay is meant)',
  ],
])("%j is refused, and what is wrong is named", (environment, words) => {
  expect(() => readConfig(environment)).toThrow(words);
});

test("a client key that is too short is refused, with its owner's name and without the key", () => {
  const keys = [
    { id: "alice", key: "long-enough-1234" },
    { id: "bob", key: "short-secret-15" },
  ];
  const problem =
    'CLIENT_KEYS must be a JSON list of client keys (1.key is too short: "bob" needs one of at least 16 characters)';
  expect(() => readConfig({ CLIENT_KEYS: JSON.stringify(keys) })).toThrow(new ConfigError(problem));
  expect(readConfig({ CLIENT_KEYS: JSON.stringify(keys.slice(0, 1)) }).CLIENT_KEYS).toHaveLength(1);
});

test("a request that may take less time than its head is refused, both times shown; equal ones are served", () => {
  const problem = "REQUEST_TIMEOUT_MS (1000) must be at least HEADERS_TIMEOUT_MS (20000), which is a part of it";
  expect(() => readConfig({ REQUEST_TIMEOUT_MS: "1000" })).toThrow(new ConfigError(problem));
  expect(readConfig({ REQUEST_TIMEOUT_MS: "1000", HEADERS_TIMEOUT_MS: "1000" }).REQUEST_TIMEOUT_MS).toBe(1000);
});

test("extraBody is on in development and off in production, unless it is set", () => {
  const production = { NODE_ENV: "production", OPENAI_API_KEY: "sk-1", ALLOW_ANONYMOUS: "true" };
  expect(readConfig({}).EXTRA_BODY).toEqual(["*"]);
  expect(readConfig(production).EXTRA_BODY).toEqual([]);
  expect(readConfig({ EXTRA_BODY: "off" }).EXTRA_BODY).toEqual([]);
  expect(readConfig({ ...production, EXTRA_BODY: "on" }).EXTRA_BODY).toEqual(["*"]);
  expect(readConfig({ ...production, EXTRA_BODY: "top_k, min_*" }).EXTRA_BODY).toEqual(["top_k", "min_*"]);
});

test("allowed hosts are read as browsers send them", () => {
  const ALLOWED_HOSTS = "API.example.com., localhost,[::1],10.0.0.1";
  expect(readConfig({ ALLOWED_HOSTS }).ALLOWED_HOSTS).toEqual(["api.example.com", "localhost", "[::1]", "10.0.0.1"]);
});

describe("the documents", () => {
  test(".env.example sets every variable, commented out, to its default", () => {
    const lines = readText(".env.example").split("\n");
    for (const [name, { schema, accepts, description }] of Object.entries(variables)) {
      expect(lines).toContain(`# ${name}=${schema.parse(undefined) ?? ""}`);
      expect(lines).toContain(`# ${description.replaceAll("`", "")} Accepts: ${accepts}.`);
    }
    const named = lines.flatMap((line) => /^# ([A-Z_]+)=/.exec(line)?.[1] ?? []);
    expect(named).toEqual(Object.keys(variables));
  });

  test("the page's table is the configuration's", () => {
    const rows = Object.entries(variables).map(([name, { schema, accepts, description }]) => {
      const value = schema.parse(undefined);
      return `| \`${name}\` | ${accepts} | ${value === undefined ? "" : `\`${value}\``} | ${description} |`;
    });
    expect(readText("docs/configuration.md")).toContain(`\n${rows.join("\n")}\n\n`);
  });
});
