// Bodies that are not what their content types say, or what was asked for: the body decides.
import { describe, expect, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { event, startStreaming, streams } from "../support/stream.ts";
import { subscribeSse } from "../support/subscribe.ts";
import { failure, json, startUpstream } from "../support/upstream.ts";

const chunks = ["Hel", "lo"].map((content) => ({ id: "x", choices: [{ index: 0, delta: { content } }] }));
const last = { id: "x", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] };
const all = [...chunks, last];
const stream = all.map((chunk) => event(chunk)).join("");
const done = "data: [DONE]\n\n";
const CHAT = `subscription { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) {
  text choices { finishReason } usage { totalTokens } } }`;

async function read(body: string, type = "text/event-stream") {
  const { server, upstream } = await startStreaming((_, res) => res.writeHead(200, { "content-type": type }).end(body));
  const { results, ended } = await subscribeSse(server.url, CHAT);
  expect(await ended).toBe("complete");
  expect(upstream.requests).toHaveLength(1);
  expect(server.faults).toEqual([]);
  return results;
}
const textOf = (results: Awaited<ReturnType<typeof read>>) => results.map(({ data }) => data?.chat.text ?? "").join("");

describe("a stream is read", () => {
  test.each<[string, string, string?]>([
    ["labelled as JSON", stream + done, "application/json"],
    ["labelled as text", stream + done, "text/plain"],
    ["labelled as a page", stream + done, "text/html"],
    ["after blank lines and a byte order mark", `\uFEFF\n\r\n \n\n${stream}${done}`],
    ["after a comment", `: hello\n\n${stream}${done}`, "application/json"],
    [
      "with `null` between its events",
      `data: null\n\n${all.map((chunk) => `${event(chunk)}data: null\n\n`).join("")}${done}`,
    ],
    [
      "with one line end after each event",
      `${all.map((chunk) => `data: ${JSON.stringify(chunk)}`).join("\n")}\ndata: [DONE]\n`,
    ],
    [
      "with one line end and no blank",
      `${all.map((chunk) => `data:${JSON.stringify(chunk)}`).join("\n")}\ndata:[DONE]`,
    ],
    ["with one CRLF after each event", `${all.map((chunk) => `data: ${JSON.stringify(chunk)}`).join("\r\n")}\r\n`],
    ["with CR alone", (stream + done).replaceAll("\n", "\r"), "application/json"],
    [
      "with the names of its events and one line end after each",
      all.map((chunk) => `event: message\ndata: ${JSON.stringify(chunk)}\n`).join(""),
    ],
    [
      "with signs of life that are no JSON",
      `event: ping\ndata: pong\n\n${all.map((chunk) => `${event(chunk)}event: heartbeat\ndata: 12:00\n\n`).join("")}${done}`,
    ],
    [
      "that is an answer after comments",
      `: PROCESSING\n\n: PROCESSING\n\n${JSON.stringify({ choices: [{ message: { content: "Hello" }, finish_reason: "stop" }] })}`,
    ],
    ["with another word for the end", `${stream}data: DONE\n\n`],
    [
      "with its texts beside no delta",
      `${Array.from("Hello", (text) => event({ choices: [{ index: 0, text }] })).join("")}${done}`,
    ],
    [
      "with messages that are texts",
      event({ choices: [{ index: 0, message: "Hel" }] }) +
        event({ choices: [{ index: 0, message: "Hello", finish_reason: "stop" }] }),
    ],
    ["with the end as JSON", `${stream}data: "[DONE]"\n\n`],
    [
      "with JSON over several lines",
      `${all.map((chunk) => `${JSON.stringify(chunk, null, 1).replace(/^/gm, "data: ")}\n\n`).join("")}${done}`,
    ],
  ])("%s", async (_, body, type) => {
    const results = await read(body, type);
    expect(textOf(results)).toBe("Hello");
    expect(results.flatMap(({ errors }) => errors ?? [])).toEqual([]);
  });

  test("with one line end after each event, as its events come", async () => {
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { server } = await startStreaming(async (_, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" });
      for (const chunk of [...chunks, ...chunks, ...chunks])
        await new Promise((resolve) => res.write(`data: ${JSON.stringify(chunk)}\n`, resolve));
      await finished;
      res.end(`data: ${JSON.stringify(last)}\n`);
    });
    const subscription = await subscribeSse(server.url, CHAT);
    let text = "";
    while (text !== "HelloHelloHello") text += (await subscription.next())?.data.chat.text;
    finish();
    expect(await subscription.ended).toBe("complete");
  });
});

