// The server as a subgraph behind Hive Gateway: its operations, streams, rights, and models that another subgraph refers to.
import { describe, expect, test } from "vitest";

import { chatCompletion, models } from "../support/answers.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { readParts } from "../support/multipart.ts";
import { startServed } from "../support/served-upstream.ts";
import { chunk, done, event, hello, streams, streamsThen } from "../support/stream.ts";
import { startGateway } from "../support/supergraph.ts";
import { type Answer, json } from "../support/upstream.ts";

const INPUT = '{ model: "gpt-4o-mini", messages: [{ role: USER, content: "Hi" }] }';
const STREAM = `subscription { chat(input: ${INPUT}) { text } }`;

/** Answers with models, and everything else by `answer`. */
const serves =
  (answer: Answer): Answer =>
  (request, ...rest) =>
    request.path.endsWith("/models") ? json(models)(request, ...rest) : answer(request, ...rest);

async function start(answer: Answer, environment: Record<string, string> = {}, assistants = {}) {
  const { upstream, server } = await startServed(serves(answer), { FEDERATION: "true", ...environment });
  const { body } = await server.query("{ _service { sdl } }", undefined, alice);
  return { upstream, server, send: await startGateway(server.url, body.data._service.sdl, assistants) };
}

test("queries and mutations pass through it", async () => {
  const { upstream, send } = await start(json(chatCompletion));
  expect(await (await send("{ models { id ownedBy } }")).json()).toMatchObject({
    data: { models: [{ id: "gpt-4o-mini" }, {}, {}] },
  });
  const answer = await send(`mutation { chat(input: ${INPUT}) { id text usage { totalTokens } choices { index } } }`);
  expect(await answer.json()).toMatchObject({ data: { chat: { text: "Hello!" } } });
  expect(upstream.requests.map(({ path }) => path)).toEqual(["/v1/models", "/v1/chat/completions"]);
});

test("a subscription streams through it", async () => {
  const { send } = await start(streams(event(chunk("Hel")), event(chunk("lo", "stop")), done));
  const text = await (await send(STREAM, { accept: "text/event-stream" })).text();
  expect(text).toMatch(/"Hel".*"lo".*event: complete/s);
});

/** Reads the body up to this text, and leaves. */
async function leaveAfter(body: Response["body"], words: string): Promise<void> {
  const reader = body?.getReader();
  let text = "";
  while (!text.includes(words)) text += Buffer.from((await reader?.read())?.value ?? []).toString();
  await reader?.cancel();
}

describe("by its own default, which is GET for subscriptions", () => {
  const { authorization } = alice.headers;
  const accept = "text/event-stream";

  async function startDefault(answer: Answer) {
    const { upstream, server } = await startServed(serves(answer), { FEDERATION: "true", ...aliceWith({}) });
    const { body } = await server.query("{ _service { sdl } }", undefined, alice);
    const send = await startGateway(server.url, body.data._service.sdl, { Ada: "gpt-4o-mini" }, "default");
    return { upstream, send };
  }

  test("a stream with a key passes, and each of two is a call of its own", async () => {
    const { upstream, send } = await startDefault(streams(event(chunk("Hel")), event(chunk("lo", "stop")), done));
    for (let turn = 1; turn <= 2; turn++) {
      const text = await (await send(STREAM, { accept, authorization })).text();
      expect(text).toMatch(/"Hel".*"lo".*event: complete/s);
      expect(upstream.requests).toHaveLength(turn);
    }
  });

  test("a stream without a key is refused before it is paid for", async () => {
    const { upstream, send } = await startDefault(streams(hello));
    const text = await (await send(STREAM, { accept })).text();
    expect(text).toMatch(/FORBIDDEN|UNAUTHENTICATED/);
    expect(upstream.requests).toEqual([]);
  });

  test("a stream that breaks off tells so", async () => {
    const { send } = await startDefault(streamsThen(event(chunk("Hel")), (res) => res.destroy()));
    const text = await (await send(STREAM, { accept, authorization })).text();
    expect(text).toMatch(/"Hel".*UPSTREAM_INTERRUPTED/s);
  });

  test("who leaves a stream ends the upstream call", async () => {
    const { upstream, send } = await startDefault(streamsThen(event(chunk("Hel")), () => {}));
    const { body } = await send(STREAM, { accept, authorization });
    await leaveAfter(body, "Hel");
    await upstream.requests[0]?.closed;
    expect(upstream.requests).toHaveLength(1);
  });

  test("queries, mutations and models that another subgraph refers to pass", async () => {
    const { upstream, send } = await startDefault(json(chatCompletion));
    const chat = await send(`mutation { chat(input: ${INPUT}) { text } }`, { authorization });
    expect(await chat.json()).toEqual({ data: { chat: { text: "Hello!" } } });
    const referred = await send("{ assistants { model { id object } } }", { authorization });
    expect(await referred.json()).toEqual({
      data: { assistants: [{ model: { id: "gpt-4o-mini", object: "model" } }] },
    });
    expect(upstream.requests.map(({ path }) => path)).toEqual(["/v1/chat/completions", "/v1/models"]);
  });
});

test("who leaves a stream of the gateway ends the upstream call", async () => {
  const { upstream, send } = await start(streamsThen(event(chunk("Hel")), () => {}));
  const { body } = await send(STREAM, { accept: "text/event-stream" });
  await leaveAfter(body, "Hel");
  await upstream.requests[0]?.closed;
  expect(upstream.requests).toHaveLength(1);
});

