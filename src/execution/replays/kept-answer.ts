// An answer as it is kept: which ones are, and how one is given again.
import {
  type ExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type Source,
  type SourceLocation,
} from "graphql";
import { errorCodes } from "../../errors/codes.ts";
import { showError } from "../../errors/shown-error.ts";
import { isOver } from "../../http/json-pieces.ts";
import { OpenAIError } from "../../openai/client/failures/errors.ts";
import { mayHaveBeenPaid } from "../../openai/client/failures/payment.ts";

/** Largest answer that is kept, in bytes. */
const MAX_KEPT_BYTES = 2 ** 20;

/** The answer to a mutation that has ended. */
export interface KeptAnswer {
  /** See KeyedMutation. */
  readonly fingerprint: string;
  /** Digests of its files; undefined for one that was not read whole. */
  readonly files: readonly (string | undefined)[];
  /** The result as the client got it, as JSON. */
  readonly json: string;
  readonly hasErrors: boolean;
}

/** Where answers are kept. */
export interface AnswerStore {
  /**
   * The answer of this id, or one that is another request's. Undefined: there is none, and it is for whoever asks to run the
   * mutation, and then to keep its answer or to release the id. Waits while another process runs it. Throws OVERLOADED if that
   * cannot be known, and the signal's reason while it waits.
   */
  claim(id: string, fingerprint: string, signal: AbortSignal): Promise<KeptAnswer | undefined>;
  /** Keeps the answer. Never rejects. */
  keep(id: string, caller: string, answer: KeptAnswer): Promise<void>;
  /** There is no answer to be kept. Never rejects. */
  release(id: string): Promise<void>;
}

/** A result that may be JSON already. */
export interface GivenResult extends ExecutionResult {
  readonly json?: string;
}

/** What a result has that was given before, and was not paid for again. */
export const REPLAYED = { extensions: { http: { headers: { "idempotent-replayed": "true" } } } };

/** The result as JSON, if that is not too large to be kept. */
export function keepable(result: GivenResult): string | undefined {
  if (result.json === undefined && isOver(result, MAX_KEPT_BYTES)) return undefined;
  const { data, errors } = result;
  const json = result.json ?? JSON.stringify({ data, ...(errors && { errors: errors.map(showError) }) });
  return Buffer.byteLength(json) > MAX_KEPT_BYTES ? undefined : json;
}

/**
 * Whether a result, with its errors as they were thrown, may have cost something: a field has an answer, or work was begun.
 * `__typename` alone has a value that is no object.
 */
export function mayHaveCost({ json, data, errors = [] }: GivenResult): boolean {
  if (json !== undefined || Object.values(data ?? {}).some((field) => field !== null && typeof field === "object"))
    return true;
  return errors.some(({ originalError, extensions }) => {
    if (originalError instanceof OpenAIError) return mayHaveBeenPaid(originalError);
    const code = String(extensions.code) as keyof typeof errorCodes;
    return !Object.hasOwn(errorCodes, code) || errorCodes[code].paid !== "no";
  });
}

/** The answer again. `asJson`: it may stay JSON. Its errors have their places in `source`, the document. */
export function giveAgain(
  { json, hasErrors }: Pick<KeptAnswer, "json" | "hasErrors">,
  asJson: boolean,
  source: Source | undefined,
): GivenResult {
  if (asJson && !hasErrors) return { json, ...REPLAYED };
  const { data, errors } = JSON.parse(json) as { data?: Record<string, unknown>; errors?: GraphQLFormattedError[] };
  return { data: data ?? null, ...(errors && { errors: errors.map((error) => revive(error, source)) }), ...REPLAYED };
}

function revive({ message, path, locations, extensions }: GraphQLFormattedError, source: Source | undefined) {
  const positions = source && locations?.map((location) => positionOf(source, location));
  return new GraphQLError(message, { path, extensions, ...(source && positions && { source, positions }) });
}

/** Where the location is in the source. The inverse of graphql's getLocation. */
function positionOf({ body }: Source, { line, column }: SourceLocation): number {
  let start = 0;
  let number = 1;
  for (const { 0: lineEnd, index } of body.matchAll(/\r\n|[\n\r]/g)) {
    if (number === line) break;
    number++;
    start = index + lineEnd.length;
  }
  return start + column - 1;
}
