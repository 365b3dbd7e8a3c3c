// Errors of the upstream: the code that each gets, and how much of it the client may read.
import { GraphQLError } from "graphql";
import { describe, expect, onTestFinished, test } from "vitest";
import { createMaskError } from "../../src/errors/mask.ts";
import { createOpenAIClient } from "../../src/openai/client/client.ts";
import { OpenAIError } from "../../src/openai/client/failures/errors.ts";
import { MODELS } from "../../src/openai/models.ts";
import { calls, chat } from "../support/calls.ts";
import { type Answered, startTestServer } from "../support/server.ts";
import { type Answer, failure, json, startUpstream } from "../support/upstream.ts";

const once = { MAX_RETRIES: "0" };

/** Answers with any body, byte by byte as given. */
function text(status: number, body: string, contentType = "text/plain"): Answer {
  return (_, res) => res.writeHead(status, { "content-type": contentType }).end(body);
}

/** One chat against one answer, without retries: the only error of the whole answer. */
async function fail(answer: Answer) {
  const upstream = await startUpstream(answer);
  const server = await startTestServer(upstream.url, once);
  const answered = await server.query(chat);
  expect(upstream.requests).toHaveLength(1);
  expect(server.faults).toEqual([]);
  return readOnlyError(answered);
}

function readOnlyError({ status, body }: Answered) {
  expect(status).toBe(200);
  expect(body).toEqual({ data: { chat: null }, errors: [expect.anything()] });
  expect(body.errors[0].path).toEqual(["chat"]);
  return body.errors[0];
}

describe("an error status becomes a code", () => {
  test.each([
    [400, { type: "invalid_request_error", code: "context_length_exceeded" }, "UPSTREAM_BAD_REQUEST"],
    [401, { type: "invalid_request_error", code: "invalid_api_key" }, "UPSTREAM_UNAUTHENTICATED"],
    [402, { type: "invalid_request_error" }, "UPSTREAM_QUOTA_EXCEEDED"],
    [402, { type: "billing_error", code: "credit_balance_exhausted" }, "UPSTREAM_QUOTA_EXCEEDED"],
    [403, { type: "permission_error" }, "UPSTREAM_FORBIDDEN"],
    [404, { type: "invalid_request_error", code: "model_not_found" }, "UPSTREAM_NOT_FOUND"],
    [408, { type: "timeout" }, "UPSTREAM_BAD_REQUEST"],
    [409, { type: "conflict" }, "UPSTREAM_CONFLICT"],
    [413, { type: "invalid_request_error" }, "UPSTREAM_BAD_REQUEST"],
    [415, { type: "invalid_request_error" }, "UPSTREAM_BAD_REQUEST"],
    [418, { type: "teapot" }, "UPSTREAM_BAD_REQUEST"],
    [422, { type: "invalid_request_error" }, "UPSTREAM_BAD_REQUEST"],
    [429, { type: "tokens", code: "rate_limit_exceeded" }, "UPSTREAM_RATE_LIMITED"],
    [429, { type: "insufficient_quota", code: "insufficient_quota" }, "UPSTREAM_QUOTA_EXCEEDED"],
    [429, { type: "insufficient_quota" }, "UPSTREAM_QUOTA_EXCEEDED"],
    [429, { type: "billing_error", code: "credit_balance_exhausted" }, "UPSTREAM_QUOTA_EXCEEDED"],
    [500, { type: "server_error" }, "UPSTREAM_ERROR"],
    [502, { type: "server_error" }, "UPSTREAM_ERROR"],
    [503, { type: "server_error", code: "overloaded" }, "UPSTREAM_ERROR"],
    [504, { type: "server_error" }, "UPSTREAM_ERROR"],
    [529, { type: "overloaded_error" }, "UPSTREAM_ERROR"],
  ])("%i %j", async (status, envelope, code) => {
    const message = `Reason ${status} in words.`;
    const error = await fail(
      failure(status, { ...envelope, message, param: "messages[0].content" }, { "x-request-id": "req_0123" }),
    );
    // Of this server's account nobody learns more.
    if (status === 401 || status === 403) {
      expect(error.message).toMatch(/operator/);
      expect(error.message).not.toContain("words");
      return expect(error.extensions).toEqual({ code, upstream: { status, requestId: "req_0123" } });
    }
    const mayHaveBeenPaid = [408, 502, 504].includes(status);
    expect(error.message).toBe(mayHaveBeenPaid ? `${message} This call may have been paid for.` : message);
    expect(error.extensions).toEqual({
      code,
      upstream: { status, ...envelope, param: "messages[0].content", requestId: "req_0123" },
    });
  });

  test.each(calls.filter(({ field }) => field !== "model"))("for $field", async ({ field, operation }) => {
    const upstream = await startUpstream(failure(404, { message: "No such thing." }));
    const server = await startTestServer(upstream.url, once);
    const { body } = await server.query(operation);
    expect(body.data).toEqual({ [field]: null });
    expect(body.errors).toMatchObject([{ path: [field], extensions: { code: "UPSTREAM_NOT_FOUND" } }]);
    expect(body.errors[0].message).toMatch(/^No such thing\./);
  });

  test("but a model that the upstream does not know is null, with no error", async () => {
    const upstream = await startUpstream(failure(404, { code: "model_not_found" }));
    const server = await startTestServer(upstream.url, once);
    const { body } = await server.query('{ model(id: "m") { id } }');
    expect(body).toEqual({ data: { model: null } });
  });
});

