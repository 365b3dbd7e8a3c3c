// A valid document and its operations, each prepared when it is asked for first: its root fields, what reads its variables,
// and its plan.
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from "graphql";
import { createPlan, type ExecutionPlan } from "./plan/plan.ts";
import { findRootFields, fragmentsOf, type RootFieldName } from "./plan/selection.ts";
import { createReadVariables, type ReadVariables } from "./variables.ts";

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
  readonly #isKept: boolean;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** As many as the document has operations, whatever names clients ask for. */
  readonly #operations = new Map<OperationDefinitionNode, PreparedOperation>();
  #only: OperationDefinitionNode | undefined;

  /** Operations of a document that `isKept` get plans, which cost more than one execution saves. */
  constructor(schema: GraphQLSchema, document: DocumentNode, isKept: boolean) {
    this.document = document;
    this.#schema = schema;
    this.#isKept = isKept;
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
      plan: this.#isKept ? createPlan(this.#schema, operation, this.#fragments) : undefined,
    };
  }
}

/** The names in the schema of the fields that are resolved. */
export function namesOf(fields: readonly RootFieldName[]): readonly string[] {
  return fields.map(({ name }) => name).filter((name) => name !== "__typename");
}
