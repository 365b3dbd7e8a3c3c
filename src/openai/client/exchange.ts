// One HTTP exchange with the upstream, on undici's dispatch: the head of the answer, then its bytes as they are asked for.
// undici's request() would put a stream, a promise and an iterator around each of them.
import { type Dispatcher, errors, type Pool } from "undici";
import type { AnswerHead } from "./answer.ts";
import { type AnswerBytes, ArrivedBytes } from "./bytes/arrived.ts";
import { NOT_YET, type NowOrLater } from "./bytes/pour.ts";
import type { Deadline, Step } from "./deadline.ts";

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
  readNow?(wake: () => void): NowOrLater;
  /** To be called once what has been read is needed no more; until then it counts as held. */
  forget(): void;
  /**
   * Ends the exchange. If the body is about to end anyway, the connection is kept for the next call; otherwise it is closed,
   * and the upstream's work ends with it.
   */
  close(isAboutToEnd: boolean): void;
}

/**
 * Sends a request and waits for the head of the answer. Rejects with what undici threw, or why `deadline` is over. `held`
 * counts the bytes of the answer, but for the few that any answer may have.
 */
export function exchange(
  pool: Pool,
  request: Dispatcher.DispatchOptions,
  deadline: Deadline,
  held: AnswerBytes | undefined,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    deadline.check();
    pool.dispatch(request, new Handler(deadline, held, resolve, reject));
  });
}

class Handler implements Dispatcher.DispatchHandler, Exchange, Step {
  statusCode = 0;
  headers: AnswerHead["headers"] = {};
  readonly #deadline: Deadline;
  readonly #arrived: ArrivedBytes;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #reject: (error: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #wake: (() => void) | undefined;
  #hasEnded = false;
  #failure: { error: unknown } | undefined;

  constructor(
    deadline: Deadline,
    held: AnswerBytes | undefined,
    resolve: (exchange: Exchange) => void,
    reject: (error: unknown) => void,
  ) {
    this.#deadline = deadline;
    this.#arrived = new ArrivedBytes(held);
    this.#resolve = resolve;
    this.#reject = reject;
    deadline.step = this;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The call was ended while it waited for a connection.
    if (this.#failure) controller.abort(toError(this.#failure.error));
  }

  onResponseStart(_: Dispatcher.DispatchController, statusCode: number, headers: AnswerHead["headers"]): void {
    // Informational answers (1xx) come before the answer itself.
    if (statusCode < 200) return;
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
    if (!isAboutToEnd) {
      this.leave(new errors.RequestAbortedError());
      return;
    }
    const timer = setTimeout(() => this.leave(new errors.RequestAbortedError()), END_WAIT_MS);
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
    this.#controller?.abort(toError(reason));
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

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new errors.RequestAbortedError();
}
