// Messages of graphql-js about documents, without the documents' content: every one of its parser, rules and scalars.
import { describe, expect, test } from "vitest";
import { safeMessage } from "../../src/errors/safe-messages.ts";
import { refuse } from "../support/refuse.ts";
import { startTestServer } from "../support/server.ts";
import { json, startUpstream } from "../support/upstream.ts";

const MARKER = "sk-marker 1";
const text = JSON.stringify(MARKER);
const long = `sk_marker_${"x".repeat(55)}`;
const base = 'model: "m", messages: [{ role: USER, content: "c" }]';
const chat = (input: string) => `mutation { chat(input: ${input}) { text } }`;
const syntax = (message: string) => `Syntax Error: ${message}`;

/** Documents by what is said of them. */
const refusals: Record<string, [document: string, ...messages: string[]][]> = {
  GRAPHQL_PARSE_FAILED: [
    [`{ models ${text} }`, syntax("Expected Name, found String.")],
    [`{ models ""${text}"" }`, syntax("Expected Name, found BlockString.")],
    ["{ models 4141 }", syntax("Expected Name, found Int.")],
    ["{ models 4141.4141 }", syntax("Expected Name, found Float.")],
    ["{ models ! }", syntax('Expected Name, found "!".')],
    [`query Q ${long}`, syntax('Expected "{", found Name "…".')],
    [`fragment F ${text} on Query { id }`, syntax('Expected "on", found String.')],
    ["fragment F onn Query { id }", syntax('Expected "on", found Name "onn".')],
    ["qurey { models }", syntax('Unexpected Name "qurey".')],
    [`{ model(id: $a) { id } } ${text}`, syntax("Unexpected <EOF>.")],
    ["", syntax("Unexpected <EOF>.")],
    [`{ a } ${text} extend`, syntax("Unexpected description, only GraphQL definitions support descriptions.")],
    [`${text} { a }`, syntax("Unexpected description, descriptions are not supported on shorthand queries.")],
    [`query ($a: Int = $${long}) { a }`, syntax('Unexpected variable "$…" in constant value.')],
    ["enum E { true }", syntax('Name "true" is reserved and cannot be used for an enum value.')],
    [`{ a(b: '${MARKER}') }`, syntax("Unexpected single quote character (').")],
    ["{ § }", syntax("Unexpected character.")],
    ["{ \ud800 }", syntax("Invalid character.")],
    [`{ a(b: "${MARKER}\ud800") }`, syntax("Invalid character within String.")],
    [`{ a(b: "${MARKER}\\q") }`, syntax("Invalid character escape sequence.")],
    [`{ a(b: "${MARKER}\\u12sk") }`, syntax("Invalid Unicode escape sequence.")],
    ["{ a(b: 041) }", syntax("Invalid number, unexpected digit after 0.")],
    ["{ a(b: 1sk) }", syntax("Invalid number, expected digit.")],
    [`{ a(b: "${MARKER}`, syntax("Unterminated string.")],
  ],
  GRAPHQL_VALIDATION_FAILED: [
    ["{ __typename } type Marker { a: Int }", 'The "Marker" definition is not executable.'],
    ["{ __typename } schema { query: Query }", "The schema definition is not executable."],
    ["{ modelz { id } }", 'Cannot query field "modelz" on type "Query". Did you mean "model" or "models"?'],
    [`{ ${long} }`, 'Cannot query field "…" on type "Query".'],
    ["{ models { ... on String { id } } }", 'Fragment cannot condition on non composite type "String".'],
    ["{ ...F } fragment F on String { id }", 'Fragment "F" cannot condition on non composite type "String".'],
    [`{ model(id: "a", idd: ${text}) { id } }`, 'Unknown argument "idd" on field "Query.model". Did you mean "id"?'],
    [`{ __typename @skip(if: true, iff: ${text}) }`, 'Unknown argument "iff" on directive "@skip". Did you mean "if"?'],
    [`{ __typename @nope(a: ${text}) }`, 'Unknown directive "@nope".'],
    ["query @skip(if: true) { __typename }", 'Directive "@skip" may not be used on QUERY.'],
    ["{ ...Nope }", 'Unknown fragment "Nope".'],
    ["query ($a: Modell) { __typename @skip(if: $a) }", 'Unknown type "Modell". Did you mean "Model"?'],
    [
      "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
      "Maximum introspection depth exceeded.",
    ],
    ["{ ...F } fragment F on Query { ...F }", 'Cannot spread fragment "F" within itself.'],
    [
      "{ ...F } fragment F on Query { ...G } fragment G on Query { ...H } fragment H on Query { ...F }",
      'Cannot spread fragment "F" within itself via "G", "H".',
    ],
    ["{ model(id: $a) { id } }", 'Variable "$a" is not defined.'],
    ["query Q { model(id: $a) { id } }", 'Variable "$a" is not defined by operation "Q".'],
    ["query ($a: Int) { __typename }", 'Variable "$a" is never used.'],
    ["query Q($a: Int) { __typename }", 'Variable "$a" is never used in operation "Q".'],
    [
      "query ($a: Model) { model(id: $a) { id } }",
      'Variable "$a" cannot be non-input type "Model".',
      'Variable "$a" of type "Model" used in position expecting type "ID!".',
    ],
    ["{ __typename } fragment F on Query { __typename }", 'Fragment "F" is never used.'],
    [
      `{ a: model(id: ${text}) { id } a: model(id: "b") { id } }`,
      'Fields "a" conflict because they have differing arguments. Use different aliases on the fields to fetch both if this was intentional.',
    ],
    [
      "{ models { a: id } models { a: created } }",
      'Fields "models" conflict because subfields "a" conflict because "id" and "created" are different fields. Use different aliases on the fields to fetch both if this was intentional.',
    ],
    [
      "{ models { ... on Query { __typename } } }",
      'Fragment cannot be spread here as objects of type "Model" can never be of type "Query".',
    ],
    [
      "{ models { ...F } } fragment F on Query { __typename }",
      'Fragment "F" cannot be spread here as objects of type "Model" can never be of type "Query".',
    ],
    ["{ model { id } }", 'Field "model" argument "id" of type "ID!" is required, but it was not provided.'],
    [
      "{ __typename @skip }",
      'Directive "@skip" argument "if" of type "Boolean!" is required, but it was not provided.',
    ],
    ["{ models { id { x } } }", 'Field "id" must not have a selection since type "ID!" has no subfields.'],
    [
      "{ models }",
      'Field "models" of type "[Model!]" must have a selection of subfields. Did you mean "models { ... }"?',
    ],
    ["subscription S { __typename }", 'Subscription "S" must not select an introspection top level field.'],
    ["subscription { __typename }", "Anonymous Subscription must not select an introspection top level field."],
    [
      `subscription S { chat(input: { ${base} }) { id } b: chat(input: { ${base} }) { id } }`,
      'Subscription "S" must select only one top level field.',
    ],
    [
      `subscription { chat(input: { ${base} }) { id } b: chat(input: { ${base} }) { id } }`,
      "Anonymous Subscription must select only one top level field.",
    ],
    [`{ model(id: "a", id: ${text}) { id } }`, 'There can be only one argument named "id".'],
    [chat(`{ ${base}, user: "a", user: ${text} }`), 'There can be only one input field named "user".'],
    [
      "{ ...F } fragment F on Query { __typename } fragment F on Query { __typename }",
      'There can be only one fragment named "F".',
    ],
    ["query ($a: ID!, $a: ID!) { model(id: $a) { id } }", 'There can be only one variable named "$a".'],
    ["{ __typename @skip(if: true) @skip(if: true) }", 'The directive "@skip" can only be used once at this location.'],
    [chat('{ model: "m" }'), 'Field "ChatInput.messages" of required type "[ChatMessageInput!]!" was not provided.'],
    [
      chat(`{ ${base}, modle: ${text} }`),
      'Field "modle" is not defined by type "ChatInput". Did you mean "model" or "tools"?',
    ],
    [chat(text), 'Expected value of type "ChatInput!".'],
    [chat(`[${text}]`), 'Expected value of type "ChatInput".'],
    [chat("null"), 'Expected value of type "ChatInput!".'],
    [
      chat(`{ model: "m", messages: [{ role: USER, parts: [{ text: ${text}, refusal: ${text} }] }] }`),
      'OneOf Input Object "ContentPartInput" must specify exactly one key.',
    ],
    [
      chat('{ model: "m", messages: [{ role: USER, parts: [{ text: null }] }] }'),
      'Field "ContentPartInput.text" must be non-null.',
    ],
    [chat(`{ ${base}, n: ${text} }`), "Int cannot represent non-integer value."],
    [chat(`{ ${base}, n: 41414141414141 }`), "Int cannot represent non 32-bit signed integer value."],
    [chat(`{ ${base}, topP: ${text} }`), "Float cannot represent non numeric value."],
    [chat(`{ ${base}, user: { sk: ${text} } }`), "String cannot represent a non string value."],
    [chat(`{ ${base}, store: ${text} }`), "Boolean cannot represent a non boolean value."],
    [`{ model(id: { sk: ${text} }) { id } }`, "ID cannot represent a non-string and non-integer value."],
    [chat(`{ ${base}, serviceTier: ${text} }`), 'Enum "ServiceTier" cannot represent non-enum value.'],
    [chat(`{ ${base}, serviceTier: sk_marker }`), 'Value does not exist in "ServiceTier" enum.'],
    [
      chat(`{ ${base}, serviceTier: FLEXX }`),
      'Value does not exist in "ServiceTier" enum. Did you mean the enum value "FLEX"?',
    ],
    [chat(`{ ${base}, seed: ${text} }`), "SafeInt cannot represent non-integer value."],
    [chat(`{ ${base}, seed: 41414141414141414141 }`), "SafeInt cannot represent unsafe integer value."],
  ],
  BAD_USER_INPUT: [
    [chat(`{ ${base}, metadata: ${text} }`), "A JSONObject must be an object."],
    [chat(`{ ${base}, metadata: { a: ${long} } }`), "A JSONObject must not hold the bare word …; put it in quotes."],
  ],
};

