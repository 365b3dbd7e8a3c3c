// Documents that have been parsed and found valid, so that those that clients send again and again cost neither.
import { type DocumentNode, Kind, OperationTypeNode, type Source, visit } from "graphql";
import type { Plugin } from "graphql-yoga";
import { LRUCache } from "lru-cache";

/** Longest document that is kept, in characters. */
const MAX_LENGTH = 64 * 1024;
/** What one token of a parsed document takes, in bytes, as measured; its characters are little beside that. */
const TOKEN_BYTES = 500;
/** Most memory for all of them, in bytes: some hundred documents as clients write them. */
const MAX_BYTES = 16 * 2 ** 20;

/**
 * Keeps valid documents by their source, except those with prompts in them. Must come before every plugin that takes
 * an error of validation for its own; rules must depend on the document alone, not on variables or the caller.
 */
export function useDocumentCache(): Plugin {
  const documents = new LRUCache<string, DocumentNode>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ tokenCount = MAX_LENGTH }, source) => 2 * source.length + TOKEN_BYTES * tokenCount,
  });
  /** Those that have been in `documents`; a document that left it while a request held it is as valid as before. */
  const valid = new WeakSet<DocumentNode>();
  return {
    onParse({ params, setParsedDocument }) {
      const source: string | Source = params.source;
      const document = documents.get(typeof source === "string" ? source : source.body);
      if (document) setParsedDocument(document);
    },
    onValidate({ params, setResult }) {
      const document: DocumentNode = params.documentAST;
      if (valid.has(document)) {
        setResult([]);
        return;
      }
      return ({ result }) => {
        const source = document.loc?.source.body;
        if (source === undefined || source.length > MAX_LENGTH || result.length > 0 || mayHoldPrompt(document)) return;
        valid.add(document);
        documents.set(source, document);
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
