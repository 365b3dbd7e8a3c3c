// The definition of an endpoint, and what it reads from a request: its path and its model.
import { describe, expect, test } from "vitest";
import { defineEndpoint, modelOf, targetOf } from "../../../src/openai/client/endpoint.ts";

const free = { method: "GET", modelIn: "nowhere", isPaid: false, isShared: false } as const;
const item = defineEndpoint({ ...free, path: "/models/{model}/items/{id}", modelIn: "path" });
const body = defineEndpoint({ ...free, path: "/body", method: "POST", modelIn: "body" });
const none = defineEndpoint({ ...free, path: "/none" });

describe("a path", () => {
  test("holds its parameters, percent-encoded", () => {
    const pathParameters = { model: "org/model:tag v1", id: "ä?#%" };
    expect(targetOf({ endpoint: item, pathParameters })).toBe("/models/org%2Fmodel%3Atag%20v1/items/%C3%A4%3F%23%25");
  });

  test("without a parameter that it needs is a fault", () => {
    const problem = "A request to GET /models/{model}/items/{id} needs the path parameter id.";
    expect(() => targetOf({ endpoint: item, pathParameters: { model: "m" } })).toThrow(new TypeError(problem));
  });

  test("without placeholders is sent as it is", () => {
    expect(targetOf({ endpoint: none, pathParameters: { model: "m" } })).toBe("/none");
  });
});

describe("a query", () => {
  test.each([
    ["its own", { b: "x y&z=1", a: "ä", c: undefined }, "", "/none?b=x+y%26z%3D1&a=%C3%A4"],
    ["its own behind that of all requests", { after: "7" }, "?api-version=v1", "/none?api-version=v1&after=7"],
    ["none", { after: undefined }, "", "/none"],
    ["that of all requests as it is", undefined, "?a=%20b", "/none?a=%20b"],
  ])("is %s", (_, query, search, expected) => {
    expect(targetOf({ endpoint: none, ...(query && { query }) }, search)).toBe(expected);
  });
});

test.each([
  [{ endpoint: item, pathParameters: { model: "a/b" }, json: { model: "c" } }, "a/b"],
  [{ endpoint: body, json: { model: "c" } }, "c"],
  [{ endpoint: body, multipart: { model: "d" } }, "d"],
  [{ endpoint: body, json: { model: 7 } }, undefined],
  [{ endpoint: body, json: ["model"] }, undefined],
  [{ endpoint: body }, undefined],
  [{ endpoint: none, json: { model: "c" } }, undefined],
])("the model of %j is %s", (request, model) => {
  expect(modelOf(request)).toBe(model);
});

test("an endpoint that leaves a part out does not compile", () => {
  const paid = {
    method: "POST",
    path: "/paid",
    modelIn: "body",
    isPaid: true,
    operationName: "paid",
    estimate: () => ({ prompt: 1, output: 0, choices: 1, isCapped: true }),
    readUsage: () => undefined,
    countOutput: () => 0,
    hasOutput: () => false,
  } as const;
  const { operationName, estimate, readUsage, countOutput, hasOutput, ...rest } = paid;
  const { modelIn, isShared, ...freeRest } = free;
  expect([
    defineEndpoint(paid),
    // @ts-expect-error without the name of its operation
    defineEndpoint({ ...rest, estimate, readUsage, countOutput, hasOutput }),
    // @ts-expect-error without what a call may cost
    defineEndpoint({ ...rest, operationName, readUsage, countOutput, hasOutput }),
    // @ts-expect-error without what a call did cost
    defineEndpoint({ ...rest, operationName, estimate, countOutput, hasOutput }),
    // @ts-expect-error without what the model has said
    defineEndpoint({ ...rest, operationName, estimate, readUsage, hasOutput }),
    // @ts-expect-error without what a stream's first words are
    defineEndpoint({ ...rest, operationName, estimate, readUsage, countOutput }),
    // @ts-expect-error without who may share an answer
    defineEndpoint({ ...freeRest, modelIn, path: "/free" }),
    // @ts-expect-error without where the model is named
    defineEndpoint({ ...freeRest, isShared, path: "/free" }),
    // @ts-expect-error without a path
    defineEndpoint(free),
  ]).toHaveLength(9);
});