test.each(Object.entries(refusals))("%s: values are left out, over both transports", async (code, cases) => {
  const upstream = await startUpstream(json({}));
  const server = await startTestServer(upstream.url);
  for (const [document, ...messages] of cases) {
    const { body, text: answer } = await server.query(document);
    // Yoga says first that there is no operation; over a WebSocket the parser is heard.
    const errors = body.errors[0].extensions.code === "BAD_REQUEST" ? body.errors : await refuse(server, document);
    expect(answer, document).not.toMatch(/sk[-_]marker|marker 1|4141/);
    expect(JSON.stringify(errors)).not.toMatch(/sk[-_]marker|marker 1|4141/);
    expect(
      errors.map(({ message }: { message: string }) => message),
      document,
    ).toEqual(messages);
    for (const { extensions } of errors) expect(extensions).toEqual({ code });
  }
  expect(upstream.requests).toEqual([]);
  expect(server.faults).toEqual([]);
});

test("in production no message suggests a name of the schema", async () => {
  const upstream = await startUpstream(json({}));
  const server = await startTestServer(upstream.url, { NODE_ENV: "production", ALLOW_ANONYMOUS: "true" });
  for (const [document] of Object.values(refusals).flat()) {
    expect((await server.query(document)).text).not.toMatch(/did you mean/i);
  }
  const introspection = await server.query('{ __type(name: "Query") { name } }');
  expect(introspection.body.errors).toMatchObject([
    {
      message: 'GraphQL introspection has been disabled, but the requested query contained the field "__type".',
    },
  ]);
});

