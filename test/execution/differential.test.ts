// The engine beside graphql-js: generated operations over a schema with every kind of type give the same answer, byte for
// byte, by a plan as well as by the executor. Each root field is resolved once, whatever happens below it.
import { execute, type GraphQLError, parse, validate } from "graphql";
import { describe, expect, test } from "vitest";
import { ResultStream } from "../../src/execution/result-stream.ts";
import { generateOperation } from "../support/operations.ts";
import { createRandom } from "../support/random.ts";
import { startTestEngine } from "../support/test-engine.ts";

/** Errors by place: side by side, one executor meets them in another order than the other. */
function comparable({ data, errors = [] }: { data?: unknown; errors?: readonly GraphQLError[] | undefined }) {
  const places = errors.map(({ path, message }) => `${path?.join(".")}: ${message}`).sort();
  // More than five are not shown. Once one has made all of the data null, it depends on time which others are met.
  const isOpen = errors.length >= 5 || (data === null && errors.length > 0);
  // As text: the order of the fields counts.
  return { data: JSON.stringify(data), errors: isOpen ? "some" : places };
}

describe.each(Array.from({ length: 20 }, (_, index) => index))("seed %i", (seed) => {
  test("a hundred operations are answered as by graphql-js", async () => {
    const { calls, schema, engine, context } = startTestEngine();
    const random = createRandom(seed);
    let planned = 0;
    for (let round = 0; round < 100; round++) {
      const { source, variables, isPlannable } = generateOperation(schema, random);
      expect([source, validate(schema, parse(source)).map(({ message }) => message)]).toEqual([source, []]);
      const expected = comparable(
        await execute({ schema, document: parse(source), variableValues: variables, contextValue: context }),
      );
      const callsOfOne = calls.splice(0);
      for (let time = 1; time <= 2; time++) {
        const prepared = engine.prepare({ query: source });
        if (!("operation" in prepared)) throw prepared.errors?.[0];
        expect([source, prepared.plan !== undefined]).toEqual([source, isPlannable]);
        if (prepared.plan) planned++;
        const result = await engine.run(prepared, variables, context);
        if (result instanceof ResultStream) throw new Error("A query yields one result.");
        const given = comparable(result);
        expect([source, variables, given.data]).toEqual([source, variables, expected.data]);
        expect([source, given.errors]).toEqual([source, expected.errors]);
        expect([source, calls.splice(0).sort()]).toEqual([source, [...callsOfOne].sort()]);
      }
    }
    expect(planned).toBeGreaterThan(50);
  });
});
