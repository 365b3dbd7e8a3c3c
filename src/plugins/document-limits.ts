// How much a document may ask for. What is over a limit is refused before anything expensive looks at it.
import {
  type DocumentNode,
  type GraphQLError,
  NoFragmentCyclesRule,
  type ParseOptions,
  type Source,
  TokenKind,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import { codedError } from "../schema/errors.ts";
import { measureDocument } from "./document-measures.ts";
import { overlapsTooOften } from "./field-overlaps.ts";

export interface DocumentLimits {
  /** Most lexical tokens. Comments, which are none, may be as many again. */
  maxTokens: number;
  /** Longest source, in characters. */
  maxLength: number;
  /** Deepest nesting of fields; those inside `__schema` and `__type` do not count. */
  maxDepth: number;
  /** Most aliases, fragments counted where they are used. */
  maxAliases: number;
  /** Most directives, counted likewise. */
  maxDirectives: number;
}

/** Most lines: each error's place is found by counting them, several times over. */
const MAX_LINES = 10_000;
/** Most backslashes: each escape in a string is a string of its own to the lexer. */
const MAX_ESCAPES = 50_000;
/** Longest name or number, in characters: they are compared with names of the schema, and turned into big integers. */
const MAX_WORD_LENGTH = 1_000;

/** What graphql-js says of a document that has more tokens or comments than the parser was told to take. */
const TOO_MANY = /^Syntax Error: Document contains more tha[nt] \d+ (tokens|comments)\. Parsing aborted\.$/;

/**
 * Refuses a document over a limit with OPERATION_TOO_COMPLEX as its only error, over every transport. Documents that
 * come parsed and validated from a cache are not measured again.
 */
export function useDocumentLimits(limits: DocumentLimits): Plugin {
  return {
    onParse({ parseFn, setParseFn }) {
      setParseFn((source: string | Source, options?: object): DocumentNode => {
        checkSource(typeof source === "string" ? source : source.body, limits.maxLength);
        const document = parseUpTo(limits.maxTokens, (more) => parseFn(source, { ...options, ...more }));
        checkWords(document);
        return document;
      });
    },
    onValidate({ validateFn, setValidationFn }) {
      setValidationFn((schema, document: DocumentNode, rules, ...rest) => {
        const { problem, hasCycle } = findProblem(document, limits);
        if (problem) return [tooComplex(problem)];
        // The other rules can say nothing better of a fragment within itself, and have to find their way out of it.
        return validateFn(schema, document, hasCycle ? [NoFragmentCyclesRule] : rules, ...rest);
      });
    },
  };
}

/** An error that refuses a whole document; as a status only for clients that take it for GraphQL's. */
export function tooComplex(message: string): GraphQLError {
  return codedError("OPERATION_TOO_COMPLEX", message, { http: { spec: true, status: 400 } });
}

function checkSource(source: string, maxLength: number): void {
  if (source.length > maxLength)
    throw tooComplex(`The document has ${source.length} characters; at most ${maxLength} are allowed.`);
  checkCount(source, /\r\n?|\n/g, MAX_LINES, "line breaks");
  checkCount(source, /\\/g, MAX_ESCAPES, "backslashes");
}

function checkCount(source: string, pattern: RegExp, limit: number, things: string): void {
  let count = 0;
  for (const _ of source.matchAll(pattern)) {
    if (++count > limit) throw tooComplex(`The document has more than ${limit} ${things}.`);
  }
}

/** Parses up to the limit, at which the lexer stops too. */
function parseUpTo(maxTokens: number, parse: (options: ParseOptions) => DocumentNode): DocumentNode {
  try {
    return parse({ maxTokens, maxComments: maxTokens });
  } catch (error) {
    const [, things] = (error instanceof Error && TOO_MANY.exec(error.message)) || [];
    throw things ? tooComplex(`The document has more than ${maxTokens} ${things}.`) : error;
  }
}

function checkWords({ loc }: DocumentNode): void {
  for (let token = loc?.startToken ?? null; token; token = token.next) {
    const length = token.end - token.start;
    const isWord = token.kind === TokenKind.NAME || token.kind === TokenKind.INT || token.kind === TokenKind.FLOAT;
    if (isWord && length > MAX_WORD_LENGTH)
      throw tooComplex(
        `A name or number in the document has ${length} characters; at most ${MAX_WORD_LENGTH} are allowed.`,
      );
  }
}

function findProblem(document: DocumentNode, limits: DocumentLimits): { problem?: string; hasCycle: boolean } {
  const { depth, aliases, directives, hasCycle } = measureDocument(document);
  const over = (things: string, given: number, limit: number) =>
    given > limit && { problem: `The document ${things.replace("#", String(given))}; at most ${limit} are allowed.` };
  return {
    hasCycle,
    ...(over("nests fields # levels deep", depth, limits.maxDepth) ||
      over("has # aliases", aliases, limits.maxAliases) ||
      over("has # directives", directives, limits.maxDirectives) ||
      (!hasCycle && overlapsTooOften(document) && { problem: "The document selects the same fields too often." })),
  };
}
