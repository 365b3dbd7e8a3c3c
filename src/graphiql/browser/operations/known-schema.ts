// The schema as the page has read it. GraphiQL does not tell its fetcher.
import { useGraphiQL } from "@graphiql/react";
import type { GraphQLSchema } from "graphql";
import { useLayoutEffect } from "react";

let known: GraphQLSchema | null | undefined;

/** Neither null nor undefined once it has come. */
export function readKnownSchema(): GraphQLSchema | null | undefined {
  return known;
}

/** The same for components. One that is always there has to use it, so that `readKnownSchema` knows. */
export function useKnownSchema(): GraphQLSchema | null | undefined {
  const schema = useGraphiQL((state) => state.schema);
  useLayoutEffect(() => {
    known = schema;
  }, [schema]);
  return schema;
}
