// Prints the schema as sorted SDL: the content of schema.graphql, or what a supergraph is composed of.
import { printSchema } from "graphql";
import { schema } from "./index.ts";
import { sortSchema } from "./sorted.ts";
import { printSubgraph } from "./subgraph-sdl.ts";

export const printedSchema = `${printSchema(sortSchema(schema))}\n`;

/** What `_service` yields with FEDERATION. */
export const printedSubgraph = () => printSubgraph(schema);
