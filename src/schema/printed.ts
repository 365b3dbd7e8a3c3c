// The schema as SDL, sorted: what schema.graphql holds.
import { lexicographicSortSchema, printSchema } from "graphql";
import { schema } from "./index.ts";

export const printedSchema = `${printSchema(lexicographicSortSchema(schema))}\n`;