describe("the reason is read from", () => {
  const pydantic = (input: string) => [
    { type: "missing", loc: ["body", "messages", 0, "content"], msg: "Field required", input: { role: input } },
    { type: "int_type", loc: ["body", "n"], msg: "Input should be a valid integer", input },
  ];
  const fastApi = "body.messages.0.content: Field required; body.n: Input should be a valid integer";

  test.each<[string, Answer, string, object]>([
    ["OpenAI's envelope", failure(400, { message: "Bad n." }), "Bad n.", {}],
    ["Ollama's text", json({ error: "model 'x' not found" }, 400), "model 'x' not found", {}],
    [
      "vLLM's bare object",
      json({ object: "error", message: "Too long.", type: "BadRequestError", param: "n", code: 400 }, 400),
      "Too long.",
      { type: "BadRequestError", param: "n", code: "400" },
    ],
    ["FastAPI's text", json({ detail: "Not allowed." }, 400), "Not allowed.", {}],
    ["FastAPI's list, without the input it repeats", json({ detail: pydantic("a prompt") }, 400), fastApi, {}],
    ["FastAPI's object", json({ detail: { error: { message: "Nested." } } }, 400), "Nested.", {}],
    ["Gemini's list", json([{ error: { code: 400, message: "Bad key." } }], 400), "Bad key.", { code: "400" }],
    ["a JSON text", json("Just words.", 400), "Just words.", {}],
    ["plain text", text(400, " Just\r\nwords. "), "Just words.", {}],
    ["plain text after a byte order mark", text(400, "\uFEFFWords."), "Words.", {}],
  ])("%s", async (_, answer, message, upstream) => {
    const error = await fail(answer);
    expect(error.message).toBe(message);
    expect(error.extensions).toEqual({ code: "UPSTREAM_BAD_REQUEST", upstream: { status: 400, ...upstream } });
  });

  test.each<[string, Answer]>([
    ["a page", text(404, "<!doctype html><html><body><h1>404</h1>nginx/1.2.3</body></html>", "text/html")],
    ["a page inside OpenAI's envelope", failure(404, { message: "<html><head></head>nginx</html>" })],
    ["nothing", text(404, "")],
    ["null", json(null, 404)],
    ["a number", json(42, 404)],
    ["an empty list", json([], 404)],
    ["an empty object", json({}, 404)],
    ["an envelope without a reason", json({ error: { message: null, type: 7, code: {}, param: [] } }, 404)],
    ["an envelope with an empty reason", json({ error: { message: "" } }, 404)],
    ["a nest without an end", json(JSON.parse(`${'{"error":'.repeat(3000)}1${"}".repeat(3000)}`), 404)],
    ["compressed bytes", text(404, "\u001f\u008b\u0008\u0000\uFFFD")],
    [
      "a body that is cut off",
      (_, res) => res.writeHead(404, { "content-length": 99 }).write("half", () => res.destroy()),
    ],
  ])("or replaced where the body is %s", async (_, answer) => {
    const error = await fail(answer);
    expect(error.message).toBe("The upstream refused with status 404.");
    expect(error.extensions).toMatchObject({ code: "UPSTREAM_NOT_FOUND", upstream: { status: 404 } });
  });
});

