// Prints the schema as sorted SDL, the content of schema.graphql.
import { lexicographicSortSchema, printSchema } from "graphql";
import { schema } from "./index.ts";

export const printedSchema = `${printSchema(lexicographicSortSchema(schema))}\n`;