describe("a whole answer in place of a stream is one chunk and its end", () => {
  const answer = {
    id: "x",
    choices: [{ index: 0, message: { role: "assistant", content: "Hello" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
  };
  const whole = [{ data: { chat: { text: "Hello", choices: [{ finishReason: "STOP" }], usage: { totalTokens: 3 } } } }];

  test.each(["application/json", "text/event-stream", "text/plain"])("labelled as %s", async (type) => {
    expect(await read(JSON.stringify(answer), type)).toEqual(whole);
    expect(await read(`\n ${JSON.stringify(answer, null, 2)}\n`, type)).toEqual(whole);
  });

  test.each(["\n\ndata: [DONE]\n\n", "[DONE]", "\ndata:[DONE]"])("followed by %j, in either place", async (end) => {
    expect(await read(`${JSON.stringify(answer)}${end}`, "application/json")).toEqual(whole);
    const upstream = await startUpstream((_, res) => res.writeHead(200).end(`${JSON.stringify(answer)}${end}`));
    const server = await startTestServer(upstream.url);
    const { body } = await server.query(
      'mutation { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { text } }',
    );
    expect(body).toEqual({ data: { chat: { text: "Hello" } } });
  });

  test("split at any byte, after blank lines and a byte order mark", async () => {
    const bytes = Buffer.from(`\n \r\n\uFEFF${JSON.stringify(answer)}\n`);
    for (let place = 1; place < bytes.length; place += place < 12 ? 1 : 13) {
      const { server } = await startStreaming(streams(bytes.subarray(0, place), bytes.subarray(place)));
      const { results, ended } = await subscribeSse(server.url, CHAT);
      expect(await ended).toBe("complete");
      expect(results).toEqual(whole);
    }
  });

  test.each([
    ["a delta", { delta: { role: "assistant", content: "Hello" } }],
    ["a text", { text: "Hello" }],
    ["a text under its name", { message: "Hello" }],
  ])("with %s in place of its message, in either place", async (_, said) => {
    const body = JSON.stringify({ ...answer, choices: [{ index: 0, ...said, finish_reason: "stop" }] });
    expect(await read(body)).toEqual(whole);
    const upstream = await startUpstream((_, res) => res.writeHead(200).end(body));
    const server = await startTestServer(upstream.url);
    const mutation = 'mutation { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { text } }';
    expect((await server.query(mutation)).body).toEqual({ data: { chat: { text: "Hello" } } });
  });

  test("of a completion", async () => {
    const { server } = await startStreaming(
      json({ id: "x", choices: [{ index: 0, text: "Hello", finish_reason: "stop" }] }),
    );
    const { results, ended } = await subscribeSse(
      server.url,
      'subscription { complete(input: { model: "m", prompt: "hi" }) { text } }',
    );
    expect(await ended).toBe("complete");
    expect(results).toEqual([{ data: { complete: { text: "Hello" } } }]);
  });

  test("without choices is no answer", async () => {
    const [result] = await read("{}");
    expect(result.errors[0].extensions.code).toBe("UPSTREAM_INVALID_RESPONSE");
  });
});

describe("a body in any framing is read:", () => {
  const answer = JSON.stringify({ choices: [{ index: 0, message: { content: "Hello" }, finish_reason: "stop" }] });
  const framings: [string, (body: string) => string][] = [
    ["with its length", (body) => `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`],
    [
      "in chunks",
      (body) => `transfer-encoding: chunked\r\n\r\n${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ],
    ["up to the end of the connection", (body) => `connection: close\r\n\r\n${body}`],
  ];
  test.each(framings)("%s", async (_, frame) => {
    for (const type of ["application/json", "text/event-stream"]) {
      for (const body of [stream, stream + done, answer, `${answer}\n\n${done}`]) {
        const upstream = await startUpstream((_, __, req) =>
          req.socket.end(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n${frame(body)}`),
        );
        const server = await startTestServer(upstream.url);
        const { results, ended } = await subscribeSse(server.url, CHAT);
        expect(await ended).toBe("complete");
        expect(textOf(results)).toBe("Hello");
        const mutation = 'mutation { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { text } }';
        expect((await server.query(mutation)).body).toEqual({ data: { chat: { text: "Hello" } } });
      }
    }
  });
});

