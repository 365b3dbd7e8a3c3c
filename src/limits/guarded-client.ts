// The upstream as one caller may use it: every call is checked and counted before it is made, whatever document, alias,
// fragment or transport it came by. Its tokens are settled when it ends, however it ends.

import type { Caller } from "../callers/caller.ts";
import type { HeldBytes } from "../http/held-bytes.ts";
import { CallerGone } from "../openai/cancellable.ts";
import type { FollowedClient, OpenAIClient, OpenAIEvent } from "../openai/client/client.ts";
import { endUserOf, modelOf, targetOf, type UpstreamRequest } from "../openai/client/endpoint.ts";
import type { Take } from "../openai/client/event-stream.ts";
import { Repeat } from "../openai/client/events/event-form.ts";
import { OpenAIError } from "../openai/client/failures/errors.ts";
import { mayHaveBeenPaid, notePayment } from "../openai/client/failures/payment.ts";
import { type CallerGate, createAdmission, mayAsk } from "./admission.ts";
import type { CallObserver, CallsObserver } from "./call-observer.ts";
import type { Rates } from "./rates.ts";
import type { ReadCache } from "./read-cache.ts";
import type { Spending } from "./spending.ts";

/** What the calls of one operation share. */
export interface CallScope {
  /** Counts the bytes of their answers until the operation is over. */
  readonly held?: HeldBytes | undefined;
  /** Observes them. */
  readonly observer?: CallsObserver | undefined;
  /** Learns how far the caller's limits are used up. Undefined: nobody asks. */
  readonly rates?: Rates | undefined;
}

type Read = (request: UpstreamRequest, signal: AbortSignal, scope: CallScope) => Promise<unknown>;
type Stream = (
  request: UpstreamRequest,
  signal: AbortSignal,
  take: Take<OpenAIEvent | Repeat>,
  scope: CallScope,
) => Promise<void>;

/** The upstream as one caller may use it. */
export interface GuardedClient extends OpenAIClient {
  /** The same, for the calls of one operation, or of one of its fields; what `scope` leaves out stays as it is. */
  within(scope: CallScope): GuardedClient;
}

/**
 * Wraps `openai` for `caller`. Besides what the client throws, calls throw FORBIDDEN, OVERLOADED, RATE_LIMITED and
 * BUDGET_EXCEEDED; then nothing has been sent.
 */
