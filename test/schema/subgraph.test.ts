// The schema as a subgraph of Apollo Federation 2: what it adds, its SDL in both compositions, and models by their keys.
import { readFileSync } from "node:fs";
import { composeServices as composeByApollo } from "@apollo/composition";
import { composeServices as composeByHive } from "@theguild/federation-composition";
import {
  buildClientSchema,
  getIntrospectionQuery,
  isInputObjectType,
  lexicographicSortSchema,
  printSchema,
  validateSchema,
} from "graphql";
import { describe, expect, test } from "vitest";
import { schema } from "../../src/schema/index.ts";
import { createSubgraph } from "../../src/schema/subgraph.ts";
import { runCommand } from "../support/command.ts";
import { pathOf } from "../support/deployment.ts";
import { alice, aliceWith } from "../support/keys.ts";
import { shared } from "../support/lifetime.ts";
import { startServed } from "../support/served-upstream.ts";
import { subgraphsOf } from "../support/supergraph.ts";
import { failure, json } from "../support/upstream.ts";

const FEDERATION = { FEDERATION: "true" };
const SDL = "{ _service { sdl } }";
const ENTITIES = `query Entities($representations: [_Any!]!) {
  _entities(representations: $representations) { __typename ... on Model { id ownedBy created } }
}`;
const listed = {
  object: "list",
  data: ["a", "b", "org/c"].map((id) => ({ id, object: "model", owned_by: `${id}'s` })),
};
const modelsOf = (...ids: unknown[]) => ({ representations: ids.map((id) => ({ __typename: "Model", id })) });

const served = shared(() => startServed(json(listed), FEDERATION));
const readSdl = async () => (await served().server.query(SDL)).body.data._service.sdl as string;

describe("the schema", () => {
  test("without FEDERATION has nothing of a subgraph", async () => {
    const { server, upstream } = await startServed(json(listed));
    for (const query of [SDL, '{ _entities(representations: [{ __typename: "Model", id: "a" }]) { __typename } }']) {
      const { body } = await server.query(query);
      expect(body.errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
    }
    expect(upstream.requests).toEqual([]);
  });

  test("with it has the fields and types of the specification beside all that it has without, and is valid", async () => {
    const subgraph = createSubgraph(schema, 10);
    expect(validateSchema(subgraph)).toEqual([]);
    const lines = (text: string) => text.split("\n").filter((line) => line !== "");
    const before = lines(printSchema(lexicographicSortSchema(schema)));
    const after = lines(printSchema(lexicographicSortSchema(subgraph)));
    expect(before.filter((line) => !after.includes(line))).toEqual([]);
    const added = after.filter((line) => !before.includes(line) && !line.includes('"""')).map((line) => line.trim());
    expect(added).toEqual(
      expect.arrayContaining([
        "scalar _Any",
        "union _Entity = Model",
        "type _Service {",
        "sdl: String!",
        "_service: _Service!",
        "): [_Entity]!",
        "representations: [_Any!]!",
      ]),
    );
  });

  test("with it is what introspection shows, @oneOf included", async () => {
    const { body } = await served().server.query(getIntrospectionQuery({ oneOf: true, specifiedByUrl: true }));
    const shown = buildClientSchema(body.data);
    const print = (one: typeof schema) => printSchema(lexicographicSortSchema(one));
    expect(print(shown)).toBe(print(createSubgraph(schema, 1000)));
    expect(isInputObjectType(shown.getType("ChatToolInput")) && shown.getType("ChatToolInput")).toMatchObject({
      isOneOf: true,
    });
  });

  test("describes everything that it adds", () => {
    const subgraph = createSubgraph(schema, 10);
    const { _service: service, _entities: entities } = subgraph.getQueryType()?.getFields() ?? {};
    const types = ["_Any", "_Entity", "_Service"].map((name) => subgraph.getType(name));
    for (const one of [service, entities, ...(entities?.args ?? []), ...types]) expect(one?.description).toBeTruthy();
  });
});

describe("the SDL", () => {
  test("links Federation 2, gives Model its key, and has none of the machinery", async () => {
    const sdl = await readSdl();
    expect(sdl).toMatch(
      /^extend schema @link\(url: "https:\/\/specs.apollo.dev\/federation\/v2.0", import: \["@key"\]\)\n/,
    );
    expect(sdl.match(/@key\(fields: "id"\)/g)).toHaveLength(1);
    expect(sdl).toContain('type Model @key(fields: "id") {');
    expect(sdl).not.toMatch(/_Any|_Entity|_Service|_entities|_service/);
  });

  test("leaves @oneOf out, and the descriptions of those inputs say the same", async () => {
    const sdl = await readSdl();
    const oneOf = Object.values(schema.getTypeMap()).filter((type) => isInputObjectType(type) && type.isOneOf);
    expect(oneOf.length).toBeGreaterThan(3);
    expect(sdl).not.toContain("@oneOf");
    for (const { name, description } of oneOf) {
      expect(description).toContain("exactly one field");
      expect(sdl).toContain(`${description}"""\ninput ${name} {`);
    }
  });

  test.each(["Apollo's composition", "Hive's composition"])("%s takes it beside another subgraph", async (name) => {
    const compose = name.startsWith("Apollo") ? composeByApollo : composeByHive;
    const { errors, supergraphSdl = "" } = compose(subgraphsOf(await readSdl()));
    expect(errors ?? []).toEqual([]);
    expect(supergraphSdl).toMatch(
      /type Model\s+@join__type\(graph: ASSISTANTS, key: "id"[^)]*\)\s+@join__type\(graph: OPENAI, key: "id"\)/,
    );
    expect(supergraphSdl).toContain("input ChatToolInput");
  });

  test("is what the command prints with FEDERATION", async () => {
    const print = async (...environment: string[]) =>
      (await runCommand(pathOf("."), "env", ...environment, process.execPath, "dist/main.js", "--print-schema")).stdout;
    expect(await print("FEDERATION=true")).toBe(await readSdl());
    expect(await print("FEDERATION=false")).toBe(readFileSync(pathOf("schema.graphql"), "utf8"));
  });

  test("is told to callers although introspection is off", async () => {
    const { server } = await startServed(json(listed), { ...FEDERATION, INTROSPECTION: "false" });
    expect((await server.query(SDL)).body.data._service.sdl).toContain("type Model @key");
    expect((await server.query("{ __schema { queryType { name } } }")).body.errors[0].extensions.code).toBe(
      "GRAPHQL_VALIDATION_FAILED",
    );
  });
});