describe("an error's body that is an event", () => {
  const words = JSON.stringify({ error: { message: "Too long.", type: "invalid_request_error" } });
  test.each([
    `data: ${words}\n\n`,
    `event: error\ndata: ${words}\n\ndata: [DONE]\n\n`,
    `error: ${words}\n`,
    `: hello\r\ndata: ${words}`,
    `data: {"error":\ndata: {"message": "Too long."}}\n\n`,
  ])("%j says what the error is, of a stream and of a whole answer", async (body) => {
    const upstream = await startUpstream((_, res) =>
      res.writeHead(400, { "content-type": "text/event-stream" }).end(body),
    );
    const server = await startTestServer(upstream.url);
    const { results } = await subscribeSse(server.url, CHAT).then(async (one) => ({ ...one, end: await one.ended }));
    const mutation = 'mutation { chat(input: { model: "m", messages: [{ role: USER, content: "hi" }] }) { text } }';
    for (const { errors } of [results[0], (await server.query(mutation)).body])
      expect(errors).toMatchObject([{ message: "Too long.", extensions: { code: "UPSTREAM_BAD_REQUEST" } }]);
  });
});

describe("stream_options", () => {
  const refused = (words: object) => failure(422, { message: "Extra inputs are not permitted", ...words });

  test.each([
    ["by its message", { message: "body.stream_options.include_usage: Extra inputs are not permitted" }],
    ["by its param", { param: "stream_options" }],
  ])("refused %s are left out from then on", async (_, words) => {
    const upstream = await startUpstream((request, res, req) => {
      const body = request.json() as { stream_options?: unknown };
      return body.stream_options
        ? refused(words)(request, res, req)
        : res.writeHead(200, { "content-type": "text/event-stream" }).end(stream + done);
    });
    const server = await startTestServer(upstream.url);
    for (let time = 0; time < 2; time++) {
      const { results, ended } = await subscribeSse(server.url, CHAT);
      expect(await ended).toBe("complete");
      expect(textOf(results)).toBe("Hello");
    }
    const asked = upstream.requests.map((request) => "stream_options" in (request.json() as object));
    expect(asked).toEqual([true, false, false]);
  });

  test("refused of several streams at once cost none of them", async () => {
    const upstream = await startUpstream((request, res, req) =>
      "stream_options" in (request.json() as object)
        ? refused({ param: "stream_options" })(request, res, req)
        : res.writeHead(200, { "content-type": "text/event-stream" }).end(stream + done),
    );
    const server = await startTestServer(upstream.url);
    const all = await Promise.all(Array.from({ length: 4 }, () => subscribeSse(server.url, CHAT)));
    for (const { results, ended } of all) {
      expect(await ended).toBe("complete");
      expect(textOf(results)).toBe("Hello");
    }
  });

  test("are sent again where another field was refused", async () => {
    const { server, upstream } = await startStreaming(refused({ param: "temperature" }));
    for (let time = 0; time < 2; time++) await (await subscribeSse(server.url, CHAT)).ended;
    expect(upstream.requests.map((request) => "stream_options" in (request.json() as object))).toEqual([true, true]);
  });
});
