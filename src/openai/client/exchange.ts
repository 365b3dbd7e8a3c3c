// One HTTP exchange with the upstream, on undici's dispatch: the head of the answer, then its bytes as they are asked for.
// undici's request() would put a stream, a promise and an iterator around each of them.
import type { AnswerHead } from "./answer.ts";
import { type Dispatcher, errors } from "./connections/undici.ts";
import type { Deadline, Step } from "./deadline.ts";
import type { Sending } from "./failures/sending.ts";

/** Bytes that may wait to be read before the upstream is held back. */
const MAX_WAITING_BYTES = 64 * 1024;
/** Bytes of an answer that are not worth counting. */
const MAX_UNCOUNTED_BYTES = 64 * 1024;
/** How often what has been read is held: as text, and as the values in it. */
const COPIES = 2;
/** Longest wait for a body's end after `[DONE]`, in milliseconds. */
const END_WAIT_MS = 500;

/** Counts the bytes of answers that are held. */
export interface AnswerBytes {
  /** Counts bytes that have come. Undefined: there is room for them; otherwise to be waited for. */
  takeInTurn(bytes: number): Promise<void> | undefined;
  /** The bytes are held no more. */
  giveBack(bytes: number): void;
}

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
  readonly #held: AnswerBytes | undefined;
  readonly #resolve: (exchange: Exchange) => void;
  readonly #reject: (error: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #chunks: Uint8Array[] = [];
  #waitingBytes = 0;
  /** Bytes that have been read and not forgotten, and those of them that are counted. */
  #readBytes = 0;
  #heldBytes = 0;
  #wake: (() => void) | undefined;
  #hasEnded = false;
  #failure: { error: unknown } | undefined;

  constructor(
    { deadline, held, sending }: ExchangeOptions,
    resolve: (exchange: Exchange) => void,
    reject: (error: unknown) => void,
  ) {
    this.#deadline = deadline;
    this.#held = held;
    this.sending = sending;
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
    this.#chunks.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes > MAX_WAITING_BYTES) controller.pause();
    this.#wake?.();
  }

  onResponseEnd(): void {
    this.#hasEnded = true;
    this.#stopListening();
    this.#wake?.();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  takeWhole(): readonly Uint8Array[] | undefined {
    if (!this.#hasEnded || this.#waitingBytes > MAX_UNCOUNTED_BYTES) return undefined;
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#waitingBytes = 0;
    return chunks;
  }

  async read(): Promise<readonly Uint8Array[] | undefined> {
    while (this.#chunks.length === 0) {
      if (this.#failure) throw this.#failure.error;
      if (this.#hasEnded) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#readBytes += this.#waitingBytes;
    this.#waitingBytes = 0;
    if (this.#readBytes > MAX_UNCOUNTED_BYTES) {
      const bytes = this.#readBytes * COPIES;
      const room = this.#held?.takeInTurn(bytes - this.#heldBytes);
      this.#heldBytes = bytes;
      if (room) await this.#deadline.until(room);
    }
    this.#controller?.resume();
    return chunks;
  }

  forget(): void {
    this.#readBytes = 0;
    if (this.#heldBytes > 0) this.#held?.giveBack(this.#heldBytes);
    this.#heldBytes = 0;
  }

  close(isAboutToEnd: boolean): void {
    if (this.#hasEnded || this.#failure) return;
    const leave = () => this.leave(new errors.RequestAbortedError());
    if (!isAboutToEnd) return void leave();
    const timer = setTimeout(leave, END_WAIT_MS);
    const drain = () => {
      this.#chunks = [];
      this.#waitingBytes = 0;
      this.#controller?.resume();
      if (this.#hasEnded || this.#failure) clearTimeout(timer);
    };
    this.#wake = drain;
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
    this.#wake?.();
  }

  #stopListening(): void {
    // The deadline may already belong to the next attempt.
    if (this.#deadline.step === this) this.#deadline.step = undefined;
  }
}
