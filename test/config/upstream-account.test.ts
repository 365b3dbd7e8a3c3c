// The variables of the account upstream and of the way there: what they accept, and what they must not be set with.
import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "../../src/config/read-config.ts";
import { findWarnings } from "../../src/config/warnings.ts";

const headers = (fields: unknown) => ({ OPENAI_API_KEY: "sk-1", UPSTREAM_HEADERS: JSON.stringify(fields) });

describe("UPSTREAM_HEADERS", () => {
  test("is a JSON object of strings, whose names are kept in lower case", () => {
    const fields = { "Api-Key": "abc", "x-gateway.id": "a b\tc", "HTTP-Referer": "https://app.example.com/?a=1" };
    expect(readConfig(headers(fields)).UPSTREAM_HEADERS).toEqual({
      "api-key": "abc",
      "x-gateway.id": "a b\tc",
      "http-referer": "https://app.example.com/?a=1",
    });
    expect(readConfig(headers({})).UPSTREAM_HEADERS).toBeUndefined();
    expect(readConfig({ UPSTREAM_HEADERS: "{}" }).SANDBOX).toBe(true);
  });

  test("makes OPENAI_API_KEY optional, in production too", () => {
    const { SANDBOX, OPENAI_API_KEY } = readConfig({
      UPSTREAM_HEADERS: '{"authorization":"Token abc"}',
      NODE_ENV: "production",
      ALLOW_ANONYMOUS: "true",
    });
    expect([SANDBOX, OPENAI_API_KEY]).toEqual([false, undefined]);
  });

  test.each([
    "Content-Length",
    "transfer-encoding",
    "connection",
    "HOST",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "keep-alive",
    "content-encoding",
    "proxy-authorization",
    "Proxy-Connection",
  ])("%s is refused, as it frames a request", (name) => {
    expect(() => readConfig(headers({ "x-a": "b", [name]: "secret" }))).toThrow(
      new ConfigError(
        `UPSTREAM_HEADERS must be a JSON object of strings (${name.toLowerCase()} frames a request, which this server does itself)`,
      ),
    );
  });

  test.each([
    "Accept",
    "content-type",
    "User-Agent",
    "OpenAI-Organization",
    "openai-project",
    "traceparent",
    "tracestate",
  ])("%s is refused, as this server sets it", (name) => {
    expect(() => readConfig(headers({ [name]: "secret" }))).toThrow(
      new ConfigError(
        `UPSTREAM_HEADERS must be a JSON object of strings (${name.toLowerCase()} is set by this server itself)`,
      ),
    );
  });

  test.each<[string, string, string?]>([
    ["no JSON", "{secret"],
    ["a list", '["secret"]'],
    ["a text", '"secret"'],
    ["null", "null"],
    ["a number for a value", '{"x-a":"b","x-b":4711}', "(entry 2 has a value that no header may have)"],
    ["a nested value", '{"x-a":{"secret":"b"}}', "(entry 1 has a value that no header may have)"],
    ["an empty value", '{"x-a":""}', "(entry 1 has a value that no header may have)"],
    ["a value with a line break", '{"x-a":"secret\\r\\nx-b: c"}', "(entry 1 has a value that no header may have)"],
    ["a value that begins with a blank", '{"x-a":" secret"}', "(entry 1 has a value that no header may have)"],
    ["a value beyond ASCII", '{"x-a":"secret\u00e9"}', "(entry 1 has a value that no header may have)"],
    ["an empty name", '{"":"secret"}', "(entry 1 has a name that no header may have)"],
    ["a name with a blank", '{"secret name":"a"}', "(entry 1 has a name that no header may have)"],
    ["a name with a colon", '{"secret:":"a"}', "(entry 1 has a name that no header may have)"],
    ["a name with a line break", '{"secret\\n":"a"}', "(entry 1 has a name that no header may have)"],
    ["an object's prototype", '{"__proto__":"secret"}', "(entry 1 has a name that no header may have)"],
    ["a name twice, in another case", '{"x-secret":"a","X-Secret":"b"}', "(entry 2 has the name of an earlier one)"],
  ])("%s is refused, and no value shown", (_, value, place = "") => {
    const read = () => readConfig({ OPENAI_API_KEY: "sk-1", UPSTREAM_HEADERS: value });
    expect(read).toThrow(`UPSTREAM_HEADERS must be a JSON object of strings ${place}`.trim());
    expect(read).not.toThrow(/secret|4711/);
  });

  test.each<[string, Record<string, string>]>([
    ["OPENAI_API_KEY", { OPENAI_API_KEY: "sk-secret" }],
    ["OPENAI_API_KEY_FILE", { OPENAI_API_KEY_FILE: "/secret" }],
    ["credentials in OPENAI_BASE_URL", { OPENAI_BASE_URL: "https://me:secret@example.com/v1" }],
  ])("authorization is refused beside %s", (_, environment) => {
    const read = () => readConfig({ ...environment, UPSTREAM_HEADERS: '{"Authorization":"Token secret"}' });
    expect(read).toThrow(/^UPSTREAM_HEADERS must not hold authorization if OPENAI_API_KEY, /);
    expect(read).not.toThrow(/secret/);
  });

  test("is warned of with AUTH=passthrough, which does not send it", () => {
    const config = readConfig({ AUTH: "passthrough", UPSTREAM_HEADERS: '{"api-key":"secret"}' });
    expect(findWarnings(config)).toEqual([
      expect.stringMatching(/^UPSTREAM_HEADERS is not sent with AUTH=passthrough/),
    ]);
  });
});

