// A model's message goes back to it in the next request: by the documented fragment and mapper, compiled with codegen's types by
// test/docs/recipes.test.ts and run here.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ApolloClient, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { build } from "esbuild";
import { getNamedType, isInputObjectType, isObjectType, Kind, parse, type SelectionSetNode } from "graphql";
import { expect, test } from "vitest";
import { startSandbox } from "../../src/sandbox/server.ts";
import { schema } from "../../src/schema/index.ts";
import { ENDPOINT, PAGES, readPage } from "../support/docs.ts";
import { type Recipe, readRecipes, writeRecipes } from "../support/recipes.ts";
import { startServed } from "../support/served-upstream.ts";
import { startTestServer } from "../support/server.ts";
import { generateTypes } from "../support/typed-projects.ts";
import { inTurn, json } from "../support/upstream.ts";

type Message = Record<string, unknown>;
interface Documented {
  ask(input: Message, runTool: (name: string, text: string) => Promise<string>): Promise<Message[]>;
  sendBack(message: unknown): Message;
}

const recipes = PAGES.flatMap((page) => readRecipes(page, readPage(page)));
const project = recipes.find(({ path }) => path === "codegen.ts")?.project;
const documented = recipes.filter((recipe) => recipe.project === project);
const said = /fragment Said[^`]*/.exec(documented.map(({ code }) => code).join("\n"))?.[0] ?? "";

/** The documented code, with the types and documents that codegen makes of it, for the server at `url`. */
async function load(url: string): Promise<Documented> {
  const local = documented.map((recipe): Recipe => ({ ...recipe, code: recipe.code.replace(ENDPOINT, url) }));
  const { folder, files } = writeRecipes(local);
  expect(await generateTypes(folder, files.keys())).toEqual(["graphql-codegen"]);
  const from = (name: string) => `export * from ${JSON.stringify(`./${project}/src/${name}`)};`;
  const outfile = join(folder, "documented.mjs");
  const stdin = { contents: `${from("ask")}${from("send-back")}`, resolveDir: folder };
  await build({ stdin, outfile, bundle: true, format: "esm", platform: "node", logLevel: "error" });
  return import(pathToFileURL(outfile).href);
}

const answer = (message: object, finish_reason = "stop") =>
  json({ id: "x", choices: [{ index: 0, message, finish_reason }] });
const user = (content: string) => ({ role: "USER", content });
const bodyOf = (request: { json(): unknown } | undefined) => request?.json() as { messages: Message[] };

const functionCall = {
  id: "call_1",
  type: "function",
  function: { name: "weather", arguments: '{ "a_b":  1.0 }' },
  extra_content: { google: { thought_signature: "S" } },
};
const customCall = {
  id: "call_2",
  type: "custom",
  custom: { name: "shell", input: "ls\n" },
  caller: { type: "direct" },
};
const extra = {
  reasoning_details: [{ type: "reasoning.text", text: "Hm.", signature: null }],
  phase: { "a b": [1.5] },
};

test("tools are run over two turns, and the model gets its own message back as it was", async () => {
  const calls = { role: "assistant", content: null, refusal: null, tool_calls: [functionCall, customCall], ...extra };
  const sent = { ...calls, reasoning_content: "Hm.", annotations: [], images: [{ image_url: { url: "data:," } }] };
  const done = { role: "assistant", content: "18 degrees", refusal: null, annotations: [], tool_calls: [] };
  const { upstream, server } = await startServed(inTurn(answer(sent, "tool_calls"), answer(done)));
  const { ask } = await load(server.url);
  const input = { model: "m", tools: [{ function: { name: "weather" } }], messages: [user("Paris?")] };
  const ran: string[][] = [];
  const messages = await ask(input, async (...call) => {
    ran.push(call);
    return `result ${ran.length}`;
  });
  expect(ran).toEqual([
    ["weather", '{ "a_b":  1.0 }'],
    ["shell", "ls\n"],
  ]);
  const tools = [{ type: "function", function: { name: "weather" } }];
  const conversation = [
    { role: "user", content: "Paris?" },
    {
      role: "assistant",
      content: null,
      tool_calls: [functionCall, customCall],
      reasoning_content: "Hm.",
      ...extra,
    },
    { role: "tool", tool_call_id: "call_1", content: "result 1" },
    { role: "tool", tool_call_id: "call_2", content: "result 2" },
  ];
  expect(upstream.requests.map((request) => request.json())).toEqual([
    { model: "m", tools, messages: conversation.slice(0, 1) },
    { model: "m", tools, messages: conversation },
  ]);

  await ask({ ...input, messages: [...messages, user("And Rome?")] }, async () => "");
  expect(bodyOf(upstream.requests[2]).messages).toEqual([
    ...conversation,
    { role: "assistant", content: "18 degrees" },
    { role: "user", content: "And Rome?" },
  ]);
});

test.each([
  ["a refusal", { content: null, refusal: "No." }, { content: null, refusal: "No." }],
  ["a text", { content: "" }, { content: "" }],
  [
    "a spoken answer",
    { content: null, audio: { id: "audio_1", data: "AA==", transcript: "Hi", expires_at: 1 } },
    { content: null, audio: { id: "audio_1" } },
  ],
  ["reasoning under another name", { content: "Hi", reasoning: "Hm." }, { content: "Hi", reasoning_content: "Hm." }],
  ["text in parts", { content: [{ type: "text", text: "Hi" }] }, { content: "Hi" }],
  ["fields that a request has a place for", { content: "Hi", name: "n", tool_call_id: "c" }, { content: "Hi" }],
])("%s is the model's own in the next request", async (_, message, wire) => {
  const { upstream, server } = await startServed(answer(message));
  const { ask } = await load(server.url);
  const messages = await ask({ model: "m", messages: [user("Hi")] }, async () => "");
  await ask({ model: "m", messages: [...messages, user("Go on.")] }, async () => "");
  expect(bodyOf(upstream.requests[1]).messages).toEqual([
    { role: "user", content: "Hi" },
    { role: "assistant", ...wire },
    { role: "user", content: "Go on." },
  ]);
});

test("what a cache adds to an answer is not sent", async () => {
  const { upstream, server } = await startServed(answer({ content: null, tool_calls: [functionCall, customCall] }));
  const client = new ApolloClient({ link: new HttpLink({ uri: server.url }), cache: new InMemoryCache() });
  const mutation = gql(`mutation { chat(input: { model: "m", messages: [{ role: USER, content: "Hi" }] }) {
    choices { message { ...Said } } } } ${said}`);
  const { data } = await client.mutate<{ chat: { choices: { message: Message }[] } }>({ mutation });
  const message = data?.chat.choices[0]?.message;
  expect(message).toMatchObject({ __typename: "ChatMessage", toolCalls: [{ __typename: "ToolCall" }, {}] });
  const { sendBack } = await load(server.url);
  const { body } = await server.query("mutation ($input: ChatInput!) { chat(input: $input) { id } }", {
    input: { model: "m", messages: [sendBack(message)] },
  });
  expect(body.errors).toBeUndefined();
  expect(bodyOf(upstream.requests[1]).messages).toEqual([
    { role: "assistant", content: null, tool_calls: [functionCall, customCall] },
  ]);
});

test("the sandbox calls two tools, and answers once it has its own message and their results", async () => {
  const sandbox = await startSandbox({ delayMs: 0 });
  try {
    const server = await startTestServer(sandbox.url, { OPENAI_API_KEY: "sandbox" });
    const { ask } = await load(server.url);
    const messages = await ask({ model: "sandbox-tools", messages: [user("Weather?")] }, async () => "7 degrees");
    expect(messages.map(({ role }) => role)).toEqual(["USER", "ASSISTANT", "TOOL", "TOOL", "ASSISTANT"]);
    expect(messages[4]?.content).toContain('"7 degrees"');
    for (const model of ["sandbox-refusal", "sandbox-reasoning", "sandbox-markdown"]) {
      const first = await ask({ model, messages: [user("Hi")] }, async () => "");
      const second = await ask({ model, messages: [...first, user("Again?")] }, async () => "");
      expect(second.map(({ role }) => role)).toEqual(["USER", "ASSISTANT", "USER", "ASSISTANT"]);
    }
  } finally {
    await sandbox.close();
  }
});

/** Where a request has the place of a field of an answer's message. */
const PLACES: Record<string, string> = {
  content: "content",
  refusal: "refusal",
  reasoning: "reasoning",
  "toolCalls.id": "toolCalls.id",
  "toolCalls.function.name": "toolCalls.function.name",
  "toolCalls.function.arguments": "toolCalls.function.arguments",
  "toolCalls.custom.name": "customToolCalls.name",
  "toolCalls.custom.input": "customToolCalls.input",
  "toolCalls.extra": "toolCalls.extra",
  "audio.id": "audioId",
  extra: "extra",
};
/** The same, of what the documented fragment need not select. */
const UNSELECTED_PLACES: Record<string, string> = {
  role: "role",
  "functionCall.name": "functionCall.name",
  "functionCall.arguments": "functionCall.arguments",
};
/** What a request has no place for. */
const LEFT_OUT: Record<string, string> = {
  "toolCalls.type": "`function` and `custom` say it",
  "annotations.url": "OpenAI's requests have no annotations",
  "annotations.title": "OpenAI's requests have no annotations",
  "annotations.startIndex": "OpenAI's requests have no annotations",
  "annotations.endIndex": "OpenAI's requests have no annotations",
  "audio.data": "the id stands for it",
  "audio.transcript": "the id stands for it",
  "audio.expiresAt": "the id stands for it",
  "images.url": "every server takes it as a part of a USER message",
};

function listLeaves(name: string, path = ""): string[] {
  const type = schema.getType(name);
  if (!isObjectType(type)) return [path.slice(1)];
  return Object.values(type.getFields()).flatMap((field) =>
    listLeaves(getNamedType(field.type).name, `${path}.${field.name}`),
  );
}

function listSelected({ selections }: SelectionSetNode, path = ""): string[] {
  return selections.flatMap((selection) => {
    if (selection.kind !== Kind.FIELD) return [];
    const name = path + selection.name.value;
    return selection.selectionSet ? listSelected(selection.selectionSet, `${name}.`) : [name];
  });
}

test("each field of an answer's message has its place in a request, or is left out for a reason", () => {
  const known = [PLACES, UNSELECTED_PLACES, LEFT_OUT].flatMap(Object.keys);
  expect(listLeaves("ChatMessage").sort()).toEqual(known.sort());
  for (const place of [PLACES, UNSELECTED_PLACES].flatMap(Object.values)) {
    const names: string[] = place.split(".");
    let type = schema.getType("ChatMessageInput");
    for (const name of names) {
      const field = isInputObjectType(type) ? type.getFields()[name] : undefined;
      expect([place, field?.name]).toEqual([place, name]);
      type = field && getNamedType(field.type);
    }
  }
  const [fragment] = parse(said).definitions;
  if (fragment?.kind !== Kind.FRAGMENT_DEFINITION) throw new Error("The fragment is not documented.");
  expect(listSelected(fragment.selectionSet).sort()).toEqual(Object.keys(PLACES).sort());
});
