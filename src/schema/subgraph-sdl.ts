// Prints the schema for the composition of a supergraph. Knows no resolver.
// https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
import { type GraphQLSchema, Kind, parse, print, printSchema, visit } from "graphql";
import { sortSchema } from "./sorted.ts";

/** The type whose objects other subgraphs may refer to by `id`. */
export const ENTITY = "Model";

/** The oldest version that has all that is used here: every gateway and every composition of Federation 2 knows it. */
const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])';

/**
 * The SDL that `_service` yields and that is composed with others: sorted, with `@key(fields: "id")` on ENTITY. It leaves
 * out `@oneOf`, which compositions do not know; the descriptions say the same, and the server checks it.
 */
export function printSubgraph(schema: GraphQLSchema): string {
  const document = visit(parse(printSchema(sortSchema(schema))), {
    ObjectTypeDefinition(node) {
      if (node.name.value !== ENTITY) return undefined;
      return { ...node, directives: [...(node.directives ?? []), keyDirective] };
    },
    InputObjectTypeDefinition(node) {
      return { ...node, directives: node.directives?.filter(({ name }) => name.value !== "oneOf") };
    },
  });
  return `${LINK}\n\n${print(document)}\n`;
}

const keyDirective = {
  kind: Kind.DIRECTIVE,
  name: { kind: Kind.NAME, value: "key" },
  arguments: [
    {
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: "fields" },
      value: { kind: Kind.STRING, value: "id" },
    },
  ],
} as const;