describe("OPENAI_API_KEY_FILE", () => {
  test("means OpenAI, as a key does", () => {
    const config = readConfig({ OPENAI_API_KEY_FILE: "/run/secrets/key" });
    expect(config.SANDBOX).toBe(false);
    expect(config.OPENAI_BASE_URL.href).toBe("https://api.openai.com/v1");
  });

  test.each<[string, Record<string, string>]>([
    ["OPENAI_API_KEY must not be set together with OPENAI_API_KEY_FILE", { OPENAI_API_KEY: "sk-secret" }],
    ["SANDBOX must not be true together with", { SANDBOX: "true" }],
  ])("%s", (problem, environment) => {
    const read = () => readConfig({ OPENAI_API_KEY_FILE: "/secret", ...environment });
    expect(read).toThrow(problem);
    expect(read).not.toThrow(/\/secret|sk-secret/);
  });
});

describe("HTTP_PROXY, HTTPS_PROXY", () => {
  test.each([
    ["http://proxy.example.com:3128", "http://proxy.example.com:3128/"],
    ["https://me:pass@proxy.example.com", "https://me:pass@proxy.example.com/"],
    ["proxy.example.com:3128", "http://proxy.example.com:3128/"],
    ["10.0.0.1:8080", "http://10.0.0.1:8080/"],
    ["[fe80::1]:8080", "http://[fe80::1]:8080/"],
  ])("%s is accepted", (value, href) => {
    const config = readConfig({ HTTP_PROXY: value, HTTPS_PROXY: value });
    expect([config.HTTP_PROXY?.href, config.HTTPS_PROXY?.href]).toEqual([href, href]);
  });

  test.each(["socks5://secret.example.com", "http://", "http://secret%:x@example.com", "secret host"])(
    "%s is refused, and not shown",
    (value) => {
      for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"]) {
        const read = () => readConfig({ [name]: value });
        expect(read).toThrow(`${name.toUpperCase()} must be an http(s) URL`);
        expect(read).not.toThrow(/secret/);
      }
    },
  );

  test("the names in small letters come first, and an empty one counts as unset", () => {
    const both = { HTTPS_PROXY: "http://one:1", https_proxy: "http://other:2", NO_PROXY: "a", no_proxy: "b" };
    expect(readConfig(both)).toMatchObject({ HTTPS_PROXY: new URL("http://other:2"), NO_PROXY: "b" });
    expect(readConfig({ ...both, https_proxy: "", no_proxy: "" })).toMatchObject({
      HTTPS_PROXY: new URL("http://one:1"),
      NO_PROXY: "a",
    });
  });

  test("none means no upstream, so the sandbox stays", () => {
    expect(readConfig({ HTTP_PROXY: "http://proxy:3128" }).SANDBOX).toBe(true);
  });
});

test.each(["sometimes", "true", "AUTO"])("UPSTREAM_STREAM_USAGE=%s is refused", (value) => {
  expect(() => readConfig({ UPSTREAM_STREAM_USAGE: value })).toThrow(
    "UPSTREAM_STREAM_USAGE must be auto, always or never",
  );
});
