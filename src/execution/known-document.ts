// A valid document and its operations, each prepared when it is asked for first: its root fields, what reads its variables,
// and its plan.
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from "graphql";
import { requestError } from "../errors/codes.ts";
import { MAX_NAME_LENGTH } from "./document-limits.ts";
import { createPlan, type ExecutionPlan } from "./plan/plan.ts";
import { findRootFields, fragmentsOf, type RootFieldName } from "./plan/selection.ts";
import { createReadVariables, type ReadVariables } from "./variables.ts";

/** What each takes in memory, in bytes, as measured, with something to spare. */
const TOKEN_BYTES = 400;
const ESCAPE_BYTES = 40;
const OPERATION_BYTES = 4_096;
const PLANNED_FIELD_BYTES = 1_100;

/** An operation that is known to be valid, and all of it that is the same for every request. */
export interface PreparedOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Every root field that the document names, whatever directives say. */
  readonly rootFields: readonly RootFieldName[];
  /** Their names in the schema, without `__typename`, which costs nothing. */
  readonly fieldNames: readonly string[];
  readonly readVariables: ReadVariables;
  /** Undefined if only the executor can know what is to be done, and for documents that are not kept. */
  readonly plan: ExecutionPlan | undefined;
}

/** A valid document. */
export class KnownDocument {
  readonly document: DocumentNode;
  readonly #schema: GraphQLSchema;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** As many as the document has operations, whatever names clients ask for. */
  readonly #operations = new Map<OperationDefinitionNode, PreparedOperation>();
  #only: OperationDefinitionNode | undefined;
  readonly #onGrow: (() => void) | undefined;
  /** What the document and its operations take, in bytes, about. */
  bytes: number;

  /**
   * Operations of a document that is kept get plans, which cost more than one execution saves; `onGrow` is called whenever it
   * has become larger. Without it the document is not kept.
   */
  constructor(schema: GraphQLSchema, document: DocumentNode, onGrow?: () => void) {
    this.document = document;
    this.#schema = schema;
    this.#onGrow = onGrow;
    this.bytes = onGrow ? sizeOf(document) : 0;
    this.#fragments = fragmentsOf(document);
    const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    if (operations.length === 1) this.#only = operations[0];
  }

  /** The operation of this name, or the only one if no name is given. Undefined if there is none. */
  operationOf(name: string | null | undefined): PreparedOperation | undefined {
    const operation = this.#find(name ?? undefined);
    if (!operation) return undefined;
    let prepared = this.#operations.get(operation);
    if (!prepared) {
      prepared = this.#prepare(operation);
      this.#operations.set(operation, prepared);
      if (this.#onGrow) this.bytes += OPERATION_BYTES + PLANNED_FIELD_BYTES * (prepared.plan?.compilation.fields ?? 0);
      this.#onGrow?.();
    }
    return prepared;
  }

  #find(name: string | undefined): OperationDefinitionNode | undefined {
    if (name === undefined || this.#only?.name?.value === name) return this.#only;
    for (const definition of this.document.definitions)
      if (definition.kind === Kind.OPERATION_DEFINITION && definition.name?.value === name) return definition;
    return undefined;
  }

  #prepare(operation: OperationDefinitionNode): PreparedOperation {
    const rootFields = findRootFields(operation, this.#fragments);
    return {
      document: this.document,
      operation,
      fragments: this.#fragments,
      rootFields,
      fieldNames: namesOf(rootFields),
      readVariables: createReadVariables(this.#schema, operation),
      plan: this.#onGrow ? createPlan(this.#schema, operation, this.#fragments) : undefined,
    };
  }
}

/** What a parsed document takes, in bytes: its text, tokens and comments, and a string for each of its escapes. */
function sizeOf({ loc }: DocumentNode): number {
  let tokens = 0;
  for (let token = loc?.startToken ?? null; token; token = token.next) tokens++;
  const text = loc?.source.body ?? "";
  let escapes = 0;
  for (let place = text.indexOf("\\"); place >= 0; place = text.indexOf("\\", place + 1)) escapes++;
  return 2 * text.length + TOKEN_BYTES * tokens + ESCAPE_BYTES * escapes;
}

/** The names in the schema of the fields that are resolved. */
export function namesOf(fields: readonly RootFieldName[]): readonly string[] {
  return fields.map(({ name }) => name).filter((name) => name !== "__typename");
}

/** The error for an operation that the document does not have. No document that is served has a longer name. */
export function unknownOperation(name: string | null | undefined): GraphQLError {
  const length = name?.length ?? 0;
  const problem =
    length > MAX_NAME_LENGTH
      ? `operationName has ${length} characters; at most ${MAX_NAME_LENGTH} are allowed.`
      : "Could not determine what operation to execute.";
  return requestError("BAD_REQUEST", 400, problem);
}
