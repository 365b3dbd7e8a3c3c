// What went wrong with a file, as an error of the field that reads it.
import { GraphQLError } from "graphql";
import { codedError } from "../errors/codes.ts";

/** The library throws plain errors. A GraphQLError with an HTTP status is about the whole request; this one is not. */
export function toInputError(error: unknown): GraphQLError {
  const { message } = error as Error;
  if (error instanceof GraphQLError) {
    const { http, ...extensions } = error.extensions;
    if (!http || extensions.code !== "BAD_REQUEST") return new GraphQLError(message, { extensions });
  }
  return codedError("BAD_REQUEST", `input.image did not arrive whole: ${message}`);
}