describe("entities", () => {
  test("come in the order of their representations, for one upstream call, the first and the second time", async () => {
    const { server, upstream } = served();
    const ids = ["org/c", "unknown", "a", "b", "a", ...Array.from({ length: 500 }, (_, index) => `unknown-${index}`)];
    for (const calls of [1, 2]) {
      const { body } = await server.query(ENTITIES, modelsOf(...ids));
      expect(body.errors).toBeUndefined();
      const { _entities: found } = body.data;
      expect(found.map((one: { id: string } | null) => one?.id ?? null)).toEqual(
        ids.map((id) => (id.startsWith("unknown") ? null : id)),
      );
      expect(found[0]).toEqual({ __typename: "Model", id: "org/c", ownedBy: "org/c's", created: null });
      expect(upstream.requests.map(({ path }) => path)).toEqual(Array(calls).fill("/v1/models"));
    }
  });

  test("may be asked for by literals and by numbers, and none at all", async () => {
    const { server, upstream } = served();
    const query =
      'query ($id: ID!) { _entities(representations: [{ __typename: "Model", id: $id }, { id: 7, __typename: "Model" }]) { ... on Model { id } } }';
    const { body } = await server.query(query, { id: "a" });
    expect(body).toEqual({ data: { _entities: [{ id: "a" }, null] } });
    expect(upstream.requests).toHaveLength(1);
    expect((await server.query(ENTITIES, modelsOf())).body).toEqual({ data: { _entities: [] } });
    expect(upstream.requests).toHaveLength(1);
  });

  test.each<[unknown, string]>([
    [{ __typename: "User", id: "a" }, 'representations[1].__typename must be "Model"; got "User".'],
    [{ __typename: "_Service", id: "a" }, 'representations[1].__typename must be "Model"; got "_Service".'],
    [
      { __typename: "x y sk-secret-0123456789", id: "a" },
      'representations[1].__typename must be "Model"; got a value of type string.',
    ],
    [{ __typename: ["Model"], id: "a" }, 'representations[1].__typename must be "Model"; got a value of type object.'],
    [{ __typename: null, id: "a" }, 'representations[1].__typename must be "Model"; got null.'],
    [{ id: "a" }, 'representations[1].__typename must be "Model"; got none.'],
    [{ __typename: "Model" }, "representations[1].id must be a string; got none."],
    [{ __typename: "Model", id: null }, "representations[1].id must be a string; got null."],
    [{ __typename: "Model", id: 1.5 }, "representations[1].id must be a string; got a value of type number."],
    [{ __typename: "Model", id: { id: "a" } }, "representations[1].id must be a string; got a value of type object."],
    ["Model", "A representation must be an object with __typename and id."],
    [["Model"], "A representation must be an object with __typename and id."],
  ])("a representation like %j is refused, and nothing is sent", async (wrong, message) => {
    const { server, upstream } = served();
    const representations = [{ __typename: "Model", id: "a" }, wrong];
    const literal = JSON.stringify(representations).replace(/"(\w+)":/g, "$1:");
    const byLiterals = `{ _entities(representations: ${literal}) { __typename } }`;
    for (const { body } of [await server.query(ENTITIES, { representations }), await server.query(byLiterals)]) {
      expect(body.data?._entities).toBeUndefined();
      expect(body.errors).toHaveLength(1);
      expect(body.errors[0].message).toContain(message);
      expect(body.errors[0].extensions.code).toBe("BAD_USER_INPUT");
    }
    expect(upstream.requests).toEqual([]);
  });

  test("are as many as MAX_REPRESENTATIONS allows", async () => {
    const { server, upstream } = await startServed(json(listed), { ...FEDERATION, MAX_REPRESENTATIONS: "2" });
    expect((await server.query(ENTITIES, modelsOf("a", "b"))).body.data._entities).toHaveLength(2);
    const { body } = await server.query(ENTITIES, modelsOf("a", "b", "c"));
    expect(body.errors).toMatchObject([
      { message: "representations must hold at most 2 entries; got 3.", extensions: { code: "BAD_USER_INPUT" } },
    ]);
    expect(upstream.requests).toHaveLength(1);
  });

  test("that a caller's models leave out are FORBIDDEN, whether there are such or not; the others come", async () => {
    const { server, upstream } = await startServed(json(listed), { ...FEDERATION, ...aliceWith({ models: ["a"] }) });
    for (let times = 0; times < 2; times++) {
      const { body } = await server.query(ENTITIES, modelsOf("b", "a", "unknown"), alice);
      expect(body.data._entities).toMatchObject([null, { id: "a" }, null]);
      expect(
        body.errors.map(({ path, extensions }: { path: unknown; extensions: { code: string } }) => [
          path,
          extensions.code,
        ]),
      ).toEqual([
        [["_entities", 0], "FORBIDDEN"],
        [["_entities", 2], "FORBIDDEN"],
      ]);
    }
    expect(upstream.requests).toHaveLength(2);
    await server.query(ENTITIES, modelsOf("b"), alice);
    expect(upstream.requests).toHaveLength(2);
  });

  test("need a key, and the right to the field", async () => {
    const { server, upstream } = await startServed(json(listed), {
      ...FEDERATION,
      ...aliceWith({ operations: ["models"] }),
    });
    expect((await server.query(ENTITIES, modelsOf("a"))).body.errors[0].extensions.code).toBe("UNAUTHENTICATED");
    for (const query of [ENTITIES, SDL]) {
      const { body } = await server.query(query, modelsOf("a"), alice);
      expect(body.errors[0].extensions.code).toBe("FORBIDDEN");
    }
    expect(upstream.requests).toEqual([]);
  });

  test("count as one upstream call of a caller, and the upstream's failure is theirs", async () => {
    const { server, upstream } = await startServed(json(listed), {
      ...FEDERATION,
      ...aliceWith({ requestsPerMinute: 2 }),
    });
    expect((await server.query(ENTITIES, modelsOf("a", "b", "c"), alice)).body.errors).toBeUndefined();
    upstream.answer = failure(401, { message: "no" });
    expect((await server.query(ENTITIES, modelsOf("a"), alice)).body.errors[0].extensions.code).toMatch(/^UPSTREAM_/);
    expect((await server.query(ENTITIES, modelsOf("a"), alice)).body.errors[0].extensions.code).toBe("RATE_LIMITED");
    expect(server.faults).toEqual([]);
  });
});
