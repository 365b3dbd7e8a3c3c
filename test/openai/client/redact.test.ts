// redact: what it removes from an upstream's message before a client reads it, and what it keeps.
import { describe, expect, test } from "vitest";
import { findSecrets } from "../../../src/openai/client/secrets/credentials.ts";
import { redact } from "../../../src/openai/client/secrets/redact.ts";
import { Secrets } from "../../../src/openai/client/secrets/secrets.ts";

const secrets = findSecrets({
  baseUrl: new URL(
    "https://relay:pa%24%24word@gateway.acme.example:8443/v1?api-version=2024-10-21&subscription-key=subKey77",
  ),
  apiKey: "acme/Prod+Key.2026",
  organization: "org-acme",
  project: "proj_acme",
});
const none = new Secrets({ keys: [], addresses: [] });

describe("a key is masked", () => {
  test.each([
    ["OpenAI's", "sk-proj-AbC123_def-456GHI", "sk-proj"],
    ["OpenAI's, as OpenAI shows it", "sk-test-*********6789", "6789"],
    ["another service's, shown in part", "abcd********wxyz", "wxyz"],
    ["a bearer token", "Bearer abc.def-123", "abc.def"],
    ["a bearer token in a header", "Authorization: bearer xyz", "xyz"],
    ["basic credentials", "Basic dXNlcjpwYXNzd29yZA==", "dXNl"],
    ["a JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN", "eyJ"],
    ["an organization's id", "org-AbCdEf123456", "AbCdEf"],
    ["a project's id", "proj_abc123DEF456", "abc123"],
    ["Groq's", "gsk_0123456789abcdefABCDEF", "0123456789abcdef"],
    ["Hugging Face's", "hf_abcdefghijklmnopqrst", "abcdefgh"],
    ["Google's", "AIzaSyA-1234567890abcdefghijk", "AIza"],
    ["Azure's", "0123456789abcdef0123456789abcdef", "0123456789"],
    ["one in a query string", "https://models.example.com/v1?api_key=abcd1234&x=1", "abcd1234"],
    ["one in a configuration", 'api_key: "s3cr3t-value"', "s3cr3t"],
    ["this server's own", "acme/Prod+Key.2026", "Prod"],
    ["this server's own, percent-encoded", encodeURIComponent("acme/Prod+Key.2026"), "Prod"],
    ["this server's own, base64", Buffer.from("acme/Prod+Key.2026").toString("base64"), "YWNt"],
    ["this server's own, shown in part", "acme...2026", "2026"],
    ["the base URL's password", "pa$$word", "word"],
    ["the base URL's password, percent-encoded", "pa%24%24word", "word"],
    ["the base URL's key parameter", "subKey77", "subKey"],
    ["this server's organization", "org-acme", "acme"],
    ["this server's project", "proj_acme", "acme"],
  ])("%s", (_, key, trace) => {
    for (const text of [key, `Wrong key (${key}).`, `"${key}" is wrong`, `key ${key}, sorry`]) {
      expect(redact(text, secrets)).not.toContain(trace);
      expect(redact(text, secrets)).toContain("[masked]");
    }
  });
});

describe("an internal address is masked", () => {
  test.each([
    ["http://10.0.0.5:8000/v1/chat", "10.0.0.5"],
    ["10.0.0.5:8000", "10.0.0.5"],
    ["vllm-7f9c.svc.cluster.local", "vllm-7f9c"],
    ["vllm-7f9c.models.svc:8000", "vllm-7f9c"],
    ["http://vllm-7f9c.models.svc.cluster.local:8000/v1.", "vllm-7f9c"],
    ["http://vllm:8000/v1", "vllm"],
    ["http://vllm:8000,", "vllm"],
    ["http://localhost.", "localhost"],
    ["localhost:1234", "localhost"],
    ["https://models.corp/v1", "models"],
    ["[::1]:8080", "8080"],
    ["http://[fd00::12]:8000/v1", "fd00"],
    ["fe80::1ff:fe23:4567:890a", "fe80"],
    ["2001:db8:0:0:0:0:0:1", "2001"],
    ["https://admin:hunter2@models.example.com/v1", "hunter2"],
    ["postgres://models.example.com/prices", "models"],
    ["connect ECONNREFUSED vllm-0:8000", "vllm-0"],
    ["getaddrinfo ENOTFOUND vllm-0", "vllm-0"],
    ["HTTPConnectionPool(host='vllm-0', port=8000)", "vllm-0"],
    ["/usr/lib/python3/vllm/engine.py", "engine"],
    ["/app/dist/server.js:12:34", "server.js"],
    ["vllm/entrypoints/openai/serving_chat.py:210", "serving_chat"],
    ["file:///srv/models/config.json", "config"],
    ["C:\\Users\\ada\\server.py", "ada"],
    ["https://gateway.acme.example:8443/v1", "acme"],
    ["gateway.acme.example", "acme"],
  ])("%s", (address, trace) => {
    for (const text of [address, `No answer from ${address}`, `It failed (${address})!`, `"${address}" is down`]) {
      expect(redact(text, secrets)).not.toContain(trace);
    }
  });
});

