// Uploads of sounds with all their faults: each is refused under the sound's own name, and nothing half is transcribed.
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { CONTENT_TYPE, END, filePart, makeBytes, readFile, type WrittenPart, writeBody } from "../support/multipart.ts";
import { connectRaw, postHead } from "../support/raw-client.ts";
import { startServed } from "../support/served-upstream.ts";
import { type Answered, request, type TestServer } from "../support/server.ts";
import { listeners, mutationOf, transcribeStream } from "../support/transcriptions.ts";
import { type Answer, json, type ReceivedRequest } from "../support/upstream.ts";

const hello = json({ text: "Hello" });
const start = (environment: Record<string, string> = {}, answer: Answer = hello) => startServed(answer, environment);

const operations = [
  ...listeners.map(({ field }) => [field, mutationOf(field, "text")] as const),
  ["transcribe", transcribeStream] as const,
];

/** `operations` and `map` for one sound, as `variables.input.file`. */
function fieldsOf(query: string, map: object = { 0: ["variables.input.file"] }): WrittenPart[] {
  const variables = { input: { model: "m", file: null } };
  return [
    { name: "operations", body: JSON.stringify({ query, variables }) },
    { name: "map", body: JSON.stringify(map) },
  ];
}

/** The error of the only field, whatever the transport. */
async function fault(answer: Answered) {
  const streamed = /^data: (\{.*)$/m.exec(answer.text)?.[1];
  const { errors } = streamed ? JSON.parse(streamed) : answer.body;
  return `${errors[0].extensions.code}: ${errors[0].message}`;
}

function post(server: TestServer, ...parts: WrittenPart[]): Promise<Answered> {
  const headers = { "content-type": CONTENT_TYPE, accept: "text/event-stream, application/json" };
  return request(server.url, { method: "POST", headers, body: writeBody(...parts) });
}

describe.each(operations)("%s (%s)", (field, query) => {
  const fields = fieldsOf(query);

  test.each<[string, WrittenPart[], string]>([
    ["an empty sound", [filePart("")], "BAD_USER_INPUT: input.file must not be empty; got 0 bytes."],
    [
      "a sound over the limit, held",
      [filePart(makeBytes(2_001))],
      "PAYLOAD_TOO_LARGE: input.file must be at most 2000 bytes; got more.",
    ],
    [
      "a sound that is not in the body",
      [],
      "BAD_REQUEST: input.file did not arrive whole: File missing in the request",
    ],
    [
      "a sound that is a field",
      [{ name: "0", body: "x" }],
      "BAD_REQUEST: input.file did not arrive whole: File missing in the request",
    ],
  ])("refuses %s, and nothing is sent", async (_, parts, message) => {
    const { upstream, server } = await start({ MAX_UPLOAD_BYTES: "2000" });
    expect(await fault(await post(server, ...fields, ...parts))).toContain(message);
    expect([upstream.requests, server.faults]).toEqual([[], []]);
    expect((await post(server, ...fields, filePart("RIFF"))).text).toContain("Hello");
  });

  test("breaks the upstream's request off for a sound that turns out too large while it is sent on", async () => {
    const { upstream, server } = await start({ MAX_UPLOAD_BYTES: "2000000" });
    const answer = await post(server, ...fields, filePart(makeBytes(2_500_000)));
    expect(await fault(answer)).toBe("PAYLOAD_TOO_LARGE: input.file must be at most 2000000 bytes; got more.");
    await upstream.requests[0]?.closed;
    expect(upstream.requests.map(({ body }) => body.length)).toEqual([0]);
    expect(server.faults).toEqual([]);
  });

  test.each([30_000, 2_000_000])("ends with the client that leaves after %i bytes", async (sent) => {
    let arrive = (_: ReceivedRequest) => {};
    const arrived = new Promise<ReceivedRequest>((resolve) => {
      arrive = resolve;
    });
    const { upstream, server } = await startServed(
      (received, _, req) => {
        req.resume();
        arrive(received);
      },
      {},
      { streamBodies: true },
    );
    const body = writeBody(...fields, filePart(makeBytes(3_000_000)));
    const client = await connectRaw(server.url);
    await client.send(postHead(body.length));
    await client.send(body.subarray(0, sent));
    // Of a small part nothing has been sent on.
    if (sent > 2 ** 20) {
      const { closed } = await arrived;
      const left = performance.now();
      client.socket.destroy();
      await closed;
      expect(performance.now() - left).toBeLessThan(1_000);
    } else client.socket.destroy();
    await client.closed;
    expect(upstream.requests.length).toBe(sent > 2 ** 20 ? 1 : 0);
    expect(server.faults).toEqual([]);
  });

  test("refuses a sound that does not arrive", async () => {
    const { upstream, server } = await start({ UPLOAD_STALL_MS: "200" });
    const body = writeBody(...fields, filePart(makeBytes(100_000)));
    const client = await connectRaw(server.url);
    await client.send(postHead(body.length));
    await client.send(body.subarray(0, 50_000));
    const answer = await client.answer();
    expect(JSON.stringify(answer.body)).toContain("input.file did not arrive: no byte for 200 ms.");
    expect([upstream.requests, server.faults]).toEqual([[], []]);
  });

  test("passes a sound at the limit, in pieces of any size, as it is", async () => {
    const bytes = makeBytes(1_500_000);
    const { upstream, server } = await start({ MAX_UPLOAD_BYTES: "1500000" });
    const body = writeBody(...fields, filePart(bytes));
    const client = await connectRaw(server.url);
    await client.send(postHead(body.length));
    for (let place = 0; place < body.length; place += 77_777) await client.send(body.subarray(place, place + 77_777));
    expect(JSON.stringify((await client.answer()).body)).toContain("Hello");
    expect(upstream.requests.map((received) => readFile(received).bytes.equals(bytes))).toEqual([true]);
    expect(field).toMatch(/^trans/);
  });
});

test("one sound is written down and translated at once, and a second use of a large one is refused", async () => {
  const query = `mutation ($a: Upload!, $b: Upload!) {
    transcribe(input: { model: "m", file: $a }) { text }
    translateAudio(input: { model: "m", file: $b }) { text } }`;
  const parts = (map: object, variables: object) => [
    { name: "operations", body: JSON.stringify({ query, variables }) },
    { name: "map", body: JSON.stringify(map) },
  ];
  const { upstream, server } = await start();
  const both = parts({ 0: ["variables.a", "variables.b"] }, { a: null, b: null });
  const bytes = makeBytes(1_200_000);
  const data = { transcribe: { text: "Hello" }, translateAudio: { text: "Hello" } };
  expect((await post(server, ...both, filePart(bytes))).body).toEqual({ data });
  expect(upstream.requests.map((received) => readFile(received).bytes.equals(bytes))).toEqual([true, true]);

  const again = mutationOf("transcribe", "text").replace("($input: TranscribeInput!)", "($file: Upload!)");
  const twice = again.replace(
    "transcribe(input: $input) { text }",
    'a: transcribe(input: { model: "m", file: $file }) { text } b: transcribe(input: { model: "m", file: $file }) { text }',
  );
  const once = [
    { name: "operations", body: JSON.stringify({ query: twice, variables: { file: null } }) },
    { name: "map", body: '{"0":["variables.file"]}' },
  ];
  const answer = await post(server, ...once, filePart(bytes));
  expect(answer.body.data).toEqual({ a: { text: "Hello" }, b: null });
  expect(answer.body.errors[0].message).toContain("input.file is used more than once and larger than 1048576 bytes");
  expect(server.faults).toEqual([]);
});

test("an upstream that refuses early is heard while the sound is sent", async () => {
  const { server } = await startServed(
    async (received, res, req) => {
      await once(req, "data");
      json({ error: { message: "Unrecognized file format." } }, 400)(received, res, req);
    },
    {},
    { streamBodies: true },
  );
  const answer = await post(server, ...fieldsOf(mutationOf("transcribe", "text")), filePart(makeBytes(5_000_000)));
  expect(await fault(answer)).toContain("UPSTREAM_BAD_REQUEST: ");
  expect(answer.text).toContain("Unrecognized file format.");
});

test("the whole request is cut off in the sound: one error, and no upstream call", async () => {
  const { upstream, server } = await start();
  const cut = writeBody(...fieldsOf(mutationOf("transcribe", "text")), filePart(makeBytes(10_000)));
  const body = cut.subarray(0, cut.length - END.length - 100);
  const answer = await request(server.url, { method: "POST", headers: { "content-type": CONTENT_TYPE }, body });
  expect(await fault(answer)).toContain("BAD_REQUEST: input.file did not arrive whole");
  expect([upstream.requests, server.faults]).toEqual([[], []]);
});