describe("the upstream's wish to wait is passed on", () => {
  const inTwoMinutes = () => new Date(Date.now() + 120_000).toUTCString();
  test.each<[Record<string, string>, [number, number] | undefined]>([
    [{ "retry-after-ms": "1500.2" }, [1501, 1501]],
    [{ "retry-after-ms": "30", "retry-after": "9" }, [30, 30]],
    [{ "retry-after-ms": "soon", "retry-after": "9" }, [9000, 9000]],
    [{ "retry-after-ms": "Infinity", "retry-after": "0.5" }, [500, 500]],
    [{ "retry-after": inTwoMinutes() }, [110_000, 120_000]],
    [{ "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }, [0, 0]],
    [{ "retry-after": "-1" }, [0, 0]],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "" }, undefined],
  ])("%j", async (headers, range) => {
    const { extensions } = await fail(failure(429, { type: "requests" }, headers));
    expect(extensions.code).toBe("UPSTREAM_RATE_LIMITED");
    if (!range) return expect(extensions).not.toHaveProperty("retryAfterMs");
    expect(extensions.retryAfterMs).toBeGreaterThanOrEqual(range[0]);
    expect(extensions.retryAfterMs).toBeLessThanOrEqual(range[1]);
  });
});

describe("an error object inside HTTP 200 becomes the code of the status it stands for, and is not retried", () => {
  test.each<[unknown, string, string?]>([
    [{ error: { message: "m", type: "invalid_request_error" } }, "UPSTREAM_BAD_REQUEST"],
    [{ error: { message: "m", code: "invalid_api_key" } }, "UPSTREAM_UNAUTHENTICATED"],
    [{ error: { message: "m", type: "permission_error" } }, "UPSTREAM_FORBIDDEN"],
    [{ error: { message: "m", code: "model_not_found" } }, "UPSTREAM_NOT_FOUND"],
    [{ error: { message: "m", code: 409 } }, "UPSTREAM_CONFLICT"],
    [{ error: { message: "m", code: "rate_limit_exceeded" } }, "UPSTREAM_RATE_LIMITED"],
    [{ error: { message: "m", code: "429" } }, "UPSTREAM_RATE_LIMITED"],
    [{ error: { message: "m", type: "insufficient_quota" } }, "UPSTREAM_QUOTA_EXCEEDED"],
    [{ error: { message: "m", code: 502 } }, "UPSTREAM_ERROR"],
    [{ error: { message: "m", code: 40301 } }, "UPSTREAM_ERROR"],
    [{ error: "out of memory" }, "UPSTREAM_ERROR", "out of memory"],
    [{ error: {}, choices: [] }, "UPSTREAM_ERROR", "The upstream failed with status 500."],
    [{ object: "error", message: "m", type: "NotFoundError", code: 404 }, "UPSTREAM_NOT_FOUND"],
    [{ object: "error", message: "m", type: "RateLimitError" }, "UPSTREAM_RATE_LIMITED"],
  ])("%j", async (answer, code, words = "m") => {
    const upstream = await startUpstream(json(answer));
    const server = await startTestServer(upstream.url);
    const { message, extensions } = readOnlyError(await server.query(chat));
    expect(extensions.code).toBe(code);
    if (/UNAUTHENTICATED|FORBIDDEN/.test(code)) expect(message).toMatch(/operator/);
    else expect(message).toBe(words);
    expect(upstream.requests).toHaveLength(1);
  });
});