export function createGuardedClient(
  openai: FollowedClient,
  caller: Caller,
  gate: CallerGate,
  readCache: ReadCache,
): GuardedClient {
  const { admit, mayRepeat } = createAdmission(caller, gate);

  function begin(request: UpstreamRequest, observer: CallsObserver | undefined): CallObserver | undefined {
    if (!observer) return undefined;
    const endUser = endUserOf(request);
    const hash = endUser === undefined ? undefined : gate.hashEndUser(endUser);
    return observer.beginCall(request.endpoint, modelOf(request), hash);
  }

  async function send(request: UpstreamRequest, signal: AbortSignal, scope: CallScope): Promise<unknown> {
    const { observer, held, rates } = scope;
    const call = begin(request, observer);
    const admission = admit(request, signal, call, rates);
    const { spending, end } = admission instanceof Promise ? await admission : admission;
    let used = 0;
    try {
      const hooks = { mayRepeat: countRepeats(spending, rates), observer: call, held };
      const answer = await openai.request(request, signal, hooks);
      used = spending.ofAnswer(answer);
      call?.received(answer);
      call?.ended();
      return answer;
    } catch (error) {
      used = spending.ofFailure(mayHaveWorked(error));
      call?.ended(error);
      throw request.endpoint.isPaid && error instanceof OpenAIError ? notePayment(error) : error;
    } finally {
      end(used);
    }
  }

  /** If an answer is right for all callers with the same upstream account, one call serves all of them. */
  function read(request: UpstreamRequest, signal: AbortSignal, scope: CallScope): Promise<unknown> {
    // A kept answer is not a call and is not counted. A caller that may not ask is refused as for any other call.
    if (request.endpoint.isPaid || !request.endpoint.isShared || !mayAsk(caller, request)) {
      return send(request, signal, scope);
    }
    return readCache.read(`${caller.apiKey === undefined ? "" : caller.key} ${targetOf(request)}`, signal, (shared) =>
      sendForAll(request, shared, scope),
    );
  }

  /** The answer takes no room of the caller's until it is there: others wait for it, too. */
  async function sendForAll(request: UpstreamRequest, signal: AbortSignal, scope: CallScope): Promise<unknown> {
    const held = scope.held?.openShared();
    try {
      return await send(request, signal, { observer: scope.observer, held, rates: scope.rates });
    } finally {
      scope.held?.add(held?.bytes ?? 0);
      held?.release();
    }
  }

  async function stream(
    request: UpstreamRequest,
    signal: AbortSignal,
    take: Take<OpenAIEvent | Repeat>,
    { observer, held, rates }: CallScope,
  ): Promise<void> {
    const call = begin(request, observer);
    const { spending, end } = await admit(request, signal, call, rates);
    const count: Take<OpenAIEvent | Repeat> = (events) => {
      for (const event of events) {
        if (event instanceof Repeat) {
          spending.addText(event.text);
          call?.receivedText(event.text);
        } else {
          spending.addEvent(event);
          call?.received(event);
        }
      }
      const ready = take(events);
      const excess = spending.excess();
      // What has come is paid for, and given out. Nothing more is to come while it is read.
      if (excess) throw excess;
      return ready;
    };
    let used = 0;
    try {
      const hooks = { mayRepeat: countRepeats(spending, rates), observer: call, held };
      await openai.stream(request, signal, count, hooks);
      used = spending.ofStream();
      call?.ended();
    } catch (error) {
      used = spending.ofFailure(mayHaveWorked(error));
      // Who leaves after the end of the answer has not missed any of it.
      call?.ended(error instanceof CallerGone && spending.isComplete() ? undefined : error);
      throw request.endpoint.isPaid && error instanceof OpenAIError ? notePayment(error) : error;
    } finally {
      end(used);
    }
  }

  /** An attempt for which the upstream may have worked counts, also if another one follows. */
  function countRepeats(spending: Spending, rates: Rates | undefined) {
    return async (failure: OpenAIError) => {
      const isAllowed = await mayRepeat(rates);
      if (isAllowed && mayHaveBeenPaid(failure)) spending.addAttempt();
      return isAllowed;
    };
  }

  return new ScopedClient(read, stream, {});
}

/** One caller's upstream for the calls of one scope. */
class ScopedClient implements GuardedClient {
  readonly held: HeldBytes | undefined;
  readonly observer: CallsObserver | undefined;
  readonly rates: Rates | undefined;
  readonly #read: Read;
  readonly #stream: Stream;

  constructor(read: Read, stream: Stream, { held, observer, rates }: CallScope) {
    this.#read = read;
    this.#stream = stream;
    this.held = held;
    this.observer = observer;
    this.rates = rates;
  }

  request(request: UpstreamRequest, signal: AbortSignal): Promise<unknown> {
    return this.#read(request, signal, this);
  }

  stream(request: UpstreamRequest, signal: AbortSignal, take: Take<OpenAIEvent | Repeat>): Promise<void> {
    return this.#stream(request, signal, take, this);
  }

  within({ held = this.held, observer = this.observer, rates = this.rates }: CallScope): GuardedClient {
    return new ScopedClient(this.#read, this.#stream, { held, observer, rates });
  }
}

/** Whatever else ended the call, such as a client that has left, did not keep the upstream from its work. */
function mayHaveWorked(error: unknown): boolean {
  return !(error instanceof OpenAIError) || mayHaveBeenPaid(error);
}
