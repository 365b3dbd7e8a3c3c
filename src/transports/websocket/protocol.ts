// GraphQL behind a WebSocket, as hooks of graphql-ws: who may connect, and what becomes of each operation. The same schema,
// plugins and errors as over HTTP; knows no socket.
import { setImmediate } from "node:timers/promises";
import type { ExecutionArgs, ExecutionResult, GraphQLError } from "graphql";
import { makeServer, type Server } from "graphql-ws";
import type { YogaServerInstance } from "graphql-yoga";
import type { Caller } from "../../callers/caller.ts";
import { codedError } from "../../errors/codes.ts";
import { showError } from "../../errors/shown-error.ts";
import { readResults } from "../../execution/operation-record.ts";
import type { Departures } from "../../http/departures.ts";
import type { CallerContext } from "../../limits/caller-context.ts";
import { CallerGone, createCancellable } from "../../openai/cancellable.ts";
import type { NodeContext } from "../../request/params.ts";
import type { ResolveDocument } from "../../request/trusted-documents.ts";
import { InvalidMessage, TRY_AGAIN_LATER } from "./closes.ts";
import type { ConnectionExtra } from "./connection.ts";
import { type Operation, prepareOperation } from "./operation.ts";

/** How many operations may be under way on a connection. A page with more subscriptions than that is out of order. */
const MAX_OPERATIONS = 256;
/** When a client with that many may try again, in milliseconds. */
const RETRY_AFTER_MS = 1_000;
/** Longest id of an operation, in UTF-16 units. Each answer repeats it. */
const MAX_ID_LENGTH = 128;

export interface GraphQLOptions {
  contextOf(caller: Caller): CallerContext;
  departures: Departures;
  maskError(error: unknown): GraphQLError;
  resolveDocument: ResolveDocument;
  /** Whether operations are refused with SHUTTING_DOWN. */
  isDraining(): boolean;
}

/** Builds the protocol's server, which opens no port. */
export function createGraphQLServer(
  yoga: Pick<YogaServerInstance<NodeContext, object>, "getEnveloped">,
  { contextOf, departures, maskError, resolveDocument, isDraining }: GraphQLOptions,
): Server<ConnectionExtra> {
  /** Results that can be left: a client's `complete` ends the upstream call, of a mutation too. */
  function run(args: ExecutionArgs): AsyncIterableIterator<ExecutionResult> {
    const { socket, execute, record } = args.rootValue as Operation;
    const departure = departures.signalOf(socket);
    let isComplete = false;
    const end = () => {
      record?.end(!isComplete || departure.reason instanceof CallerGone);
    };
    async function* generate(signal: AbortSignal): AsyncGenerator<ExecutionResult> {
      const contextValue = Object.assign(args.contextValue as object, { signal });
      const result = await execute({ ...args, contextValue, rootValue: undefined });
      if (Symbol.asyncIterator in result) yield* record ? readResults(result, record) : result;
      else {
        record?.readResult(result);
        yield result;
      }
      isComplete = true;
    }
    return createCancellable(departure, generate, end);
  }

  /** What is wrong with the operation before anything is known of it. */
  function findRefusal({ connection }: ConnectionExtra): GraphQLError | undefined {
    if (isDraining()) return codedError("SHUTTING_DOWN", "The server is stopping.");
    // Refused, not left to wait: a client with so many could not complete one of them if it was not listened to.
    if (connection.underWay() <= MAX_OPERATIONS) return undefined;
    const problem = `A connection may have at most ${MAX_OPERATIONS} operations under way.`;
    return codedError("OVERLOADED", problem, { retryAfterMs: RETRY_AFTER_MS });
  }

  return makeServer<Record<string, unknown>, ConnectionExtra>({
    execute: run,
    subscribe: run,
    async onConnect({ connectionParams, extra: { caller, connection } }) {
      try {
        await caller.init(connectionParams);
        connection.acknowledge();
      } catch (error) {
        if (maskError(error).extensions.code === "UNAUTHENTICATED") return false;
        connection.close(TRY_AGAIN_LATER);
      }
      return undefined;
    },
    async onSubscribe({ extra }, id, payload): Promise<ExecutionArgs | GraphQLError[]> {
      if (id.length > MAX_ID_LENGTH) throw new InvalidMessage();
      const operation = extra.beginOperation();
      const refuse = (errors: readonly unknown[]) => {
        const masked = errors.map(maskError);
        operation?.readResult({ errors: masked });
        operation?.end(false);
        return masked;
      };
      const refusal = findRefusal(extra);
      if (refusal) return refuse([refusal]);
      try {
        operation?.nameAs(payload.operationName);
        await untilNextMessage();
        const params = resolveDocument(payload);
        const context = contextOf(await extra.caller.identify());
        if (operation) operation.caller = context;
        const enveloped = yoga.getEnveloped({ params, ...context, operation });
        const prepared = await prepareOperation(enveloped, params, { socket: extra.socket, record: operation });
        return Array.isArray(prepared) ? refuse(prepared) : prepared;
      } catch (error) {
        return refuse([error]);
      }
    },
    onNext: (_connection, _id, _payload, _args, { data, errors }) => ({
      ...(data !== undefined && { data }),
      ...(errors && { errors: errors.map(showError) }),
    }),
    onError: (_connection, _id, _payload, errors) => errors.map((error) => showError(maskError(error))),
  });
}

/**
 * Resolves when the client's next message, if it came with this one, has been handled. Pages that mount, unmount and mount
 * again complete an operation in the breath that begins it; its upstream call, which is paid for, must never begin. One
 * turn takes the message from the network, one more handles it.
 */
async function untilNextMessage(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await setImmediate();
}
