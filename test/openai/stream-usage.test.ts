// UPSTREAM_STREAM_USAGE: whether a stream asks for its usage, and what happens at servers that refuse `stream_options`, each in
// its own words.
import { describe, expect, test } from "vitest";
import { alice, aliceWith } from "../support/keys.ts";
import { startServed } from "../support/served-upstream.ts";
import { chat, completeText, event, hello } from "../support/stream.ts";
import { subscribeSse, summary } from "../support/subscribe.ts";
import { type Answer, failure, json, type Upstream } from "../support/upstream.ts";

const asks = (body: unknown) => "stream_options" in (body as object);
const asked = (upstream: Upstream) => upstream.requests.map((request) => asks(request.json()));

const whole =
  event({ choices: [{ index: 0, text: "Hel" }] }) +
  event({ choices: [{ index: 0, text: "lo", finish_reason: "stop" }] });
const streams: Answer = ({ path }, res) =>
  res
    .writeHead(200, { "content-type": "text/event-stream" })
    .end(path.includes("chat") ? hello : `${whole}data: [DONE]\n\n`);

/** Serves streams that do not ask for their usage, and refuses the others. */
const refusing =
  (refuse: Answer): Answer =>
  (request, res, req) =>
    (asks(request.json()) ? refuse : streams)(request, res, req);

const text =
  (status: number, body: string): Answer =>
  (_, res) =>
    res.writeHead(status, { "content-type": "text/plain" }).end(body);

const forbidden = (...loc: string[]) => ({
  type: "extra_forbidden",
  loc: ["body", ...loc],
  msg: "Extra inputs are not permitted",
  input: { include_usage: true },
});

const refusals: [server: string, Answer][] = [
  ["OpenAI, when it was older", failure(400, { message: "Unrecognized request argument supplied: stream_options" })],
  ["OpenAI, today", failure(400, { message: "Unknown parameter: 'stream_options'.", param: "stream_options" })],
  ["one that names it in `param` alone", failure(400, { message: "Not supported.", param: "stream_options" })],
  [
    "one that blames the field in it",
    failure(400, { message: "Not supported.", param: "stream_options.include_usage" }),
  ],
  ["FastAPI", json({ detail: [forbidden("stream_options")] }, 422)],
  ["FastAPI, which blames the field in it", json({ detail: [forbidden("stream_options", "include_usage")] }, 422)],
  [
    "FastAPI, which blames another field as well",
    json({ detail: [forbidden("stream"), forbidden("stream_options")] }, 422),
  ],
  [
    "Mistral",
    json({ object: "error", message: { detail: [forbidden("stream_options")] }, type: "invalid_request_error" }, 422),
  ],
  [
    "vLLM",
    json(
      {
        object: "error",
        message:
          "[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options'), 'msg': 'Extra inputs are not permitted'}]",
        type: "BadRequestError",
        param: null,
        code: 400,
      },
      400,
    ),
  ],
  ["a server in Go", json({ error: 'json: unknown field "stream_options"' }, 400)],
  [
    "a server in Rust",
    text(
      422,
      "Failed to deserialize the JSON body into the target type: unknown field `stream_options` at line 1 column 90",
    ),
  ],
  [
    "Google",
    json(
      [
        {
          error: {
            code: 400,
            message: 'Invalid JSON payload received. Unknown name "stream_options": Cannot find field.',
            status: "INVALID_ARGUMENT",
          },
        },
      ],
      400,
    ),
  ],
  ["one that writes it in camel case", json({ message: "unknown key streamOptions" }, 400)],
  ["one that names only what is in it", json({ errors: [{ message: "include_usage is not allowed here" }] }, 400)],
  ["a gateway", json({ error: { message: "property 'stream_options' is unsupported" } }, 403)],
];

