// Reads the limits of documents from the configuration: the same for a caller's document and a trusted one.
import type { Config } from "../config/read-config.ts";
import type { DocumentLimits } from "../execution/document-limits.ts";

/** The limits that hold for every document. */
export function documentLimitsOf(config: Config): DocumentLimits {
  return {
    maxTokens: config.MAX_QUERY_TOKENS,
    maxLength: config.MAX_QUERY_LENGTH,
    maxDepth: config.MAX_DEPTH,
    maxAliases: config.MAX_ALIASES,
    maxDirectives: config.MAX_DIRECTIVES,
  };
}
