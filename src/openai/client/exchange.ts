// One HTTP exchange with the upstream, on undici's dispatch: the head of the answer, then its bytes as they are asked for.
// undici's request() would put a stream, a promise and an iterator around each of them.
import type { AnswerHead } from "./answer.ts";
import { type AnswerBytes, ArrivedBytes } from "./bytes/arrived.ts";
import { NOT_YET, type NowOrLater } from "./bytes/pour.ts";
import { type Dispatcher, errors } from "./connections/undici.ts";
import type { Deadline, Step } from "./deadline.ts";
import type { Sending } from "./failures/sending.ts";

/** Longest wait for a body's end after `[DONE]`, in milliseconds. */
const END_WAIT_MS = 500;

/** An answer whose head has come. */
export interface Exchange extends AnswerHead {
  /**
   * The bytes of the whole body, if it has come by now and is small. Most answers come in one packet with their head.
   * Undefined: it is to be read.
   */
  takeWhole(): readonly Uint8Array[] | undefined;
  /**
   * The bytes that have come since, once there are any; undefined at the end of the body. Rejects with what undici threw,
   * or why the deadline is over.
   */
  read(): Promise<readonly Uint8Array[] | undefined>;
  /** The same without a wait, as `pour` uses it. Absent: there is only `read`. */
  readNow?: ((wake: () => void) => NowOrLater) | undefined;
  /** To be called once what has been read is needed no more; until then it counts as held. */
  forget(): void;
  /**
   * Ends the exchange. If the body is about to end anyway, the connection is kept for the next call; otherwise it is closed,
   * and the upstream's work ends with it.
   */
  close(isAboutToEnd: boolean): void;
}

/** What an exchange reports to. */
export interface ExchangeOptions {
  deadline: Deadline;
  /** Counts the bytes of the answer, but for the few that any answer may have. */
  held: AnswerBytes | undefined;
  /** Follows the request. */
  sending: Sending;
}

/** Sends a request and waits for the head of the answer. Rejects with what undici threw, or why the deadline is over. */
export function exchange(
  connections: Pick<Dispatcher, "dispatch">,
  request: Dispatcher.DispatchOptions,
  options: ExchangeOptions,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    options.deadline.check();
    connections.dispatch(request, new Handler(options, resolve, reject));
  });
}

class Handler implements Dispatcher.DispatchHandler, Exchange, Step {
  statusCode = 0;
  headers: AnswerHead["headers"] = {};
  readonly sending: Sending;
  readonly #deadline: Deadline;
  readonly #arrived: ArrivedBytes;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #reject: (error: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #wake: (() => void) | undefined;
  #hasEnded = false;
  #failure: { error: unknown } | undefined;

  constructor(
    { deadline, held, sending }: ExchangeOptions,
    resolve: (exchange: Exchange) => void,
    reject: (error: unknown) => void,
  ) {
    this.#deadline = deadline;
    this.sending = sending;
    this.#arrived = new ArrivedBytes(held);
    this.#resolve = resolve;
    this.#reject = reject;
    deadline.step = this;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The call was ended while it waited for a connection.
    if (this.#failure) controller.abort(new errors.RequestAbortedError());
    else this.sending.begins();
  }

  onResponseStart(_: Dispatcher.DispatchController, statusCode: number, headers: AnswerHead["headers"]): void {
    // Informational answers (1xx) come before the answer itself.
    if (statusCode < 200) return;
    this.sending.answered();
    this.statusCode = statusCode;
    this.headers = headers;
    this.#resolve(this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#arrived.add(chunk);
    if (this.#arrived.areMany) controller.pause();
    this.#wakeReader();
  }

  onResponseEnd(): void {
    this.#hasEnded = true;
    this.#stopListening();
    this.#wakeReader();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  takeWhole(): readonly Uint8Array[] | undefined {
    return this.#hasEnded && this.#arrived.areFew ? this.#arrived.take() : undefined;
  }

  async read(): Promise<readonly Uint8Array[] | undefined> {
    for (;;) {
      let wake = () => {};
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const chunks = this.readNow(wake);
      if (chunks !== NOT_YET) return chunks;
      await woken;
    }
  }

  readNow(wake: () => void): NowOrLater {
    if (this.#arrived.areNone) {
      if (this.#failure) throw this.#failure.error;
      if (this.#hasEnded) return undefined;
      this.#wake = wake;
      return NOT_YET;
    }
    const room = this.#arrived.count();
    const chunks = this.#arrived.take();
    return room ? this.#deadline.until(room).then(() => this.#goOn(chunks)) : this.#goOn(chunks);
  }

  forget(): void {
    this.#arrived.forget();
  }

  close(isAboutToEnd: boolean): void {
    if (this.#hasEnded || this.#failure) return;
    const leave = () => this.leave(new errors.RequestAbortedError());
    if (!isAboutToEnd) return void leave();
    const timer = setTimeout(leave, END_WAIT_MS);
    const drain = () => {
      this.#wake = drain;
      this.#goOn(this.#arrived.take());
      if (this.#hasEnded || this.#failure) clearTimeout(timer);
    };
    drain();
  }

  /** Ends what is under way, and the upstream's work with it. */
  leave(reason: unknown): void {
    if (this.#hasEnded || this.#failure) return;
    this.#fail(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new errors.RequestAbortedError());
  }

  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = { error };
    this.#stopListening();
    // Does nothing once the head has come.
    this.#reject(error);
    this.#wakeReader();
  }

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #goOn(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
    this.#controller?.resume();
    return chunks;
  }

  #stopListening(): void {
    // The deadline may already belong to the next attempt.
    if (this.#deadline.step === this) this.#deadline.step = undefined;
  }
}
