// The order in which the schema is printed: by name, so that a change shows as little as it is.
import { type GraphQLSchema, isInputObjectType, isRequiredInputField, lexicographicSortSchema } from "graphql";

/** Yields a sorted copy of the schema. In an input, what is required comes first: that is what a reader looks for. */
export function sortSchema(schema: GraphQLSchema): GraphQLSchema {
  const sorted = lexicographicSortSchema(schema);
  for (const type of Object.values(sorted.getTypeMap())) {
    if (!isInputObjectType(type)) continue;
    const fields = type.getFields();
    // An object has its keys in the order in which they were set.
    for (const [name, field] of Object.entries(fields)) {
      if (isRequiredInputField(field)) continue;
      delete fields[name];
      fields[name] = field;
    }
  }
  return sorted;
}
