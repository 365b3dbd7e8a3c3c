// The order of an answer's fields is that of the document, by the specification's own words, whichever way it is executed:
// by a plan, or by the executor because of a directive or an error.
// https://spec.graphql.org/October2021/#sec-Field-Collection
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
} from "graphql";
import { expect, test } from "vitest";
import { ResultStream } from "../../src/execution/result-stream.ts";
import { generateOperation } from "../support/operations.ts";
import { createRandom } from "../support/random.ts";
import { startServed } from "../support/served-upstream.ts";
import { startTestEngine } from "../support/test-engine.ts";
import { json } from "../support/upstream.ts";

/** The fields of an object, in order, each with all of its selections. */
type Collected = Map<string, FieldNode[]>;

/** Collects fields, and checks the order of those in an answer. */
function createReader(schema: GraphQLSchema, document: DocumentNode, variables: Record<string, unknown>) {
  const fragments = new Map(
    document.definitions
      .filter((definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION)
      .map((fragment) => [fragment.name.value, fragment]),
  );

  function isLeftOut({ directives = [] }: { directives?: FieldNode["directives"] }): boolean {
    return directives.some(({ name, arguments: [condition] = [] }) => {
      const { value } = condition ?? {};
      const isTrue = value?.kind === Kind.VARIABLE ? variables[value.name.value] : (value as { value: boolean }).value;
      return name.value === "skip" ? isTrue === true : isTrue !== true;
    });
  }

  function isOn(type: GraphQLObjectType, condition: string | undefined): boolean {
    const wanted = condition === undefined ? type : schema.getType(condition);
    return wanted === type || (isAbstractType(wanted) && schema.isSubType(wanted, type));
  }

  function collect(
    type: GraphQLObjectType,
    sets: (SelectionSetNode | undefined)[],
    into: Collected,
    seen: Set<string>,
  ) {
    for (const selection of sets.flatMap((set) => set?.selections ?? [])) {
      if (isLeftOut(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        into.set(key, [...(into.get(key) ?? []), selection]);
        continue;
      }
      const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
      if (isSpread && seen.has(selection.name.value)) continue;
      if (isSpread) seen.add(selection.name.value);
      const fragment = isSpread ? fragments.get(selection.name.value) : selection;
      if (isOn(type, fragment?.typeCondition?.name.value)) collect(type, [fragment?.selectionSet], into, seen);
    }
    return into;
  }

  /** Where the order is wrong; undefined if it is right. */
  function findDisorder(type: unknown, sets: (SelectionSetNode | undefined)[], value: unknown): string | undefined {
    if (Array.isArray(value)) return value.map((entry) => findDisorder(type, sets, entry)).find(Boolean);
    if (typeof value !== "object" || value === null) return undefined;
    const keys = Object.keys(value);
    const types = isAbstractType(type) ? schema.getPossibleTypes(type) : [type as GraphQLObjectType];
    // The answer need not name its type: one must fit.
    const faults = types.map((possible) => {
      const collected = collect(possible, sets, new Map(), new Set());
      if ([...collected.keys()].join() !== keys.join()) return `${[...collected.keys()]} came as ${keys}`;
      for (const [key, nodes] of collected) {
        const definition = possible.getFields()[nodes[0]?.name.value ?? ""];
        const inside = definition && getNamedType(definition.type);
        if (!isCompositeType(inside)) continue;
        const fault = findDisorder(
          inside,
          nodes.map(({ selectionSet }) => selectionSet),
          (value as Record<string, unknown>)[key],
        );
        if (fault) return fault;
      }
      return undefined;
    });
    return faults.every(Boolean) ? faults[0] : undefined;
  }
  return findDisorder;
}

test.each(Array.from({ length: 10 }, (_, index) => index + 100))("generated operations, seed %i", async (seed) => {
  const { schema, engine, context } = startTestEngine();
  const random = createRandom(seed);
  const counts = { planned: 0, executed: 0, failed: 0 };
  for (let round = 0; round < 60; round++) {
    const { source, variables } = generateOperation(schema, random);
    // As it is; by the executor, which directives need; and by the executor after the plan has failed.
    for (const text of [
      source,
      source.replace(/^(.*? \{ )/, "$1z0: count @include(if: true) "),
      source.replace(/ \}(?=\n|$)/, " z1: failed { id } z2: count }"),
    ]) {
      const prepared = engine.prepare({ query: text });
      if (!("operation" in prepared)) throw prepared.errors?.[0];
      const result = await engine.run(prepared, variables, context);
      if (result instanceof ResultStream) throw new Error("No subscription.");
      if (result.errors) counts.failed++;
      else if (prepared.plan) counts.planned++;
      else counts.executed++;
      const { operation } = prepared;
      const root = operation.operation === "query" ? schema.getQueryType() : schema.getMutationType();
      if (!isObjectType(root)) throw new Error("No root.");
      const findDisorder = createReader(schema, parse(text), variables);
      expect([text, findDisorder(root, [operation.selectionSet], result.data)]).toEqual([text, undefined]);
    }
  }
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(5);
});

test.each([
  ["by a plan", ""],
  ["by the executor", " @include(if: true)"],
])("over HTTP, %s: fields of fragments stand where they are first selected", async (_, directive) => {
  const { server, upstream } = await startServed(
    json({ object: "list", data: [{ id: "m", owned_by: "o", created: 1 }] }),
  );
  const query = `
    { z: __typename ...Viewer models { ownedBy ...On id } a: __typename viewer { id } ...Late }
    fragment Viewer on Query { viewer { __typename${directive} } models { __typename } }
    fragment On on Model { id created ownedBy z: id }
    fragment Late on Query { late: models { created id } z: __typename }`;
  const { text } = await server.query(query);
  const order = [...text.matchAll(/"(\w+)":/g)].map(([, key]) => key);
  expect(order).toEqual([
    ..."data z viewer __typename id models __typename ownedBy id created z a late created id".split(" "),
  ]);
  expect(upstream.requests.length).toBeGreaterThan(0);
});

test("over HTTP, with an error: nulls stand where the fields would", async () => {
  const { server } = await startServed(json({ error: { message: "no" } }, 400));
  const { text } = await server.query("{ b: models { id } z: __typename viewer { id } a: models { id } }");
  const data = text.slice(text.indexOf('"data"'));
  expect([...data.matchAll(/"(b|z|viewer|a)":/g)].map(([, key]) => key)).toEqual(["b", "z", "viewer", "a"]);
});
