// What clients hear of documents that do not fit the schema: a few errors that quote no values, over every transport.
import { type DocumentNode, GraphQLError } from "graphql";
import type { Plugin } from "graphql-yoga";
import { errorCodes } from "../errors/codes.ts";
import { MAX_ERRORS } from "../errors/error-limit.ts";
import { type MessageOptions, safeMessage, shortenNames } from "../errors/safe-messages.ts";
import { tooComplex } from "./document-limits.ts";

/** Longest document, in characters, in which names are compared with those of the schema. */
const MAX_SUGGESTING_LENGTH = 64 * 1024;

/** What graphql-js says when a rule has used up its own allowance. */
const ABORTED = "Validation aborted.";

/** Ends validation after the first few errors and makes their messages safe. */
export function useValidationErrors({ hideSuggestions }: MessageOptions): Plugin {
  return {
    onValidate({ validateFn, setValidationFn }) {
      setValidationFn((schema, document: DocumentNode, rules) => {
        const length = document.loc?.source.body.length ?? 0;
        const errors: readonly GraphQLError[] = validateFn(schema, document, rules, {
          maxErrors: MAX_ERRORS,
          hideSuggestions: hideSuggestions || length > MAX_SUGGESTING_LENGTH,
        });
        if (errors.some(({ message }) => message === ABORTED)) return [tooComplex("The document is too complex.")];
        return errors.slice(0, MAX_ERRORS).map((error) => clean(error, { hideSuggestions }));
      });
    },
  };
}

function clean({ message, nodes, source, positions, extensions }: GraphQLError, options: MessageOptions): GraphQLError {
  // What a scalar of ours says with a code is its own message.
  const isOurs = Object.hasOwn(errorCodes, String(extensions.code));
  return new GraphQLError(
    isOurs ? shortenNames(message) : safeMessage(message, "The document does not fit the schema.", options),
    {
      nodes: nodes ?? null,
      source: source ?? null,
      positions: positions ?? null,
      extensions,
    },
  );
}
