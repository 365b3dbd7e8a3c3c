// A schema with every kind of type: interfaces, a union, lists of lists, arguments, enums, promises, errors and nulls.
import {
  GraphQLEnumType,
  GraphQLError,
  type GraphQLFieldConfigMap,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  responsePathAsArray,
} from "graphql";

interface Thing {
  kind: string;
  id: number;
}

const thing = (id: number): Thing => ({ kind: ["Cat", "Dog", "Rock"][id % 3] as string, id });

/** Input objects have no order. */
function writeSorted(value: unknown): string {
  return JSON.stringify(value, (_, inside: unknown) =>
    typeof inside === "object" && inside !== null && !Array.isArray(inside)
      ? Object.fromEntries(Object.entries(inside).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inside,
  );
}

/** `onCall` is called with the name of each root field that is resolved. */
export function createTestSchema(onCall: (field: string) => void): GraphQLSchema {
  const Colour = new GraphQLEnumType({ name: "Colour", values: { RED: { value: 1 }, GREEN: { value: "g" } } });
  const Filter: GraphQLInputObjectType = new GraphQLInputObjectType({
    name: "Filter",
    fields: () => ({
      text: { type: GraphQLString },
      count: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 2 },
      colour: { type: Colour },
      inside: { type: Filter },
      list: { type: new GraphQLList(GraphQLID) },
    }),
  });
  const Named = new GraphQLInterfaceType({
    name: "Named",
    fields: () => ({ name: { type: GraphQLString }, friends: { type: new GraphQLList(Named) } }),
    resolveType: ({ kind }: Thing) => kind,
  });
  const common = (): GraphQLFieldConfigMap<Thing, unknown> => ({
    id: { type: new GraphQLNonNull(GraphQLID) },
    name: { type: GraphQLString, resolve: ({ kind, id }) => (id % 5 === 4 ? null : `${kind} ${id}`) },
    friends: {
      type: new GraphQLList(Named),
      resolve: ({ id }) => [thing(id + 1), id % 4 === 1 ? null : thing(id + 2)],
    },
    soon: { type: GraphQLString, resolve: async ({ id }) => `soon ${id}` },
    // A promise for a list of promises.
    later: { type: new GraphQLList(Anything), resolve: async ({ id }) => [Promise.resolve(thing(id + 3)), thing(id)] },
    place: { type: GraphQLString, resolve: (_, _arguments, _context, { path }) => responsePathAsArray(path).join("/") },
    echo: {
      type: GraphQLString,
      args: {
        filter: { type: Filter },
        times: { type: GraphQLInt, defaultValue: 1 },
        needed: { type: new GraphQLNonNull(GraphQLInt), defaultValue: 7 },
      },
      resolve: (_, given) => writeSorted(given),
    },
    grid: { type: new GraphQLList(new GraphQLList(GraphQLInt)), resolve: ({ id }) => [[id, null], null, [1, 2]] },
    colour: { type: Colour, resolve: ({ id }) => (id % 2 ? 1 : "g") },
    size: { type: GraphQLFloat, resolve: ({ id }) => id / 2 },
  });
  const failing: GraphQLFieldConfigMap<Thing, unknown> = {
    broken: {
      type: GraphQLString,
      resolve: ({ id }) => {
        throw new GraphQLError(`broken ${id}`);
      },
    },
    rejected: { type: GraphQLString, resolve: async ({ id }) => Promise.reject(new Error(`rejected ${id}`)) },
    returned: { type: GraphQLString, resolve: ({ id }) => new Error(`returned ${id}`) },
    nothing: { type: new GraphQLNonNull(GraphQLString), resolve: () => null },
    notANumber: { type: GraphQLInt, resolve: () => "odd" },
  };
  const Cat = new GraphQLObjectType<Thing>({ name: "Cat", interfaces: [Named], fields: common });
  const Dog = new GraphQLObjectType<Thing>({
    name: "Dog",
    interfaces: [Named],
    isTypeOf: ({ kind }) => kind === "Dog",
    fields: () => ({ ...common(), ...failing }),
  });
  const Rock = new GraphQLObjectType<Thing>({ name: "Rock", interfaces: [Named], fields: common });
  const Anything = new GraphQLUnionType({
    name: "Anything",
    types: [Cat, Dog, Rock],
    resolveType: ({ kind }: Thing, _context, { fieldName }) => (fieldName === "" ? undefined : kind),
  });
  const root = <Value>(name: string, value: Value) => ({
    [name]: () => {
      onCall(name);
      return value;
    },
  });
  const fields: GraphQLFieldConfigMap<unknown, unknown> = {
    cat: { type: Cat, resolve: root("cat", thing(0)).cat as never },
    dog: { type: new GraphQLNonNull(Dog), resolve: root("dog", Promise.resolve(thing(1))).dog as never },
    named: {
      type: Named,
      args: { filter: { type: Filter }, id: { type: GraphQLInt } },
      resolve: (_, { id }) => {
        onCall("named");
        return thing(id ?? 2);
      },
    },
    all: { type: new GraphQLList(Anything), resolve: root("all", [0, 1, 2, 3].map(thing)).all as never },
    strict: {
      type: new GraphQLList(new GraphQLNonNull(Anything)),
      resolve: root("strict", [thing(5), thing(6)]).strict as never,
    },
    missing: { type: Anything, resolve: root("missing", null).missing as never },
    failed: {
      type: Cat,
      resolve: async () => {
        onCall("failed");
        throw new Error("failed");
      },
    },
    count: { type: GraphQLInt, resolve: root("count", 3).count as never },
  };
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: "Query", fields }),
    mutation: new GraphQLObjectType({ name: "Mutation", fields }),
    types: [Cat, Dog, Rock],
  });
}
