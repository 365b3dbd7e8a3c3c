// Errors inside a stream that began with HTTP 200.
import { describe, expect, test } from "vitest";
import { chunk, done, event, startStreaming, streams, streamsThen } from "../support/stream.ts";
import { readStreamError } from "../support/stream-error.ts";
import { subscribeSse, transports } from "../support/subscribe.ts";

const half = event(chunk("Hel"));
const key = "sk-test-key-0123456789";

const refused = {
  message: "The prompt is too long.",
  type: "invalid_request_error",
  param: "messages",
  code: "context_length_exceeded",
};
const failed = { message: "worker-7 crashed", type: "server_error", param: null, code: null };
const passed = "The prompt is too long.";
const told = "worker-7 crashed";

describe("an error inside HTTP 200 ends the stream with its code, after the text so far:", () => {
  test.each<[string, string, string, string]>([
    ["OpenAI's object, the caller's fault", event({ error: refused }), "UPSTREAM_BAD_REQUEST", passed],
    ["OpenAI's object, the upstream's fault", event({ error: failed }), "UPSTREAM_ERROR", told],
    [
      "`event: error` with OpenAI's object",
      `event: error\n${event({ error: refused })}`,
      "UPSTREAM_BAD_REQUEST",
      passed,
    ],
    ["`event: error` with the bare object", `event: error\n${event(refused)}`, "UPSTREAM_BAD_REQUEST", passed],
    ["`event: error` after the data", `data: ${JSON.stringify(failed)}\nevent: error\n\n`, "UPSTREAM_ERROR", told],
    [
      "`event: error` with text",
      `event: error\n${event("worker-7 crashed")}`,
      "UPSTREAM_ERROR",
      "The upstream failed with status 500.",
    ],
    [
      "`event: error` with nothing",
      "event: error\ndata:\n\n",
      "UPSTREAM_ERROR",
      "The upstream failed with status 500.",
    ],
    ["text (Ollama)", event({ error: "worker-7 crashed" }), "UPSTREAM_ERROR", told],
    [
      "a numeric code (vLLM)",
      event({ error: { message: passed, type: "BadRequestError", code: 400 } }),
      "UPSTREAM_BAD_REQUEST",
      passed,
    ],
    [
      "a bare object that names itself (vLLM)",
      event({ object: "error", message: passed, code: 400 }),
      "UPSTREAM_BAD_REQUEST",
      passed,
    ],
    ["a list of one (Gemini)", event([{ error: { message: passed, code: 400 } }]), "UPSTREAM_BAD_REQUEST", passed],
    [
      "an `error:` line (llama.cpp)",
      `error: ${JSON.stringify({ error: { code: 400, message: passed } })}\n\n`,
      "UPSTREAM_BAD_REQUEST",
      passed,
    ],
    [
      "a bare object on an `error:` line (llama.cpp)",
      `error: ${JSON.stringify({ code: 400, message: passed, type: "invalid_request_error" })}\n\n`,
      "UPSTREAM_BAD_REQUEST",
      passed,
    ],
    [
      "beside choices (OpenRouter)",
      event({ ...chunk("", "error"), error: { code: 502, message: "worker-7 crashed" } }),
      "UPSTREAM_ERROR",
      told,
    ],
    [
      "with a type around it (Anthropic)",
      `event: error\n${event({ type: "error", error: failed })}`,
      "UPSTREAM_ERROR",
      told,
    ],
    [
      "a rate limit",
      event({ error: { message: "Slow down.", type: "rate_limit_error" } }),
      "UPSTREAM_RATE_LIMITED",
      "Slow down.",
    ],
    [
      "a used-up quota",
      event({ error: { message: "No more.", code: "insufficient_quota" } }),
      "UPSTREAM_QUOTA_EXCEEDED",
      "No more.",
    ],
    [
      "a refused key",
      event({ error: { message: `Bad key ${key}.`, code: "invalid_api_key" } }),
      "UPSTREAM_UNAUTHENTICATED",
      "The upstream does not accept this server's credentials (status 401). The server's operator has to act; the server's log has the reason.",
    ],
    ["without a final newline", event({ error: refused }).trimEnd(), "UPSTREAM_BAD_REQUEST", passed],
    ["before [DONE]", event({ error: refused }) + done, "UPSTREAM_BAD_REQUEST", passed],
    ["a JSON object alone", JSON.stringify({ error: refused }), "UPSTREAM_BAD_REQUEST", passed],
  ])("%s", async (_, text, code, message) => {
    const late = await readStreamError(streams(half, text), 1);
    expect(late.error).toMatchObject({ message, extensions: { code } });
    const early = await readStreamError(streams(text), 0);
    expect(early.error).toMatchObject({ message, extensions: { code } });
  });

  test.each(transports)("over $transport with all that the upstream told", async ({ subscribe }) => {
    const { server } = await startStreaming((_, res) =>
      res
        .writeHead(200, { "content-type": "text/event-stream", "x-request-id": "req_1" })
        .end(half + event({ error: refused })),
    );
    const { results, ended } = await subscribe(server.url);
    expect(await ended).toBe("complete");
    expect(results).toMatchObject([
      { data: { chat: { text: "Hel" } } },
      {
        errors: [
          {
            message: passed,
            extensions: {
              code: "UPSTREAM_BAD_REQUEST",
              upstream: { status: 400, type: refused.type, code: refused.code, param: "messages", requestId: "req_1" },
            },
          },
        ],
      },
    ]);
  });

  test("and takes the connection down, though the upstream would write on", async () => {
    const { upstream } = await readStreamError(streamsThen(half + event({ error: failed }), () => {}));
    const ended = performance.now();
    await upstream.requests[0]?.closed;
    expect(performance.now() - ended).toBeLessThan(1_000);
  });

  test("while an error that is null is none", async () => {
    const { server } = await startStreaming(streams(event({ ...chunk("Hel"), error: null }), done));
    const { results, ended } = await subscribeSse(server.url);
    expect(await ended).toBe("complete");
    expect(results).toEqual([{ data: { chat: { text: "Hel" } } }]);
  });
});