describe.each([
  ["chat", chat],
  ["complete", completeText],
])("%s", (_, query) => {
  test.each(refusals)("refused by %s: it is asked once more without it, and never again with it", async (_, refuse) => {
    const { upstream, server } = await startServed(refusing(refuse), { MAX_RETRIES: "0" });
    for (let count = 0; count < 3; count++) {
      expect(await summary(await subscribeSse(server.url, query))).toEqual(["Hel", "lo", "complete"]);
    }
    expect(asked(upstream)).toEqual([true, false, false, false]);
    const [first, second] = upstream.requests.map((request) => request.json() as Record<string, unknown>);
    const { stream_options, ...rest } = first ?? {};
    expect(stream_options).toEqual({ include_usage: true });
    expect(second).toEqual(rest);
  });

  test.each<[string, boolean[]]>([
    ["never", [false, false]],
    ["always", [true, true]],
    ["auto", [true, true]],
  ])("UPSTREAM_STREAM_USAGE=%s at a server that takes it", async (usage, expected) => {
    const { upstream, server } = await startServed(streams, { UPSTREAM_STREAM_USAGE: usage });
    for (let count = 0; count < 2; count++) await (await subscribeSse(server.url, query)).ended;
    expect(asked(upstream)).toEqual(expected);
  });

  test("with `always` a refusal stands, and nothing is repeated", async () => {
    const { upstream, server } = await startServed(refusing(failure(400, { param: "stream_options" })), {
      UPSTREAM_STREAM_USAGE: "always",
    });
    for (let count = 0; count < 2; count++) {
      const { results, ended } = await subscribeSse(server.url, query);
      await ended;
      expect(results[0].errors[0].extensions.code).toBe("UPSTREAM_BAD_REQUEST");
    }
    expect(asked(upstream)).toEqual([true, true]);
  });
});

test("the repeat counts neither as a retry nor as a request of the caller's", async () => {
  const { upstream, server } = await startServed(refusing(failure(400, { param: "stream_options" })), {
    MAX_RETRIES: "0",
    ...aliceWith({ requestsPerMinute: 1, tokensPerDay: 100_000 }),
  });
  expect(await summary(await subscribeSse(server.url, chat, {}, alice.headers))).toEqual(["Hel", "lo", "complete"]);
  const { body } = await server.query("{ viewer { used { requests } } }", {}, alice);
  expect(body.data.viewer.used.requests).toBe(1);
  expect(upstream.requests).toHaveLength(2);
});

test("a refusal that only quotes the request costs no later stream its usage", async () => {
  const quote: Answer = (request, res) =>
    res
      .writeHead(400, { "content-type": "application/json" })
      .end(
        JSON.stringify({ error: { message: `temperature is too high in {"stream_options":{}} of ${request.path}` } }),
      );
  const { upstream, server } = await startServed(quote);
  for (let count = 0; count < 2; count++) {
    const { results, ended } = await subscribeSse(server.url, chat);
    await ended;
    expect(results[0].errors[0].message).toMatch(/temperature is too high/);
  }
  expect(asked(upstream)).toEqual([true, false, true, false]);
  upstream.answer = streams;
  await (await subscribeSse(server.url, chat)).ended;
  expect(asked(upstream).at(-1)).toBe(true);
});

test.each<[string, Answer]>([
  ["a 5xx", failure(501, { message: "stream_options are not implemented" })],
  [
    "an error inside 200, which may have been paid for",
    json({ error: { message: "stream_options are not supported", code: 400 } }),
  ],
  ["a 408, after which the model may have worked", failure(408, { message: "stream_options" })],
])("%s that names it is not repeated without it", async (_, answer) => {
  const { upstream, server } = await startServed(answer, { MAX_RETRIES: "0" });
  const { results, ended } = await subscribeSse(server.url, chat);
  await ended;
  expect(results[0].errors).toHaveLength(1);
  expect(asked(upstream)).toEqual([true]);
});

test("without usage the output is estimated and charged", async () => {
  const { server } = await startServed(streams, {
    UPSTREAM_STREAM_USAGE: "never",
    ...aliceWith({ tokensPerDay: 100_000 }),
  });
  await (await subscribeSse(server.url, chat, {}, alice.headers)).ended;
  const { body } = await server.query("{ viewer { used { tokens } } }", {}, alice);
  expect(body.data.viewer.used.tokens).toBeGreaterThan(0);
});
