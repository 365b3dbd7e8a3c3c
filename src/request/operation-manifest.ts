// Reads the operator's manifest of trusted documents, once at the start, and checks all of it. Knows no request.
import { GraphQLError, type GraphQLSchema, parse, validate } from "graphql";
import { readOperatorFile } from "../files/operator-file.ts";
import { isRecord } from "../json/json.ts";

/** The form of a trusted document's id, in a manifest and from a client. */
const ID = /^[\x21-\x7e]{1,256}$/;
/** Some tools write this before an id that is a hash; others leave it out. */
const HASH_PREFIX = "sha256:";

/** An entry of the manifest, unchecked. */
interface Entry {
  /** Where it stands, for the operator who has to fix it. */
  place: string;
  id: unknown;
  text: unknown;
}

/** Thrown by readOperationManifest; its message is for the operator and may quote the manifest. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
}

/** The id without a prefix, as documents are kept under it; undefined for what cannot be an id. */
export function normalizeId(id: unknown): string | undefined {
  if (typeof id !== "string" || !ID.test(id)) return undefined;
  return id.startsWith(HASH_PREFIX) ? id.slice(HASH_PREFIX.length) : id;
}

/** The checks for documents. */
export interface ManifestChecks {
  schema: GraphQLSchema;
  /** What a document has too much of, and the variable that limits it; undefined if it is within the limits. */
  findExcess(document: string): string | undefined;
}

/**
 * Yields the documents of the file at `path` by their normalized ids. Each is valid and within the limits.
 * Accepts Apollo's manifests, and the plain objects from ids to documents that Relay and GraphQL Code Generator write.
 * Throws ManifestError for a file that cannot be read, is not a manifest, or has a bad entry.
 * @see https://www.apollographql.com/docs/graphos/platform/security/persisted-queries#manifest-format
 * @see https://relay.dev/docs/guides/persisted-queries/#local-persisted-queries
 * @see https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#persisted-documents
 */
export function readOperationManifest(path: string, checks: ManifestChecks): ReadonlyMap<string, string> {
  const documents = new Map<string, string>();
  for (const { place, id, text } of listEntries(readJsonFile(path))) {
    const key = normalizeId(id);
    if (key === undefined) throw fault(`${place} has an id that is not 1 to 256 visible ASCII characters`);
    if (typeof text !== "string") throw fault(`${place} has no document`);
    if (documents.has(key) && documents.get(key) !== text) throw fault(`${place} has the id of another document`);
    const problem = checks.findExcess(text) ?? findProblem(text, checks.schema);
    if (problem) throw fault(`${place} has a document that cannot be served: ${problem}`);
    documents.set(key, text);
  }
  return documents;
}

function readJsonFile(path: string): unknown {
  let content: Buffer;
  try {
    content = readOperatorFile(path);
  } catch (error) {
    throw fault(`it cannot be read: ${(error as Error).message}`);
  }
  try {
    // Not Buffer's own decoder, which keeps a byte order mark and accepts invalid bytes.
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch (error) {
    throw fault(`it is not JSON in UTF-8: ${(error as Error).message}`);
  }
}

function listEntries(manifest: unknown): Entry[] {
  if (!isRecord(manifest)) throw fault("it must hold a JSON object");
  const { format, version, operations } = manifest;
  // Documents are strings that look like neither, so a plain manifest may use these words as ids.
  if (format !== "apollo-persisted-query-manifest" && !Array.isArray(operations)) {
    return Object.entries(manifest).map(([id, text]) => ({ place: `the entry ${JSON.stringify(id)}`, id, text }));
  }
  if (format !== "apollo-persisted-query-manifest" || version !== 1 || !Array.isArray(operations)) {
    throw fault('one with a list of operations must have the format "apollo-persisted-query-manifest" and version 1');
  }
  return operations.map((operation: unknown, index) => {
    const { id, body } = isRecord(operation) ? operation : {};
    const name = typeof id === "string" ? ` (${JSON.stringify(id)})` : "";
    return { place: `operations[${index}]${name}`, id, text: body };
  });
}

/** The first problem that graphql finds in the document. */
function findProblem(text: string, schema: GraphQLSchema): string | undefined {
  try {
    const [error] = validate(schema, parse(text));
    return error && describe(error);
  } catch (error) {
    return error instanceof GraphQLError ? describe(error) : (error as Error).message;
  }
}

function describe({ message, locations: [location] = [] }: GraphQLError): string {
  return location ? `${message} (line ${location.line}, column ${location.column})` : message;
}

function fault(problem: string): ManifestError {
  return new ManifestError(`PERSISTED_OPERATIONS_FILE must be a manifest of trusted documents: ${problem}`);
}