test("an argument that does not fit once its variables are known is not quoted", async () => {
  const upstream = await startUpstream(json({}));
  const server = await startTestServer(upstream.url);
  const message = "{ role: USER, parts: [{ text: $a }] }";
  const query = `mutation ($a: String) { chat(input: { model: ${text}, messages: [${message}] }) { text } }`;
  const [error] = await refuse(server, query);
  expect(error).toMatchObject({
    message: 'Argument "input" has invalid value.',
    extensions: { code: "BAD_USER_INPUT" },
  });
  expect(upstream.requests).toEqual([]);
});

test("names that HTTP clients send beside the document are left out", async () => {
  const upstream = await startUpstream(json({}));
  const server = await startTestServer(upstream.url);
  const post = async (body: object) => {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    return (await (await fetch(server.url, init)).json()).errors[0].message;
  };
  const query = "{ __typename }";
  const problem = "The request has a parameter other than query, operationName, variables, extensions.";
  expect(await post({ query, [MARKER]: 1 })).toBe(problem);
  expect(await post({ query, querry: 1 })).toBe(problem);
});

describe("a message that no rule of this schema can bring about", () => {
  const options = { hideSuggestions: false };
  test.each([
    [
      "DateTime cannot represent an invalid date-time-string sk-marker 1.",
      "DateTime cannot represent an invalid date-time-string.",
    ],
    ['DateTime cannot represent non string or Date type {"a":1}', "DateTime cannot represent non string or Date type."],
    ["Date cannot represent an invalid date-string sk-marker 1.", "Date cannot represent an invalid date-string."],
    ["Date cannot represent non string type 41", "Date cannot represent non string type."],
    ['Expected type "X". sk-marker 1', 'Expected type "X".'],
    ['Expected value of type "X", found "sk-marker 1"; sk-marker 1', 'Expected value of type "X".'],
    ['Argument "a" has invalid value "sk-marker 1".', 'Argument "a" has invalid value.'],
    ['Unknown operation named "sk-marker 1".', 'Unknown operation named "…".'],
    [
      'Value "x" does not exist in "E" enum. Did you mean "sk-marker 1" does not exist in "E" enum.',
      'Value does not exist in "E" enum.',
    ],
    ['Int cannot represent non-integer value: "x" Did you mean "secret"?', "Int cannot represent non-integer value."],
    ["Anything that a later version may say of sk-marker 1.", "Fallback."],
  ])("%s", (message, expected) => {
    expect(safeMessage(message, "Fallback.", options)).toBe(expected);
    expect(safeMessage(expected, "Fallback.", options)).toBe(expected);
  });
});
