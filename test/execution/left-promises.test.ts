// Promises that reject after a plan has left their answer to the executor: nobody else waits for them.
import { GraphQLID, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString, GraphQLUnionType } from "graphql";
import { expect, onTestFinished, test } from "vitest";
import { createMaskError } from "../../src/errors/mask.ts";
import { createEngine, type OperationContext } from "../../src/execution/engine.ts";
import { ResultStream } from "../../src/execution/result-stream.ts";
import { ChunkStream } from "../../src/openai/chunk-stream.ts";

const fails = async () => {
  throw new Error("no");
};

const leaf = (name: string, isTypeOf?: () => Promise<boolean>) =>
  new GraphQLObjectType({ name, fields: { id: { type: GraphQLID } }, isTypeOf });

const union = new GraphQLUnionType({ name: "U", types: [leaf("A"), leaf("B")], resolveType: fails });

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: "Query",
    fields: {
      typed: { type: leaf("Typed", fails), resolve: () => ({}) },
      union: { type: union, resolve: () => ({}) },
      both: {
        type: new GraphQLObjectType({
          name: "Both",
          fields: {
            late: { type: new GraphQLNonNull(GraphQLString), resolve: fails },
            bad: { type: new GraphQLNonNull(GraphQLString), resolve: () => null },
          },
        }),
        resolve: () => ({}),
      },
    },
  }),
  subscription: new GraphQLObjectType({
    name: "Subscription",
    fields: {
      events: {
        type: GraphQLString,
        subscribe: () =>
          new ChunkStream(new AbortController().signal, async (take) => {
            await take(["one"]);
          }),
        resolve: fails,
      },
    },
  }),
});

test.each([
  "{ typed { id } }",
  "{ union { __typename } }",
  "{ both { late bad } }",
  "{ both { bad late } }",
  "subscription { events }",
])("%s fails, and its process does not", async (query) => {
  const left: unknown[] = [];
  const note = (error: unknown) => void left.push(error);
  process.on("unhandledRejection", note);
  onTestFinished(() => void process.off("unhandledRejection", note));
  const engine = createEngine({
    schema,
    limits: { maxTokens: 100, maxLength: 1000, maxDepth: 5, maxAliases: 5, maxDirectives: 5 },
    messages: { hideSuggestions: true },
    introspection: true,
    maxPaidFields: 5,
    maxResponseBytes: 2 ** 26,
    maskError: createMaskError(() => {}),
  });
  const prepared = engine.prepare({ query });
  if (!("operation" in prepared)) throw new Error("not prepared");
  const context = { caller: { id: "a", key: "a", limits: {} } } as unknown as OperationContext;
  const results = await engine.run(prepared, {}, context);
  const result = results instanceof ResultStream ? (await results.next()).value : results;
  expect(result?.errors).toHaveLength(1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(left).toEqual([]);
});
