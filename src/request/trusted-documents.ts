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
    const { query, documentId, doc_id, id, extensions } = params as RawParams;
    const apolloHash = readApolloHash(extensions);
    let key = addId(undefined, documentId);
    key = addId(key, doc_id);
    key = addId(key, id);
    key = addId(key, apolloHash);
    const trusted = key === undefined ? undefined : documents?.get(key);
    // graphql-ws requires a query; its clients send an empty one.
    const hasQuery = query !== undefined && query !== null && query !== "";
    if (trusted !== undefined) {
      if (hasQuery && query !== trusted) throw mismatch();
      return replaceId(params, trusted);
    }
    if (only) throw refusal("FORBIDDEN", "Only trusted documents are served: send the id of one.", 403);
    if (key === undefined) return params;
    if (!hasQuery) {
      throw documents
        ? refusal("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        : refusal("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported");
    }
    if (apolloHash !== undefined && !isHashOf(key, query)) throw mismatch();
    return replaceId(params, query);
  };
}

/** Whether there may be an id. Most clients send none. */
function hasId({ documentId, doc_id, id, extensions }: RawParams): boolean {
  return (documentId ?? doc_id ?? id ?? extensions ?? undefined) !== undefined;
}

/** Changes the parameters, which are read once: a copy without some of its members costs more than all else here. */
function replaceId<Params extends object>(params: Params, query: unknown): Params {
  const raw: RawParams = params;
  raw.query = query;
  if (raw.documentId !== undefined) raw.documentId = undefined;
  if (raw.doc_id !== undefined) raw.doc_id = undefined;
  if (raw.id !== undefined) raw.id = undefined;
  return params;
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

/** The id in one more place, normalized, or `known`, the one in those before. Null counts as absent. */
function addId(known: string | undefined, given: unknown): string | undefined {
  if (given === undefined || given === null) return known;
  const id = normalizeId(given);
  if (id === undefined) {
    throw refusal("BAD_REQUEST", "A trusted document's id must be a string of 1 to 256 visible ASCII characters.");
  }
  if (known !== undefined && id !== known) {
    throw refusal("BAD_REQUEST", "The request must not give two different ids of documents.");
  }
  return id;
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
