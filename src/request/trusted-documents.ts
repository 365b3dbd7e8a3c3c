// Trusted documents: in place of a document, a client sends the id of one from the operator's manifest. Knows no transport,
// and keeps nothing that a client sends.
import { createHash } from "node:crypto";
import type { GraphQLError } from "graphql";
import { codedError } from "../errors/codes.ts";
import { isRecord } from "../json/json.ts";
import { normalizeId } from "./operation-manifest.ts";

/** An operation's parameters as a client sent them. */
interface RawParams {
  query?: unknown;
  extensions?: unknown;
  /** https://github.com/graphql/graphql-over-http/pull/264 and GraphQL Code Generator's clients. */
  documentId?: unknown;
  /** Clients of Relay. */
  doc_id?: unknown;
  /** Clients of Relay and others. */
  id?: unknown;
}

/** What is served. */
export interface TrustedDocumentsOptions {
  /** See readOperationManifest. Undefined if there is no manifest. */
  documents?: ReadonlyMap<string, string> | undefined;
  /** Whether only `documents` are served. */
  only: boolean;
}

/**
 * Yields the parameters with the document in `query` and without the id, which can be `documentId`, `doc_id`, `id` or
 * Apollo's `extensions.persistedQuery`. Parameters without an id pass, unless only trusted documents are served.
 * Throws, each with its HTTP status:
 * - BAD_REQUEST (400) for what cannot be an id, for several ids, and for a document that does not match its id;
 * - FORBIDDEN (403), if only trusted documents are served, for everything but the id of one;
 * - PERSISTED_QUERY_NOT_FOUND (400) for an unknown id without a document, PERSISTED_QUERY_NOT_SUPPORTED (400) if there is
 *   no manifest. Apollo's clients read the code or the message, whatever the status, and then send the document.
 */
export type ResolveDocument = <Params extends object>(params: Params) => Params;

/** Builds the function that resolves the parameters of every transport before their document is parsed. */
export function createResolveDocument({ documents, only }: TrustedDocumentsOptions): ResolveDocument {
  return function resolveDocument<Params extends object>(params: Params): Params {
    if (!only && !hasId(params)) return params;
    const { documentId, doc_id, id, ...others } = params as RawParams;
    const apolloHash = readApolloHash(others.extensions);
    const key = readOneId([documentId, doc_id, id, apolloHash]);
    const trusted = key === undefined ? undefined : documents?.get(key);
    // graphql-ws requires a query; its clients send an empty one.
    const hasQuery = others.query !== undefined && others.query !== null && others.query !== "";
    if (trusted !== undefined) {
      if (hasQuery && others.query !== trusted) throw mismatch();
      return { ...others, query: trusted } as Params;
    }
    if (only) throw refusal("FORBIDDEN", "Only trusted documents are served: send the id of one.", 403);
    if (key === undefined) return params;
    if (!hasQuery) {
      throw documents
        ? refusal("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        : refusal("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported");
    }
    if (apolloHash !== undefined && !isHashOf(key, others.query)) throw mismatch();
    return others as Params;
  };
}

/** Whether there may be an id. Most clients send none. */
function hasId({ documentId, doc_id, id, extensions }: RawParams): boolean {
  return [documentId, doc_id, id, extensions].some((value) => value !== undefined && value !== null);
}

/** The id in Apollo's protocol: https://github.com/apollographql/apollo-link-persisted-queries#protocol */
function readApolloHash(extensions: unknown): unknown {
  if (!isRecord(extensions) || extensions.persistedQuery === undefined) return undefined;
  const { persistedQuery } = extensions;
  if (!isRecord(persistedQuery) || persistedQuery.version !== 1 || typeof persistedQuery.sha256Hash !== "string") {
    const problem = "extensions.persistedQuery must be an object with version 1 and a string in sha256Hash.";
    throw refusal("BAD_REQUEST", problem);
  }
  return persistedQuery.sha256Hash;
}

/** The only id, normalized; undefined if there is none. Null counts as absent. */
function readOneId(given: readonly unknown[]): string | undefined {
  const ids = given.filter((id) => id !== undefined && id !== null).map(normalizeId);
  if (ids.includes(undefined)) {
    throw refusal("BAD_REQUEST", "A trusted document's id must be a string of 1 to 256 visible ASCII characters.");
  }
  const [key, ...others] = new Set(ids);
  if (others.length > 0) throw refusal("BAD_REQUEST", "The request must not give two different ids of documents.");
  return key;
}

function isHashOf(hash: string, query: unknown): boolean {
  return typeof query === "string" && createHash("sha256").update(query).digest("hex") === hash;
}

function mismatch(): GraphQLError {
  return refusal("BAD_REQUEST", "The document does not match the id that was sent with it.");
}

function refusal(code: Parameters<typeof codedError>[0], message: string, status = 400): GraphQLError {
  return codedError(code, message, { http: { status } });
}