describe("no answer tells about this server, whatever the upstream says", () => {
  const key = "sk-test-key-0123456789";
  const headers = { server: "internal-gateway/7", "set-cookie": "session=abc", "x-ratelimit-limit-requests": "4711" };

  test.each([400, 401, 404, 422, 429, 500, 503, 200])("status %i", async (status) => {
    const upstream = await startUpstream((request, res) => {
      const stack = `\n    at handle (/app/server.js:1:2)\n    at node:internal/x:3:4`;
      const message = `Wrong: ${request.headers.authorization} sent to ${upstream.url}${request.path} (${new URL(upstream.url).host}), ${key.slice(0, 8)}****6789.${stack}`;
      failure(status, { message, type: "invalid_request_error", code: key, param: upstream.url }, headers)(
        request,
        res,
        undefined as never,
      );
    });
    const server = await startTestServer(upstream.url, {
      ...once,
      OPENAI_ORG_ID: "org-secretive",
      OPENAI_PROJECT_ID: "proj_hidden",
    });
    const { text, headers: answered, body } = await server.query(chat);
    expect(body.errors).toHaveLength(1);
    const everything = text + JSON.stringify([...answered]);
    const { host } = new URL(upstream.url);
    for (const trace of [
      key,
      "key-0123",
      "6789",
      host,
      "127.0.0.1",
      "at handle",
      "server.js",
      "node:internal",
      "internal-gateway",
      "session=abc",
      "4711",
    ]) {
      expect(everything).not.toContain(trace);
    }
    if (status < 500 && status !== 401)
      expect(body.errors[0].message).toMatch(/^Wrong: \[masked\] sent to \[address\]/);
  });
});

describe("whose fault it is", () => {
  test("a request that undici itself refuses is this server's fault: neither sent nor put down to the upstream", async () => {
    const upstream = await startUpstream(json({}));
    const client = createOpenAIClient({
      baseUrl: new URL(upstream.url),
      apiKey: "sk-line\nbreak",
      organization: undefined,
      project: undefined,
      headersTimeoutMs: 1_000,
      idleTimeoutMs: 1_000,
      totalTimeoutMs: 1_000,
      maxRetries: 2,
      maxUpstreamBytes: 1_000,
      maxUpstreamValues: 1_000_000,
    });
    onTestFinished(() => client.close());
    const failure = client.request({ endpoint: MODELS }, new AbortController().signal);
    await expect(failure).rejects.toMatchObject({ code: "UND_ERR_INVALID_ARG" });
    expect(upstream.requests).toHaveLength(0);
  });

  test.each<[string, unknown]>([
    ["an exception", new TypeError("x is not a function at /app/src/schema/chat.ts")],
    ["an exception that says it is an abort", new DOMException("aborted", "AbortError")],
    ["a thrown text", "sk-test-key-0123456789"],
    ["nothing thrown", undefined],
    ["a system error", Object.assign(new Error("open /etc/x"), { code: "ENOENT" })],
  ])("%s in a resolver is this server's own", (_, thrown) => {
    const reported: unknown[] = [];
    const cause = thrown instanceof Error ? thrown : new Error(`Unexpected error value: ${thrown}`);
    const located = new GraphQLError(cause.message, { path: ["chat"], originalError: cause });
    const error = createMaskError((fault) => reported.push(fault))(located);
    expect(error.toJSON()).toEqual({
      message: "Internal server error.",
      path: ["chat"],
      extensions: { code: "INTERNAL_SERVER_ERROR" },
    });
    expect(reported).toEqual([cause]);
  });

  test("the upstream's failures are not this server's", () => {
    const report = () => expect.unreachable();
    for (const reason of ["status", "unavailable", "timeout", "invalid_response", "interrupted"] as const) {
      const cause = new OpenAIError(reason, "no");
      const error = createMaskError(report)(new GraphQLError("no", { path: ["chat"], originalError: cause }));
      expect(error.extensions.code).toMatch(/^UPSTREAM_/);
    }
  });

  test.each([
    ["GRAPHQL_PARSE_FAILED", "{", {}],
    ["GRAPHQL_VALIDATION_FAILED", "{ nothing }", {}],
    ["BAD_USER_INPUT", 'mutation { chat(input: { model: "", messages: [] }) { text } }', {}],
    ["BAD_USER_INPUT", "query ($id: ID!) { model(id: $id) { id } }", { id: { no: "text" } }],
    ["BAD_USER_INPUT", 'mutation { imageVariations(input: { image: "x" }) { created } }', {}],
  ])("nor are clients' mistakes: %s for %s", async (code, query, variables) => {
    const upstream = await startUpstream(json({}));
    const server = await startTestServer(upstream.url);
    const { body } = await server.query(query, variables);
    expect(body.errors.map(({ extensions }: { extensions: unknown }) => extensions)).toEqual([
      expect.objectContaining({ code }),
    ]);
    expect(server.faults).toEqual([]);
    expect(upstream.requests).toHaveLength(0);
  });
});
