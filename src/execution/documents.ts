// Documents that have been parsed and found valid, so that those that clients send again and again cost neither.
import { hash } from "node:crypto";
import { type DocumentNode, Kind, OperationTypeNode, type Source, visit } from "graphql";
import type { Plugin } from "graphql-yoga";
import { LRUCache } from "lru-cache";

/** Longest document that is kept, in characters. */
const MAX_LENGTH = 64 * 1024;
/** What one token of a parsed document and of its plan takes, in bytes, as measured; its characters are little beside that. */
const TOKEN_BYTES = 700;
/** Most memory for all of them, in bytes: a thousand documents as clients write them. */
const MAX_BYTES = 32 * 2 ** 20;

/** Most documents that are known to be valid by their digests alone: those that had no room are parsed again, and no more. */
const MAX_DIGESTS = 20_000;

/** Documents that are or have been in a cache; one that left it while a request held it is as valid as before. */
const kept = new WeakSet<DocumentNode>();

/** Whether the document has been found valid and is likely to be asked for again: what is prepared for it is not lost. */
export function isKept(document: DocumentNode): boolean {
  return kept.has(document);
}

/** Valid documents by their source. */
export type DocumentCache = LRUCache<string, DocumentNode>;

/** Makes an empty one, bounded by memory. */
export function createDocumentCache(): DocumentCache {
  return new LRUCache({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ tokenCount = MAX_LENGTH }, source) => 2 * source.length + TOKEN_BYTES * tokenCount,
  });
}

/**
 * Keeps valid documents in `documents`, except those with prompts in them. Must come before every plugin that takes
 * an error of validation for its own; rules must depend on the document alone, not on variables or the caller.
 */
export function useDocumentCache(documents: DocumentCache): Plugin {
  const validDigests = new LRUCache<string, true>({ max: MAX_DIGESTS });

  /** Keeps a document that has been found valid. */
  function keep(document: DocumentNode, source: string): void {
    kept.add(document);
    documents.set(source, document);
  }

  return {
    onParse({ params, setParsedDocument }) {
      const source: string | Source = params.source;
      const document = documents.get(typeof source === "string" ? source : source.body);
      if (document) setParsedDocument(document);
    },
    onValidate({ params, setResult }) {
      const document: DocumentNode = params.documentAST;
      if (kept.has(document)) {
        setResult([]);
        return undefined;
      }
      const source = document.loc?.source.body;
      if (source === undefined || source.length > MAX_LENGTH) return undefined;
      const digest = hash("sha256", source, "base64");
      if (validDigests.get(digest)) {
        keep(document, source);
        setResult([]);
        return undefined;
      }
      return ({ result }) => {
        if (result.length > 0 || mayHoldPrompt(document)) return;
        validDigests.set(digest, true);
        keep(document, source);
      };
    },
  };
}

/**
 * Whether a document that sends something to a model holds text: any string but the model's name. Such documents are
 * seldom sent twice, and what is in them is not for this server to keep.
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
