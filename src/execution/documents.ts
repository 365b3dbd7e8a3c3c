// Documents from their text to known operations: parsed and validated within the limits, and kept, so that those that clients
// send again and again cost neither.
import { hash } from "node:crypto";
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  NoFragmentCyclesRule,
  OperationTypeNode,
  type ValidationRule,
  validate,
  visit,
} from "graphql";
import { LRUCache } from "lru-cache";
import { errorCodes } from "../errors/codes.ts";
import { MAX_ERRORS } from "../errors/error-limit.ts";
import { type MessageOptions, safeMessage, shortenNames } from "../errors/safe-messages.ts";
import { type DocumentLimits, findProblem, parseWithin, tooComplex } from "./document-limits.ts";
import { KnownDocument } from "./known-document.ts";

/** Longest document that is kept, in characters. */
const MAX_LENGTH = 64 * 1024;
/** Most memory for all of them, in bytes: a thousand documents as clients write them. */
const MAX_BYTES = 32 * 2 ** 20;
/** Most documents that are known to be valid by their digests alone: those without room are parsed again, and not validated. */
const MAX_DIGESTS = 20_000;
/** Longest document, in characters, in which names are compared with those of the schema for suggestions. */
const MAX_SUGGESTING_LENGTH = 64 * 1024;
/** graphql-js' message once a rule has used up its own allowance. */
const ABORTED = "Validation aborted.";

export interface DocumentsOptions {
  schema: GraphQLSchema;
  limits: DocumentLimits;
  messages: MessageOptions;
  /** What makes a document valid. They must depend on the document alone, not on variables or the caller. */
  rules: readonly ValidationRule[];
}

/** Documents that are valid, and the way to others. */
export interface Documents {
  /** The kept document of this text. */
  find(source: string): KnownDocument | undefined;
  /** Parses a text, or finds it parsed. Throws a GraphQLError with a code, or RangeError for one nested too deeply. */
  parse(source: string): DocumentNode;
  /**
   * What is wrong with a document: a few errors that quote no values. A valid one is kept unless it holds prompts or is too
   * long. `more` are checked as well, every time.
   */
  validate(document: DocumentNode, more?: readonly ValidationRule[]): readonly GraphQLError[];
  /** What is known of a valid document, kept or not. */
  know(document: DocumentNode): KnownDocument;
}

/** Makes an empty store, bounded by memory. */
export function createDocuments({ schema, limits, messages, rules }: DocumentsOptions): Documents {
  const digests = new LRUCache<string, true>({ max: MAX_DIGESTS });
  /** Documents that are what their text says. One that a plugin has made of another has the text of the other. */
  const parsed = new WeakSet<DocumentNode>();
  const kept = new LRUCache<string, KnownDocument>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
  });

  /** Keeps a document, or what it has become since: its operations are prepared one after the other. */
  function keep(source: string, known: KnownDocument): void {
    kept.delete(source);
    kept.set(source, known);
  }

  function findErrors(document: DocumentNode, rules: readonly ValidationRule[]): readonly GraphQLError[] {
    const { problem, hasCycle } = findProblem(document, limits);
    if (problem) return [tooComplex(problem)];
    // The other rules add nothing for a fragment within itself, and have to find their way out of it.
    return validateSafely(schema, document, hasCycle ? [NoFragmentCyclesRule] : rules, messages);
  }

  function validateOwn(document: DocumentNode): readonly GraphQLError[] {
    const source = document.loc?.source.body;
    if (source === undefined || source.length > MAX_LENGTH || !parsed.has(document)) return findErrors(document, rules);
    if (kept.peek(source)?.document === document) return [];
    const digest = hash("sha256", source, "base64");
    if (!digests.get(digest)) {
      const errors = findErrors(document, rules);
      if (errors.length > 0 || mayHoldPrompt(document)) return errors;
      digests.set(digest, true);
    }
    const known: KnownDocument = new KnownDocument(schema, document, () => {
      if (kept.peek(source) === known) keep(source, known);
    });
    keep(source, known);
    return [];
  }

  return {
    find: (source) => kept.get(source),
    parse(source) {
      const known = kept.get(source);
      if (known) return known.document;
      try {
        const document = parseWithin(limits, source);
        parsed.add(document);
        return document;
      } catch (error) {
        if (error instanceof GraphQLError) markAs("GRAPHQL_PARSE_FAILED", error);
        throw error;
      }
    },
    validate(document, more = []) {
      const errors = validateOwn(document);
      return errors.length > 0 || more.length === 0 ? errors : validateSafely(schema, document, more, messages);
    },
    know(document) {
      const known = document.loc && kept.get(document.loc.source.body);
      return known?.document === document ? known : new KnownDocument(schema, document);
    },
  };
}

/** Validates up to the first few errors, and makes their messages safe. */
function validateSafely(
  schema: GraphQLSchema,
  document: DocumentNode,
  rules: readonly ValidationRule[],
  { hideSuggestions }: MessageOptions,
): readonly GraphQLError[] {
  const length = document.loc?.source.body.length ?? 0;
  const errors = validate(schema, document, rules, {
    maxErrors: MAX_ERRORS,
    hideSuggestions: hideSuggestions || length > MAX_SUGGESTING_LENGTH,
  });
  if (errors.some(({ message }) => message === ABORTED)) return [tooComplex("The document is too complex.")];
  return errors.slice(0, MAX_ERRORS).map((error) => clean(error, { hideSuggestions }));
}

function clean(error: GraphQLError, options: MessageOptions): GraphQLError {
  const { message, nodes = null, source = null, positions = null, extensions } = error;
  // An error of this server's own scalars has its code and a message that is safe.
  const isOwn = Object.hasOwn(errorCodes, String(extensions.code));
  const safe = isOwn ? shortenNames(message) : safeMessage(message, "The document does not fit the schema.", options);
  return markAs("GRAPHQL_VALIDATION_FAILED", new GraphQLError(safe, { nodes, source, positions, extensions }));
}

/** Gives an error that has no code this one. Only clients of GraphQL's own media type get it as a status. */
function markAs(code: string, error: GraphQLError): GraphQLError {
  error.extensions.code ??= code;
  error.extensions.http ??= { spec: true, status: 400 };
  return error;
}

/**
 * Whether a document that sends something to a model holds text: any string but the model's name. Such documents are
 * seldom sent twice, and this server does not keep what is in them.
 */
function mayHoldPrompt(document: DocumentNode): boolean {
  const isPaid = document.definitions.some(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION && definition.operation !== OperationTypeNode.QUERY,
  );
  if (!isPaid) return false;
  let hasText = false;
  visit(document, {
    ObjectField: ({ name, value }) => (name.value === "model" && value.kind === Kind.STRING ? false : undefined),
    StringValue: () => {
      hasText = true;
    },
  });
  return hasText;
}
