// How much a document may ask for. What is over a limit is refused before anything expensive looks at it.
import {
  type DocumentNode,
  GraphQLError,
  NoFragmentCyclesRule,
  type ParseOptions,
  parse,
  type Source,
  TokenKind,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import { codedError } from "../errors/codes.ts";
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
        const text = typeof source === "string" ? source : source.body;
        return parseWithin(limits, text, (more) => parseFn(source, { ...options, ...more }));
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

/** What useDocumentLimits would refuse the document for; undefined for none. Whether it is GraphQL is not for this to tell. */
export function findExcess(source: string, limits: DocumentLimits): string | undefined {
  try {
    return findProblem(
      parseWithin(limits, source, (options) => parse(source, options)),
      limits,
    ).problem;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return error.extensions.code === "OPERATION_TOO_COMPLEX" ? error.message : undefined;
  }
}

/** An error that refuses a whole document; as a status only for clients that take it for GraphQL's. */
export function tooComplex(message: string): GraphQLError {
  return codedError("OPERATION_TOO_COMPLEX", message, { http: { spec: true, status: 400 } });
}

function parseWithin(limits: DocumentLimits, source: string, parseFn: (options: ParseOptions) => DocumentNode) {
  checkSource(source, limits.maxLength);
  const document = parseUpTo(limits.maxTokens, parseFn);
  checkWords(document);
  return document;
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
function parseUpTo(maxTokens: number, parseFn: (options: ParseOptions) => DocumentNode): DocumentNode {
  try {
    return parseFn({ maxTokens, maxComments: maxTokens });
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