test("models that another subgraph refers to are looked up by one upstream call; one that is unknown is null", async () => {
  const assistants = { Ada: "gpt-4o-mini", Bob: "no-such-model", Eve: "gpt-4o-mini" };
  const { upstream, send } = await start(json(chatCompletion), {}, assistants);
  expect(await (await send("{ assistants { name model { id ownedBy object } } }")).json()).toMatchObject({
    data: {
      assistants: [
        { name: "Ada", model: { id: "gpt-4o-mini", object: "model" } },
        { name: "Bob", model: { id: "no-such-model", object: null } },
        { name: "Eve", model: { id: "gpt-4o-mini", object: "model" } },
      ],
    },
  });
  expect(upstream.requests.map(({ path }) => path)).toEqual(["/v1/models"]);
});

test("the client's key, rights and errors pass through it", async () => {
  const { upstream, send } = await start(json(chatCompletion), aliceWith({ models: ["other-*"] }), {
    Ada: "gpt-4o-mini",
  });
  const { authorization } = alice.headers;
  const codeOf = async (query: string, init = {}) => (await (await send(query, init)).json()).errors[0].extensions.code;
  expect(await codeOf(`mutation { chat(input: ${INPUT}) { text } }`)).toBe("UNAUTHENTICATED");
  expect(await codeOf(`mutation { chat(input: ${INPUT}) { text } }`, { authorization })).toBe("FORBIDDEN");
  expect(await codeOf("{ assistants { model { ownedBy } } }", { authorization })).toBe("FORBIDDEN");
  expect(upstream.requests).toEqual([]);
});

test("exactly one field of an input that must have one is checked by the server", async () => {
  const { upstream, send } = await start(streams(hello));
  const parts = 'messages: [{ role: USER, parts: [{ text: "Hi", imageUrl: { url: "https://example.com/a.png" } }] }]';
  const { errors } = await (await send(`mutation { chat(input: { model: "m", ${parts} }) { text } }`)).json();
  expect(errors).toMatchObject([{ message: expect.stringContaining("ContentPartInput") }]);
  expect(upstream.requests).toEqual([]);
});

test("what is within the server's limits of documents is within them behind it", async () => {
  const { upstream, send } = await start(json(chatCompletion));
  const aliases = Array.from({ length: 30 }, (_, index) => `m${index}: models { ...Whole }`);
  const whole =
    "fragment Whole on Model { id object created ownedBy shutdownDate permission { id allowSampling isBlocking } }";
  const { data, errors } = await (await send(`{ ${aliases.join(" ")} } ${whole}`)).json();
  expect(errors).toBeUndefined();
  expect(Object.keys(data)).toHaveLength(30);
  expect(upstream.requests.every(({ path }) => path === "/v1/models")).toBe(true);
});

describe("pictures, sounds, vectors and files", () => {
  const sound = new File([Buffer.from("not a sound")], "hi.wav", { type: "audio/wav" });

  test("a file reaches the upstream whole, with its name and type", async () => {
    const { upstream, send } = await start(json({ text: "Hi" }));
    const query = 'mutation ($file: Upload!) { transcribe(input: { model: "m", file: $file }) { text } }';
    const answer = await send(query, { file: sound });
    expect(await answer.json()).toEqual({ data: { transcribe: { text: "Hi" } } });
    const [received] = upstream.requests;
    const file = received && readParts(received).find(({ name }) => name === "file");
    expect(file).toMatchObject({ filename: "hi.wav", bytes: Buffer.from("not a sound") });
  });

  test("vectors keep their digits, and segments with one id stay apart", async () => {
    const data = [0.1, 0.2].map((embedding, index) => ({ index, embedding: [embedding, 1] }));
    const { send } = await start((request, ...rest) =>
      json(request.path.endsWith("embeddings") ? { data } : { text: "ab", segments })(request, ...rest),
    );
    const vectors = await send(
      'mutation { embed(input: { model: "m", input: ["a", "b"] }) { data { index embedding } } }',
    );
    expect(await vectors.json()).toEqual({ data: { embed: { data } } });
    const segments = ["a", "b"].map((text) => ({ id: 0, text }));
    const said = await send(
      'mutation ($file: Upload!) { transcribe(input: { model: "m", file: $file }) { segments { id text } } }',
      {
        file: sound,
      },
    );
    expect(await said.json()).toEqual({
      data: { transcribe: { segments: segments.map(({ text }) => ({ id: "0", text })) } },
    });
  });

  test("a picture's url is this server's, and streams pass", async () => {
    const { server, send } = await start((request, res, req) =>
      (request.json() as { stream?: boolean }).stream
        ? streams(
            event({ type: "image_generation.partial_image", partial_image_index: 0, b64_json: "AAAA" }),
            event({ type: "image_generation.completed", b64_json: "AAEC" }),
          )(request, res, req)
        : json({ created: 1, data: [{ b64_json: "AAEC" }] })(request, res, req),
    );
    const made = await send('mutation { imageGenerations(input: { prompt: "p" }) { data { url } } }');
    const { data } = (await made.json()) as { data: { imageGenerations: { data: { url: string }[] } } };
    const picture = await fetch(new URL(data.imageGenerations.data[0]?.url ?? "", server.url));
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(Buffer.from([0, 1, 2]));
    const stream =
      'subscription { imageGenerations(input: { prompt: "p", partialImages: 1 }) { isPartial image { b64Json } } }';
    const text = await (await send(stream, { accept: "text/event-stream" })).text();
    expect(text).toMatch(/"isPartial":true.*"AAAA".*"isPartial":false.*"AAEC".*event: complete/s);
  });
});