describe("a stack trace is cut off", () => {
  test.each([
    ["Node's", "\n    at Server.handle (/app/server.js:1:2)\n    at next (node:internal/x:3:4)"],
    ["Node's, without a name", "\n    at file:///app/server.mjs:10:5"],
    ["Node's, in one line", " at async Server.handle (/app/server.js:1:2) at next (node:internal/x:3:4)"],
    ["Node's, escaped", "\\n    at Server.handle (/app/server.js:1:2)"],
    ["Python's", '\nTraceback (most recent call last):\n  File "/app/main.py", line 3, in run\n    server()'],
    ["Python's, without its head", ' File "main.py", line 3, in run server()'],
    ["Java's", "\n\tat com.acme.Server.handle(Server.java:12)\n\tat com.acme.Main.main(Main.java:3)"],
    ["Java's, in one line", " at com.acme.Server.handle(Server.java:12) at com.acme.Main.main(Main.java:3)"],
    ["Java's cause", "\nCaused by: com.acme.ServerException: no"],
    [".NET's", "\n   at Acme.Server.Handle() in C:\\src\\Server.cs:line 3"],
    ["Go's", "\n\ngoroutine 1 [running]:\nmain.server()"],
    ["Rust's", " thread 'main' panicked at src/server.rs:2:3"],
  ])("%s", (_, stack) => {
    const message = redact(`max_tokens is too large.${stack}`, none);
    expect(message).toMatch(/^max_tokens is too large\.( thread 'main')?$/);
  });
});

describe("nothing is left of", () => {
  test.each([
    ["a page", "<!DOCTYPE html><html><body><h1>404 Not Found</h1>nginx</body></html>"],
    ["a page after a line break", "\r\n<html>\n<head><title>413</title></head></html>"],
    ["a page after a comment", "<!-- error --><html></html>"],
    ["a part of a page", "<center><h1>403 Forbidden</h1></center>"],
    ["XML", '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'],
    ["bytes that are no text", "\u001f\ufffd\b\0\0\0"],
    ["nothing", " \r\n "],
  ])("%s", (_, text) => expect(redact(text, secrets)).toBe(""));
});

describe("what the client needs stays", () => {
  test.each([
    "Invalid value for 'max_tokens': 0 is less than the minimum of 1.",
    "max_tokens=4096 and max_completion_tokens: 128 exclude each other; see token_limit_exceeded, key_not_found.",
    "The model `ft:gpt-4o-mini-2024-07-18:my-org:custom:abc123` does not exist.",
    "The model `ft:gpt-3.5-turbo-0125:acme::9abcdef0` does not exist.",
    "The model meta-llama/Llama-3.1-8B-Instruct or hf-internal-testing/tiny-random is not loaded.",
    "model 'qwen2.5:72b' not found, try pulling it first",
    "You can find your API key at https://platform.openai.com/account/api-keys.",
    "See https://platform.openai.com/docs/guides/error-codes/api-errors#rate-limits, or http://example.com.",
    "Failed to download https://cdn.example.com/a/0123456789abcdef0123456789abcdef0123.png?w=512.",
    "Failed to download https://user-images.githubusercontent.com/1/@2x/var/app/cat(1).png",
    "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29500. Please try again in 1.5s.",
    "messages[0].content[1].image_url: the image at 12:30:45 was not read.",
    "Bearer token required; authentication by password or key is possible: key, secret, token.",
    "POST /v1/chat/completions takes text and/or images std::vector.",
    "at least 1 message is needed: got 0",
    "**Note**: you've reached the limit... Please wait... 世界 🙂",
  ])("%s", (text) => expect(redact(text, secrets)).toBe(text));
});

test("a message is one line of at most 2000 characters, and a key at the cut does not show", () => {
  expect(redact("one\r\n\ttwo\u0007three", none)).toBe("one two three");
  expect(redact("word ".repeat(10_000), none)).toHaveLength(2_000);
  expect(redact(`${"org-AbCdEf123456 ".repeat(235)}sk-abcdefghijkl`, none)).not.toContain("sk-");
});

test.each(["a.", "a/", "*", "a-", "::", "at (", " ", "http://a@", "a:", "<h1", "\\n", "[:", "a", "0.", "@"])(
  "a long run of %j takes no time",
  (part) => {
    const start = performance.now();
    for (const length of [3_999, 2 ** 22]) redact(`${part.repeat(length / part.length)} x`, secrets);
    expect(performance.now() - start).toBeLessThan(1_000);
  },
);
