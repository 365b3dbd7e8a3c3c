// Variables that do not fit: the error names their place, and never their value.
import { expect, test } from "vitest";
import { refuse } from "../support/refuse.ts";
import { startTestServer } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

const secret = "sk-marker a whole prompt";
const message = { role: "USER", content: secret };
const chat = "mutation ($input: ChatInput!) { chat(input: $input) { text } }";
const stream = "subscription ($input: ChatInput!) { chat(input: $input) { text } }";
const input = { model: "m", messages: [message] };

test.each<[unknown, string]>([
  [undefined, 'Variable "$input" is not valid: Expected type "ChatInput!"; it was not given.'],
  [null, 'Variable "$input" is not valid: Expected type "ChatInput!"; got null.'],
  [secret, 'Variable "$input" is not valid: Expected type "ChatInput" to be an object.'],
  [[input], 'Variable "$input" is not valid: Expected type "ChatInput" to be an object.'],
  [
    { messages: [message] },
    'Variable "$input" is not valid: Field "model" of required type "String!" was not provided.',
  ],
  [
    { ...input, messages: [{ ...message, role: secret }] },
    'Variable "$input" is not valid at "input.messages[0].role": Value does not exist in "ChatRole" enum.',
  ],
  [
    { ...input, messages: [message, { role: { secret } }] },
    'Variable "$input" is not valid at "input.messages[1].role": Enum "ChatRole" cannot represent non-string value.',
  ],
  [
    { ...input, messages: [null, message] },
    'Variable "$input" is not valid at "input.messages[0]": Expected non-nullable type "ChatMessageInput!" not to be null.',
  ],
  [
    { ...input, model: 41 },
    'Variable "$input" is not valid at "input.model": String cannot represent a non string value.',
  ],
  [{ ...input, n: secret }, 'Variable "$input" is not valid at "input.n": Int cannot represent non-integer value.'],
  [
    { ...input, n: 2 ** 40 },
    'Variable "$input" is not valid at "input.n": Int cannot represent non 32-bit signed integer value.',
  ],
  [
    { ...input, topP: secret },
    'Variable "$input" is not valid at "input.topP": Float cannot represent non numeric value.',
  ],
  [
    { ...input, store: secret },
    'Variable "$input" is not valid at "input.store": Boolean cannot represent a non boolean value.',
  ],
  [
    { ...input, seed: secret },
    'Variable "$input" is not valid at "input.seed": SafeInt cannot represent non-integer value.',
  ],
  [
    { ...input, seed: 2 ** 60 },
    'Variable "$input" is not valid at "input.seed": SafeInt cannot represent unsafe integer value.',
  ],
  [
    { ...input, metadata: secret },
    'Variable "$input" is not valid at "input.metadata": A JSONObject must be an object.',
  ],
  [
    { ...input, messages: [{ role: "TOOL", toolCallId: { secret } }] },
    'Variable "$input" is not valid at "input.messages[0].toolCallId": ID cannot represent value.',
  ],
  [
    { ...input, messages: [{ role: "USER", parts: [{ text: secret, refusal: secret }] }] },
    'Variable "$input" is not valid at "input.messages[0].parts[0]": Exactly one key must be specified for OneOf type "ContentPartInput".',
  ],
  [
    { ...input, messages: [{ role: "USER", parts: [{ text: null }] }] },
    'Variable "$input" is not valid at "input.messages[0].parts[0].text": Field "text" must be non-null.',
  ],
  [{ ...input, [secret]: 1 }, 'Variable "$input" is not valid: Field "…" is not defined by type "ChatInput".'],
  [{ ...input, ["x".repeat(65)]: 1 }, 'Variable "$input" is not valid: Field "…" is not defined by type "ChatInput".'],
  [
    { ...input, modle: secret },
    'Variable "$input" is not valid: Field "modle" is not defined by type "ChatInput". Did you mean "model" or "tools"?',
  ],
])("%j is refused without a word of it", async (value, expected) => {
  const upstream = await startUpstream(json({}));
  const server = await startTestServer(upstream.url);
  for (const query of [chat, stream]) {
    const errors = await refuse(server, query, { input: value });
    expect(errors).toEqual([
      { message: expected, locations: expect.anything(), extensions: { code: "BAD_USER_INPUT" } },
    ]);
  }
  expect(upstream.requests).toEqual([]);
  expect(server.faults).toEqual([]);
});

test("they are a 400 to clients of application/graphql-response+json, and name no schema's names in production", async () => {
  const upstream = await startUpstream(json({}));
  const server = await startTestServer(upstream.url, { NODE_ENV: "production", ALLOW_ANONYMOUS: "true" });
  const accept = { headers: { accept: "application/graphql-response+json" } };
  const { status, text } = await server.query(chat, { input: { ...input, modle: 1 } }, accept);
  expect(status).toBe(400);
  expect(text).toContain('Field \\"modle\\" is not defined by type \\"ChatInput\\".');
  expect(text).not.toContain("Did you mean");
});

test("no more than 5 are told, of however many", async () => {
  const upstream = await startUpstream(json({}));
  const server = await startTestServer(upstream.url);
  const errors = await refuse(server, chat, { input: { ...input, messages: Array(20).fill({ role: secret }) } });
  expect(errors.map(({ message }) => message)).toEqual(
    [0, 1, 2, 3, 4].map(
      (index) =>
        `Variable "$input" is not valid at "input.messages[${index}].role": Value does not exist in "ChatRole" enum.`,
    ),
  );
});

test("the chosen operation's variables are checked, and defaults stand in for what is not given", async () => {
  const upstream = await startUpstream(json({ object: "list", data: [] }));
  const server = await startTestServer(upstream.url);
  const body = (operationName: string) => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      query:
        'query A($id: ID! = "m") { __typename @include(if: true) model(id: $id) @skip(if: true) { id } } query B($n: Boolean!) { __typename @skip(if: $n) }',
      operationName,
    }),
  });
  expect(await (await fetch(server.url, body("A"))).json()).toEqual({ data: { __typename: "Query" } });
  expect(await (await fetch(server.url, body("B"))).json()).toMatchObject({
    errors: [{ message: 'Variable "$n" is not valid: Expected type "Boolean!"; it was not given.' }],
  });
});

// The executor's own errors quote the whole value once for each of them: 50 times 4 MiB, in seconds.
test("a large input with many unknown fields is refused about as fast as one with a single one", async () => {
  const upstream = await startUpstream(json({}));
  const server = await startTestServer(upstream.url);
  const large = { model: "m", messages: [{ role: "USER", content: "x".repeat(4 * 2 ** 20) }] };
  const unknown = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`unknown${index}`, 1]));
  const measure = async (count: number) => {
    const before = process.cpuUsage();
    const { text } = await server.query(chat, { input: { ...large, ...unknown(count) } });
    expect(text.length).toBeLessThan(2_000);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  await measure(1);
  const one = await measure(1);
  expect(await measure(60)).toBeLessThan(one + 500);
});
