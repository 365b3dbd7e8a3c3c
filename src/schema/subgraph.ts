// The schema as a subgraph of Apollo Federation 2: a gateway asks it for its SDL and, when another subgraph refers to models, for
// those by their ids. Own code: @apollo/subgraph, which Pothos' plugin needs, is for Node 22 and newer.
// https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec
import {
  type GraphQLFieldResolver,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  valueFromASTUntyped,
} from "graphql";
import { codedError } from "../errors/codes.ts";
import { isRecord } from "../json/json.ts";
import { listModels, type Model } from "../openai/models.ts";
import { callerLimits } from "./shared/caller-limits.ts";
import { checkLength, refuse } from "./shared/checks.ts";
import type { Context } from "./shared/context.ts";
import { ENTITY, printSubgraph } from "./subgraph-sdl.ts";

/** Adds the root fields of a subgraph to a schema; what it has stays as it is. Most representations in one field: `maxEntities`. */
export function createSubgraph(schema: GraphQLSchema, maxEntities: number): GraphQLSchema {
  const sdl = printSubgraph(schema);
  const query = schema.getQueryType()?.toConfig();
  const model = schema.getType(ENTITY);
  if (!query || !(model instanceof GraphQLObjectType)) throw new Error(`The schema has no ${ENTITY}.`);
  const Entity = new GraphQLUnionType({
    name: "_Entity",
    description: "An object that other subgraphs may refer to by its key.",
    types: [model],
    resolveType: () => ENTITY,
  });
  const fields: typeof query.fields = {
    ...query.fields,
    _service: {
      type: new GraphQLNonNull(Service),
      description: "This subgraph, for the composition of a supergraph.",
      args: {},
      resolve: () => ({ sdl }),
    },
    _entities: {
      type: new GraphQLNonNull(new GraphQLList(Entity)),
      description:
        "The objects that a gateway needs of other subgraphs' references, in the order of those. A model is looked up among those that `models` lists; null if it is not there.\n\nREST: `GET /models`",
      args: {
        representations: {
          type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(Any))),
          description: `The references, at most ${maxEntities}: each with \`__typename\` and \`id\`.`,
        },
      },
      resolve: createFindEntities(maxEntities),
    },
  };
  const config = schema.toConfig();
  const types = config.types.filter(({ name }) => name !== query.name);
  return new GraphQLSchema({ ...config, types, query: new GraphQLObjectType({ ...query, fields }) });
}

const Service = new GraphQLObjectType({
  name: "_Service",
  description: "A subgraph, as it is composed with others.",
  fields: {
    sdl: { type: new GraphQLNonNull(GraphQLString), description: "Its schema, with directives of Federation 2." },
  },
});

const Any = new GraphQLScalarType<Readonly<Record<string, unknown>>, never>({
  name: "_Any",
  description: "A reference to an object by its key: `{ __typename, id }`.",
  parseValue: readReference,
  parseLiteral: (node, variables) => readReference(valueFromASTUntyped(node, variables)),
});

function readReference(value: unknown): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw codedError("BAD_USER_INPUT", "A representation must be an object with __typename and id.");
}

/** One look at the list serves all representations, however many: none of them is a call of its own. */
function createFindEntities(maxEntities: number): GraphQLFieldResolver<unknown, Context> {
  return async (_, { representations }, { openai, signal, viewer }): Promise<(Model | Error | null)[]> => {
    checkLength("representations", representations, [0, maxEntities]);
    const ids: string[] = representations.map(readId);
    const models = ids.some(viewer.mayUseModel) ? await listModels(openai, signal) : [];
    const byId = new Map(models.map((model) => [model.id, model]));
    return ids.map((id) => (viewer.mayUseModel(id) ? (byId.get(id) ?? null) : forbidden()));
  };
}

/** The id in one representation. Throws BAD_USER_INPUT for one of another type. */
function readId({ __typename: name, id }: Readonly<Record<string, unknown>>, index: number): string {
  const field = `representations[${index}]`;
  if (name !== ENTITY) refuse(`${field}.__typename`, `must be "${ENTITY}"; got ${describe(name)}.`);
  // An ID may be a number in JSON.
  if (typeof id !== "string" && !Number.isInteger(id)) refuse(`${field}.id`, `must be a string; got ${describe(id)}.`);
  return String(id);
}

/** A value for a message: a name as it is, anything else by its type. */
function describe(value: unknown): string {
  if (typeof value === "string" && /^\w{1,64}$/.test(value)) return `"${value}"`;
  return value === undefined ? "none" : value === null ? "null" : `a value of type ${typeof value}`;
}

function forbidden(): Error {
  return codedError(callerLimits.models.code, "The caller may not use this model.");
}
