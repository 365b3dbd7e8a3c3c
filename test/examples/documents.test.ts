// The examples' operations fit the schema, and their packages are pinned. Nothing is installed for that: see examples.run.ts.
import { readFileSync } from "node:fs";
import { buildSchema, type DocumentNode, Kind, parse, specifiedRules, validate } from "graphql";
import { describe, expect, test } from "vitest";
import { exampleNames, readExample } from "../support/examples.ts";

const schema = buildSchema(readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8"));

/** Operations in code: after a comment that says so, as a tagged text, or as an argument of `graphql`. */
const OPERATION = /(?:\/\* GraphQL \*\/ |(?<![\w/.-])g(?:ql|raphql)\(?\s*)`([^`]+)`/g;

test("there are six examples", () => {
  expect(exampleNames).toEqual(["nextjs", "node-script", "react-apollo", "react-relay", "react-urql", "vanilla"]);
});

describe.each(exampleNames)("%s", (name) => {
  const files = [...readExample(name)];

  test("has operations, and each fits the schema", () => {
    const sources = files.filter(([path]) => /\.[jt]sx?$/.test(path) && !path.includes("__generated__"));
    const documents = sources.flatMap(([, text]) =>
      [...text.matchAll(OPERATION)].map(([, found = ""]) => parse(found)),
    );
    const whole: DocumentNode = {
      kind: Kind.DOCUMENT,
      definitions: documents.flatMap(({ definitions }) => definitions),
    };
    expect(whole.definitions.length).toBeGreaterThanOrEqual(2);
    // One name may stand in several files, each of which sends its own operation.
    const rules = specifiedRules.filter((rule) => rule.name !== "UniqueOperationNamesRule");
    expect(validate(schema, whole, rules).map(({ message }) => message)).toEqual([]);
  });

  test("has exact versions, and those of its lock file", () => {
    const { dependencies, devDependencies } = JSON.parse(textOf("package.json"));
    const wanted: Record<string, string> = { ...dependencies, ...devDependencies };
    expect(Object.values(wanted).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
    const { packages } = JSON.parse(textOf("package-lock.json"));
    const locked = Object.keys(wanted).map((of) => [of, packages[`node_modules/${of}`]?.version]);
    expect(Object.fromEntries(locked)).toEqual(wanted);
  });

  function textOf(path: string): string {
    return files.find(([found]) => found === path)?.[1] ?? "{}";
  }
});
