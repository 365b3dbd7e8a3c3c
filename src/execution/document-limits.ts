// Limits how much a document may ask for. A document over a limit is refused before anything expensive reads it.
import { type DocumentNode, GraphQLError, parse, TokenKind } from "graphql";
import { codedError } from "../errors/codes.ts";
import { measureDocument, overlapsTooOften } from "./document-measures.ts";

export interface DocumentLimits {
  /** Most lexical tokens. Comments do not count, but their number has the same limit. */
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
/**
 * Longest name or number, in characters: names are compared with those of the schema, and repeated by paths, errors and the
 * keys of answers; numbers are turned into big integers.
 */
export const MAX_NAME_LENGTH = 256;

/** graphql-js' message for a document with more tokens or comments than the parser may take. */
const TOO_MANY = /^Syntax Error: Document contains more tha[nt] \d+ (tokens|comments)\. Parsing aborted\.$/;

/** The limit that a document is over, in words. Undefined if it is within all of them, or is not GraphQL. */
export function findExcess(source: string, limits: DocumentLimits): string | undefined {
  try {
    return findProblem(parseWithin(limits, source), limits).problem;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return error.extensions.code === "OPERATION_TOO_COMPLEX" ? error.message : undefined;
  }
}

/** An error that refuses a whole document; as a status only for clients that take it for GraphQL's. */
export function tooComplex(message: string): GraphQLError {
  return codedError("OPERATION_TOO_COMPLEX", message, { http: { spec: true, status: 400 } });
}

/** Parses a document within the limits. Throws OPERATION_TOO_COMPLEX, or graphql-js' own syntax error. */
export function parseWithin(limits: DocumentLimits, source: string): DocumentNode {
  checkSource(source, limits.maxLength);
  const document = parseUpTo(limits.maxTokens, source);
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
function parseUpTo(maxTokens: number, source: string): DocumentNode {
  try {
    return parse(source, { maxTokens, maxComments: maxTokens });
  } catch (error) {
    const [, things] = (error instanceof Error && TOO_MANY.exec(error.message)) || [];
    throw things ? tooComplex(`The document has more than ${maxTokens} ${things}.`) : error;
  }
}

function checkWords({ loc }: DocumentNode): void {
  for (let token = loc?.startToken ?? null; token; token = token.next) {
    const length = token.end - token.start;
    const isWord = token.kind === TokenKind.NAME || token.kind === TokenKind.INT || token.kind === TokenKind.FLOAT;
    if (isWord && length > MAX_NAME_LENGTH)
      throw tooComplex(
        `A name or number in the document has ${length} characters; at most ${MAX_NAME_LENGTH} are allowed.`,
      );
  }
}

/** The limit that a parsed document is over, and whether a fragment of it leads into itself. */
export function findProblem(document: DocumentNode, limits: DocumentLimits): { problem?: string; hasCycle: boolean } {
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
