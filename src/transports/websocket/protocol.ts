// GraphQL behind a WebSocket, as hooks of graphql-ws: who may connect, and what becomes of each operation. The same engine and
// errors as over HTTP; knows no socket.
import { setImmediate } from "node:timers/promises";
import type { ExecutionArgs, ExecutionResult, GraphQLError, GraphQLSchema } from "graphql";
import { makeServer, type Server } from "graphql-ws";
import type { Caller } from "../../callers/caller.ts";
import { codedError } from "../../errors/codes.ts";
import { showError } from "../../errors/shown-error.ts";
import type { OperationParams } from "../../execution/engine.ts";
import type { Departures } from "../../http/departures.ts";
import type { HeldBytes } from "../../http/held-bytes.ts";
import type { CallerContext } from "../../limits/caller-context.ts";
import type { UntilStart } from "../../limits/starts.ts";
import { CallerGone, createCancellable } from "../../openai/cancellable.ts";
import { readClientTimeout } from "../../request/client-timeout.ts";
import { readIdempotencyKey } from "../../request/idempotency-key.ts";
import type { ResolveDocument } from "../../request/trusted-documents.ts";
import type { OperationRecord } from "../../telemetry/operation-record.ts";
import { isUnauthenticated } from "./caller.ts";
import { InvalidMessage, TRY_AGAIN_LATER } from "./closes.ts";
import type { ConnectionExtra } from "./connection.ts";
import type { PrepareOperation, ReadyOperation } from "./operation.ts";
import { sendResults } from "./results.ts";

/** How many operations may be under way on a connection. A page with more subscriptions than that is out of order. */
const MAX_OPERATIONS = 256;
/** When a client with that many may try again, in milliseconds. */
const RETRY_AFTER_MS = 1_000;
/** Longest id of an operation, in UTF-16 units. Each answer repeats it. */
const MAX_ID_LENGTH = 128;

/** What graphql-ws passes along with an operation, as its root value. */
interface Operation {
  id: string;
  extra: ConnectionExtra;
  ready: ReadyOperation;
  /** The bytes of its answers. */
  held: HeldBytes;
  record: OperationRecord | undefined;
}

export interface GraphQLOptions {
  schema: GraphQLSchema;
  prepareOperation: PrepareOperation;
  contextOf(caller: Caller): CallerContext;
  /** Opens the account of the bytes that a connection or an operation of the caller holds. */
  openHeld(caller: Caller): HeldBytes;
  untilStart: UntilStart;
  departures: Departures;
  maskError(error: unknown): GraphQLError;
  resolveDocument: ResolveDocument;
  /** Largest result. */
  maxResponseBytes: number;
  /** Whether operations are refused with SHUTTING_DOWN. */
  isDraining(): boolean;
}

/** Builds the protocol's server, which opens no port. */
export function createGraphQLServer(options: GraphQLOptions): Server<ConnectionExtra> {
  const { schema, prepareOperation, contextOf, openHeld, untilStart, departures } = options;
  const { maskError, resolveDocument, maxResponseBytes, isDraining } = options;

  /** Sends the results itself. They can be left: a client's `complete` ends the upstream call, of a mutation too. */
  function run(args: ExecutionArgs): AsyncIterableIterator<never> {
    const { id, extra, ready, held, record } = args.rootValue as Operation;
    const { socket, connection } = extra;
    const { inbox } = connection;
    const departure = departures.signalOf(socket);
    const done = connection.begin();
    let isComplete = false;
    const end = () => {
      done();
      record?.end(!isComplete || departure.reason instanceof CallerGone);
      held.release();
    };
    const fail = (error: unknown): ExecutionResult => {
      const errors = [maskError(error)];
      record?.readResult({ errors });
      return { errors, data: null };
    };
    const send = async (signal: AbortSignal) => {
      const results = await ready.run(signal);
      await sendResults(results, { id, signal, inbox, maxBytes: maxResponseBytes, held, fail });
      isComplete = !(signal.reason instanceof CallerGone);
    };
    return createCancellable(departure, send, end);
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
        connection.acknowledge(openHeld(await caller.init(connectionParams)));
      } catch (error) {
        if (isUnauthenticated(error)) return false;
        connection.close(TRY_AGAIN_LATER);
      }
      return undefined;
    },
    async onSubscribe({ extra }, id, payload): Promise<ExecutionArgs | GraphQLError[]> {
      if (id.length > MAX_ID_LENGTH) throw new InvalidMessage();
      const given = payload as OperationParams;
      const exact = extra.connection.takeExactVariables(id);
      if (exact) given.variables = exact;
      // An empty name is none, as in a URL.
      if (given.operationName === "") given.operationName = undefined;
      const operation = extra.beginOperation();
      const refuse = (errors: readonly GraphQLError[]) => {
        operation?.readResult({ errors });
        operation?.end(false);
        return [...errors];
      };
      const refusal = findRefusal(extra);
      if (refusal) return refuse([maskError(refusal)]);
      try {
        operation?.nameAs(payload.operationName);
        await untilNextMessage();
        const params = resolveDocument(payload);
        const caller = await extra.caller.identify();
        await untilStart(caller);
        const held = openHeld(caller);
        const timeoutMs = readClientTimeout(params.extensions);
        const idempotencyKey = readIdempotencyKey(params.extensions);
        const context = { operation, held, req: extra.req, timeoutMs, idempotencyKey, ...contextOf(caller) };
        context.openai = context.openai.within({ held });
        if (operation) operation.caller = context;
        const ready = prepareOperation(params as OperationParams, context);
        if (!("run" in ready)) return refuse(ready.errors ?? []);
        const rootValue: Operation = { id, extra, ready, held, record: operation };
        return { schema, document: ready.document, operationName: params.operationName, rootValue };
      } catch (error) {
        if (isUnauthenticated(error)) extra.connection.expire();
        return refuse([maskError(error)]);
      }
    },
    onError: (_connection, _id, _payload, errors) => errors.map((error) => showError(maskError(error))),
  });
}

/**
 * Resolves when the client's next message, if it came with this one, has been handled. Pages that mount, unmount and mount
 * again complete an operation right after they begin it; its upstream call, which is paid for, must never begin. One
 * turn takes the message from the network, one more handles it.
 */
async function untilNextMessage(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await setImmediate();
}
